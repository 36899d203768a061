#include "extension/statement.h"

namespace murmel::extension {

int Statement::prepare(sqlite3* db, Fault& fault, unsigned flags, const char* format, const char* a,
                       const char* b) noexcept {
  finalize();
  char* sql = sqlite3_mprintf(format, a, b);
  if (sql == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
  const int rc = sqlite3_prepare_v3(db, sql, -1, flags, &statement_, nullptr);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? SQLITE_OK : fault.fail_with(db, rc, "can't prepare a statement");
}

void Statement::finalize_if_open(sqlite3* db) noexcept {
  sqlite3_stmt* open = sqlite3_next_stmt(db, nullptr);
  while (open != nullptr && open != statement_) open = sqlite3_next_stmt(db, open);
  if (open != nullptr) sqlite3_finalize(open);
  statement_ = nullptr;
}

int Statement::step(Fault& fault) noexcept {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return rc;
  return fault.fail_with(sqlite3_db_handle(statement_), rc, "a statement failed");
}

int Statement::run(Fault& fault) noexcept {
  int rc = sqlite3_step(statement_);
  while (rc == SQLITE_ROW) rc = sqlite3_step(statement_);
  if (rc != SQLITE_DONE) fault.fail_with(sqlite3_db_handle(statement_), rc, "a statement failed");
  sqlite3_reset(statement_);
  return rc == SQLITE_DONE ? SQLITE_OK : fault.code;
}

int run_sql(sqlite3* db, Fault& fault, const char* format, const char* a, const char* b) noexcept {
  Statement statement;
  const int rc = statement.prepare(db, fault, 0, format, a, b);
  return rc == SQLITE_OK ? statement.run(fault) : rc;
}

}  // namespace murmel::extension
