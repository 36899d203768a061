#include "extension/change_counts.h"

#include "extension/memory.h"

namespace murmel::extension {
namespace {

// Statements that change as many rows as nothing else in the object is likely to say, one after the other.
struct Probe {
  const char* sql;
  std::int64_t changes;
  std::int64_t total;
};
constexpr Probe kProbes[] = {
    {"INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 301) SELECT i FROM n",
     301, 301},
    {"UPDATE t SET a=0 WHERE a<=211", 211, 512},
    {"DELETE FROM t WHERE rowid>196", 105, 617},
};

// Places that may hold a count: those that have held the right number after every statement so far.
class Search {
 public:
  explicit Search(sqlite3* db) : db_(db) {}

  bool keep_equal(std::int64_t expected) {
    if (first_) {
      first_ = false;
      const std::size_t size = sqlite3_msize(db_);
      for (std::size_t at = 0; at + sizeof expected <= size; at += sizeof expected) {
        if (holds(at, expected) && !places_.push(at)) return false;
      }
      return true;
    }
    std::size_t kept = 0;
    for (const std::size_t at : places_) {
      if (holds(at, expected)) places_[kept++] = at;
    }
    places_.shrink(kept);
    return true;
  }
  std::size_t only_place() const { return places_.size() == 1 ? places_[0] : 0; }

 private:
  bool holds(std::size_t at, std::int64_t expected) const {
    std::int64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(db_) + at, sizeof value);
    return value == expected;
  }

  sqlite3* db_;
  bool first_ = true;
  Vec<std::size_t> places_;
};

bool run(sqlite3* db, const char* sql) {
  return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

// That SQLite reads the numbers where we would write them.
bool restores(sqlite3* db, const ChangeCountSlots& slots) {
  const int changes = sqlite3_changes(db);
  const int total = sqlite3_total_changes(db);
  {
    const KeepChangeCounts kept(db, slots);
    if (!run(db, "UPDATE t SET a=1 WHERE rowid<=7") || sqlite3_changes(db) != 7) return false;
  }
  return sqlite3_changes(db) == changes && sqlite3_total_changes(db) == total;
}

}  // namespace

ChangeCountSlots find_change_counts(sqlite3* scratch) noexcept {
  if (!run(scratch, "CREATE TABLE t(a)")) return {};
  Search changes(scratch);
  Search total(scratch);
  for (const Probe& probe : kProbes) {
    if (!run(scratch, probe.sql)) return {};
    if (!changes.keep_equal(probe.changes) || !total.keep_equal(probe.total)) return {};
  }
  const ChangeCountSlots slots{changes.only_place(), total.only_place()};
  return slots.known() && restores(scratch, slots) ? slots : ChangeCountSlots{};
}

}  // namespace murmel::extension
