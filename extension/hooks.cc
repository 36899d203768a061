#include "extension/hooks.h"

#include "extension/row_capture.h"
#include "extension/trigger_mode.h"

namespace murmel::extension {
namespace {

// sqlite3session_create() takes the argument of whatever preupdate hook there was for another session and
// reads it as one; all zero it is a session that is switched off and the last of the list.
void on_row(void* argument, sqlite3*, int operation, const char* schema, const char* table,
            sqlite3_int64 rowid, sqlite3_int64 new_rowid) noexcept {
  auto& connection = *static_cast<HookArgument*>(argument)->connection;
  capture_row(connection, operation, schema, table, rowid, new_rowid);
}

int on_commit(void* connection) noexcept {
  return static_cast<Connection*>(connection)->may_commit() ? 0 : 1;
}

// Statements prepared before the extension was loaded may delete a whole table without calling the hook.
// Setting a flag pragma to what it is expires them all, even while this one runs inside SELECT
// load_extension().
int expire_statements(sqlite3* db, Fault& fault) {
  Statement flag;
  int rc = flag.prepare(db, fault, 0, "PRAGMA reverse_unordered_selects");
  if (rc != SQLITE_OK) return rc;
  rc = flag.step(fault);
  if (rc != SQLITE_ROW) return rc;
  const bool on = flag.integer(0) != 0;
  flag.finalize();
  return run_sql(db, fault, on ? "PRAGMA reverse_unordered_selects=1" : "PRAGMA reverse_unordered_selects=0");
}

}  // namespace

int install_hooks(Connection& connection, Fault& fault) noexcept {
  sqlite3* db = connection.db();
  if (connection.captures_by_hook()) {
    connection.host().preupdate_hook(db, on_row, connection.hook_argument());
  }
  sqlite3_commit_hook(db, on_commit, &connection);
  const int rc = expire_statements(db, fault);
  if (rc != SQLITE_OK || connection.captures_by_hook()) return rc;
  connection.set_busy(true);
  const int trigger_rc = begin_trigger_mode(connection, "main", fault);
  connection.set_busy(false);
  return trigger_rc;
}

}  // namespace murmel::extension
