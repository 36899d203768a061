#include "extension/trigger_mode.h"

#include "extension/capture_api.h"

namespace murmel::extension {
namespace {

// WHEN 0: the body never runs, but naming the table is enough for SQLite to enlist it at the statement's
// start.
constexpr char kCreateEnlistTrigger[] =
    "CREATE TEMP TRIGGER IF NOT EXISTS __murmel_enlist_main AFTER INSERT ON main.__murmel_wide WHEN 0 "
    "BEGIN DELETE FROM __murmel_enlist WHERE rowid=0; END";

int read_mode(sqlite3* db, const char* schema, bool* trigger, Fault& fault) {
  Statement mode;
  int rc =
      mode.prepare(db, fault, 0, "SELECT value='trigger' FROM \"%w\".__murmel_meta WHERE key='mode'", schema);
  if (rc != SQLITE_OK) return rc;
  rc = mode.step(fault);
  *trigger = rc == SQLITE_ROW && mode.integer(0) != 0;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace

int begin_trigger_mode(Connection& connection, const char* schema, Fault& fault) noexcept {
  sqlite3* db = connection.db();
  if (!enabled(db, schema) || sqlite3_db_readonly(db, schema) == 1) return SQLITE_OK;
  bool trigger = false;
  int rc = read_mode(db, schema, &trigger, fault);
  if (rc == SQLITE_OK && !trigger) {
    rc = run_sql(db, fault, "INSERT OR REPLACE INTO \"%w\".__murmel_meta VALUES('mode','trigger')", schema);
  }
  if (rc == SQLITE_OK) rc = install_triggers(db, schema, fault);
  // Only main: rows of attached databases are turned into records by the agent.
  if (rc != SQLITE_OK || std::strcmp(schema, "main") != 0) return rc;
  return run_sql(db, fault, kCreateEnlistTrigger);
}

int end_trigger_mode(Connection& connection, Fault& fault) noexcept {
  return run_sql(connection.db(), fault, "DROP TRIGGER IF EXISTS temp.__murmel_enlist_main");
}

}  // namespace murmel::extension
