// Evictions: finds the rows that REPLACE removed. SQLite fires no delete trigger for them, so a BEFORE
// trigger writes down each row that is in the way of the one to come (a candidate). Whether it was evicted,
// ignored or updated (upsert) shows by what follows:
//   - a row is written whose values collide with the candidate: that must have gone, so it is a delete
//   - the candidate itself is deleted by an event of its own: forgotten
//   - the candidate itself is updated: it is still there, with its new values
// As candidates are followed through every later event of the transaction, one that stays for nothing does no
// harm. Not thread-safe; belongs to one conversion of one transaction.
#pragma once

#include "extension/record_writer.h"
#include "extension/trigger_shape.h"

namespace murmel::extension {

// The values of one image in a row of the wide table: column `first` and those after it.
struct WideImage {
  sqlite3_stmt* row;
  int first;
  sqlite3_value* value(int i) const { return sqlite3_column_value(row, first + i); }
};

class Evictions {
 public:
  explicit Evictions(RecordWriter& out) : out_(out) {}
  ~Evictions();
  Evictions(const Evictions&) = delete;
  Evictions& operator=(const Evictions&) = delete;

  // `shape` must outlive this.
  int add_candidate(Shape& shape, std::int64_t rowid, WideImage image, Fault& fault) noexcept;
  // Before an insert or the new image of an update is written: writes the deletes of the candidates it
  // evicted.
  int before_write(const Shape& shape, WideImage image, Fault& fault) noexcept;
  // The candidate with this old image goes, or gets another image.
  void deleted(const Shape& shape, std::int64_t rowid, WideImage image) noexcept;
  int updated(const Shape& shape, std::int64_t rowid, WideImage before, WideImage after,
              Fault& fault) noexcept;

 private:
  // More can only wait when an insert is nested in triggers of another one that many times.
  static constexpr int kCandidatesMax = 16;

  struct Candidate {
    Shape* shape = nullptr;
    std::int64_t rowid = 0;
    sqlite3_value** values = nullptr;
  };

  static void forget(Candidate& candidate);
  static bool take_values(Candidate& candidate, WideImage image);
  Candidate* find(const Shape& shape, std::int64_t rowid, WideImage image);
  int write_delete(Candidate& candidate, Fault& fault);

  RecordWriter& out_;
  Candidate candidates_[kCandidatesMax];
  int next_ = 0;
  int count_ = 0;
};

}  // namespace murmel::extension
