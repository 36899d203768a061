// OwnTransaction: the caller's transaction if one is open, else one of our own for as long as this lives.
#pragma once

#include "extension/statement.h"

namespace murmel::extension {

class OwnTransaction {
 public:
  OwnTransaction(sqlite3* db, Fault& fault) : db_(db), fault_(fault), own_(sqlite3_get_autocommit(db) != 0) {
    if (own_) code_ = run_sql(db, fault, "BEGIN IMMEDIATE");
  }
  ~OwnTransaction() { finish(SQLITE_ERROR); }
  OwnTransaction(const OwnTransaction&) = delete;
  OwnTransaction& operator=(const OwnTransaction&) = delete;

  // Whether it began.
  int code() const { return code_; }
  // Commits if `code` is SQLITE_OK, else rolls back. The result is the code to return.
  int finish(int code) noexcept {
    if (!own_ || code_ != SQLITE_OK) return code;
    own_ = false;
    if (code == SQLITE_OK) code = run_sql(db_, fault_, "COMMIT");
    if (code != SQLITE_OK) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return code;
  }

 private:
  sqlite3* db_;
  Fault& fault_;
  bool own_;
  int code_ = SQLITE_OK;
};

}  // namespace murmel::extension
