// DecidedLog: what a transaction could see, and the record of one that was decided with other nodes
// (origin = decided origin of this node; core/commit.h), with the cursor of that origin. The counterpart of
// LogWriter, which writes what is committed at ONE. Runs inside the transaction (xSync). Belongs to one
// database of one connection.
#pragma once

#include "extension/commit_client.h"
#include "extension/statement.h"

namespace murmel::extension {

class DecidedLog {
 public:
  DecidedLog(sqlite3* db, const char* schema) : db_(db), schema_(schema) {}

  // Where the database stands: every origin's position, the local log as origin 0; and a stamp above all.
  // Fails as the record would fail: when the log can't be written to.
  int look(Fault& fault) noexcept;
  const Vec<LogPosition>& seen() const { return seen_; }
  std::int64_t seen_of(std::uint32_t origin) const;
  std::int64_t next_stamp() const;

  struct Record {
    LogPosition slot;
    std::int64_t hlc = 0;
    std::uint32_t cookie = 0;
    std::int64_t ichange = -1;  // below 0: NULL
    const std::uint8_t* payload = nullptr;
    std::size_t size = 0;
  };
  // Writes record and cursor, after look() in the same transaction. `id` gets the record's id.
  int append(const Record& record, std::int64_t* id, Fault& fault) noexcept;

  void finalize();

 private:
  int prepare(Fault& fault) noexcept;
  bool add_dependency(std::uint32_t origin, std::int64_t seq) noexcept;
  bool encode_depends(std::uint32_t node) noexcept;
  int move_cursor(const Record& record, Fault& fault) noexcept;

  sqlite3* db_;
  const char* schema_;
  Statement probe_;
  Statement last_;
  Statement cursors_;
  Statement insert_;
  Statement cursor_;
  Vec<LogPosition> seen_;
  Vec<std::uint8_t> depends_;
  std::int64_t clock_ = 0;
  std::int64_t local_seq_ = 0;
};

}  // namespace murmel::extension
