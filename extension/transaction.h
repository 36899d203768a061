// A write transaction of our own, or a part of the caller's: BEGIN IMMEDIATE when there is none, else a
// savepoint.
#pragma once

#include "extension/fault.h"

namespace murmel::extension {

class Transaction {
 public:
  explicit Transaction(sqlite3* db) : db_(db) {}
  ~Transaction();  // rolls back what was not ended
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  int begin(Fault& fault) noexcept;
  // Commits if rc is SQLITE_OK, else rolls back. Returns what became of it.
  int end(int rc, Fault& fault) noexcept;

 private:
  sqlite3* db_;
  bool open_ = false;
  bool nested_ = false;
};

}  // namespace murmel::extension
