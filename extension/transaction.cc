#include "extension/transaction.h"

#include "extension/statement.h"

namespace murmel::extension {

Transaction::~Transaction() {
  Fault ignored;  // already failing
  if (open_) end(SQLITE_ERROR, ignored);
}

int Transaction::begin(Fault& fault) noexcept {
  nested_ = sqlite3_get_autocommit(db_) == 0;
  const int rc = run_sql(db_, fault, nested_ ? "SAVEPOINT __murmel" : "BEGIN IMMEDIATE");
  open_ = rc == SQLITE_OK;
  return rc;
}

int Transaction::end(int rc, Fault& fault) noexcept {
  if (!open_) return rc;
  open_ = false;
  if (rc == SQLITE_OK) {
    rc = run_sql(db_, fault, nested_ ? "RELEASE __murmel" : "COMMIT");
    if (rc == SQLITE_OK) return rc;
  }
  Fault ignored;  // the first failure is the one to tell
  if (nested_) {
    run_sql(db_, ignored, "ROLLBACK TO __murmel");
    run_sql(db_, ignored, "RELEASE __murmel");
  } else if (sqlite3_get_autocommit(db_) == 0) {
    run_sql(db_, ignored, "ROLLBACK");
  }
  return rc;
}

}  // namespace murmel::extension
