#include "extension/vtables.h"

namespace murmel::extension {
namespace {

struct Table {
  sqlite3_vtab base;  // first: SQLite knows the table by it
  Connection* connection;
  sqlite3_vtab_cursor cursor;
};

Connection& connection_of(sqlite3_vtab* table) {
  return *reinterpret_cast<Table*>(table)->connection;
}

int connect(sqlite3* db, void* connection, int, const char* const*, sqlite3_vtab** out, char**) noexcept {
  const int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(unused)");
  if (rc != SQLITE_OK) return rc;
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  auto* table = static_cast<Table*>(sqlite3_malloc(sizeof(Table)));
  if (table == nullptr) return SQLITE_NOMEM;
  *table = Table{{}, static_cast<Connection*>(connection), {}};
  *out = &table->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) noexcept {
  sqlite3_free(table);
  return SQLITE_OK;
}

int connect_life(sqlite3* db, void* connection, int n, const char* const* arguments, sqlite3_vtab** out,
                 char** error) noexcept {
  const int rc = connect(db, connection, n, arguments, out, error);
  if (rc == SQLITE_OK) static_cast<Connection*>(connection)->life_began();
  return rc;
}

int disconnect_life(sqlite3_vtab* table) noexcept {
  connection_of(table).life_ends();
  return disconnect(table);
}

// rowid = ?: at most one row, so that a plan needs no savepoint. There are no rows at all.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  info->estimatedCost = 1;
  info->estimatedRows = 1;
  for (int i = 0; i < info->nConstraint; i++) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.usable == 0 || constraint.iColumn != -1) continue;
    if (constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    break;
  }
  return SQLITE_OK;
}

// A cursor over no rows has no state, so all that are open share one.
int open_cursor(sqlite3_vtab* table, sqlite3_vtab_cursor** out) noexcept {
  *out = &reinterpret_cast<Table*>(table)->cursor;
  return SQLITE_OK;
}
int close_cursor(sqlite3_vtab_cursor*) noexcept {
  return SQLITE_OK;
}
int filter(sqlite3_vtab_cursor*, int, const char*, int, sqlite3_value**) noexcept {
  return SQLITE_OK;
}
int next(sqlite3_vtab_cursor*) noexcept {
  return SQLITE_OK;
}
int eof(sqlite3_vtab_cursor*) noexcept {
  return 1;
}
int column(sqlite3_vtab_cursor*, sqlite3_context*, int) noexcept {
  return SQLITE_OK;
}
int rowid(sqlite3_vtab_cursor*, sqlite3_int64* out) noexcept {
  *out = 0;
  return SQLITE_OK;
}

// SQLite takes the rowid for last_insert_rowid(), which is the application's.
int update(sqlite3_vtab* table, int, sqlite3_value**, sqlite3_int64* rowid) noexcept {
  *rowid = sqlite3_last_insert_rowid(connection_of(table).db());
  return SQLITE_OK;
}
int begin(sqlite3_vtab* table) noexcept {
  connection_of(table).began();  // a failure refuses the commit
  return SQLITE_OK;
}

// Returns `rc`; the sentence of the connection's fault is what the application sees as error message.
int report(sqlite3_vtab* table, int rc) {
  const Fault& fault = connection_of(table).fault();
  if (rc == SQLITE_OK || !fault.set()) return rc;
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("%s", fault.text);
  return rc;
}

int sync(sqlite3_vtab* table) noexcept {
  const int rc = report(table, connection_of(table).sync());
  connection_of(table).forget_veto();
  return rc;
}
int commit(sqlite3_vtab* table) noexcept {
  connection_of(table).committed();
  return SQLITE_OK;
}
int rollback(sqlite3_vtab* table) noexcept {
  connection_of(table).rolled_back();
  return SQLITE_OK;
}
int savepoint(sqlite3_vtab* table, int level) noexcept {
  return report(table, connection_of(table).save_level(level));
}
int release(sqlite3_vtab* table, int level) noexcept {
  return report(table, connection_of(table).release_level(level));
}
int rollback_to(sqlite3_vtab* table, int level) noexcept {
  return report(table, connection_of(table).cut_back(level));
}

sqlite3_module enlist_module() {
  sqlite3_module module{};
  module.iVersion = 2;  // savepoints
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open_cursor;
  module.xClose = close_cursor;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  module.xUpdate = update;
  module.xBegin = begin;
  module.xSync = sync;
  module.xCommit = commit;
  module.xRollback = rollback;
  module.xSavepoint = savepoint;
  module.xRelease = release;
  module.xRollbackTo = rollback_to;
  return module;
}

sqlite3_module life_module() {
  sqlite3_module module = enlist_module();
  module.xConnect = connect_life;
  module.xDisconnect = disconnect_life;
  module.xUpdate = nullptr;
  module.xBegin = module.xSync = module.xCommit = module.xRollback = nullptr;
  module.xSavepoint = module.xRelease = module.xRollbackTo = nullptr;
  return module;
}

const sqlite3_module kEnlistModule = enlist_module();
const sqlite3_module kLifeModule = life_module();

void destroy_connection(void* connection) noexcept {
  destroy(static_cast<Connection*>(connection));
}

}  // namespace

int register_vtables(sqlite3* db, Connection* connection) noexcept {
  const int rc = sqlite3_create_module_v2(db, "__murmel_life", &kLifeModule, connection, destroy_connection);
  if (rc != SQLITE_OK) return rc;
  return sqlite3_create_module_v2(db, "__murmel_enlist", &kEnlistModule, connection, nullptr);
}

}  // namespace murmel::extension
