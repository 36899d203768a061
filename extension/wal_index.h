// The wal-index change counter (iChange, u32 at offset 8 of the -shm file): grows by one per commit, whoever
// commits. Each record stores the value before its own commit, so a gap in the log is a commit that was not
// captured. Read through SQLite's own file object: opening or closing the file here would drop SQLite's
// locks.
#pragma once

#include "extension/sqlite.h"

namespace murmel::extension {

// -1 when the database is not in WAL mode, or its wal-index is not shared memory.
std::int64_t read_wal_change_counter(sqlite3* db, const char* schema) noexcept;

// The same with the costly question "is this WAL mode?" asked again only when the journal file object
// changes.
class WalIndex {
 public:
  std::int64_t change_counter(sqlite3* db, const char* schema) noexcept;
  // The same after it was not -1, while the WAL has not been closed since.
  std::int64_t change_counter_again() const { return *counter_; }
  // The WAL, after change_counter() was not -1.
  sqlite3_file* wal() const { return static_cast<sqlite3_file*>(journal_); }

 private:
  void* journal_ = nullptr;       // address of SQLite's journal or WAL file object when last asked
  sqlite3_file* file_ = nullptr;  // the database file, which lives as long as the journal's object
  const volatile std::uint32_t* counter_ = nullptr;  // in the memory that is shared until the WAL is closed
  bool shared_wal_ = false;
};

}  // namespace murmel::extension
