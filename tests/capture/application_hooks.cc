#include "tests/capture/application_hooks.h"

#include <dlfcn.h>

#include <cstring>

namespace murmel::capture_test {
namespace {

// Not in every build of SQLite, so they are looked up instead of linked.
template <class Function>
Function* optional(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

using PreupdateCallback = void(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64);
using PreupdateHook = void*(sqlite3*, PreupdateCallback*, void*);
using SessionCreate = int(sqlite3*, const char*, void**);
using SessionAttach = int(void*, const char*);
using SessionChangeset = int(void*, int*, void**);
using SessionDelete = void(void*);

void note(void* connection, const std::string& line) {
  static_cast<Connection*>(connection)->transcript->push_back("  hook " + line);
}

bool ours(const char* name) {
  return name != nullptr && std::strncmp(name, "__murmel", 8) == 0;
}

void on_update(void* connection, int op, const char* schema, const char* table, sqlite3_int64 rowid) {
  note(connection, "update " + std::to_string(op) + " " + schema + "." + table + " " + std::to_string(rowid));
}

int on_commit(void* connection) {
  note(connection, "commit");
  return 0;
}

int on_commit_refuse(void* connection) {
  note(connection, "commit refused");
  return 1;
}

void on_rollback(void* connection) {
  note(connection, "rollback");
}

int on_wal(void* connection, sqlite3*, const char* schema, int) {
  note(connection, std::string("wal ") + schema);
  return SQLITE_OK;
}

// An application's own preupdate hook sees every table, ours too; it is written to look at its own ones.
void on_preupdate(void* connection, sqlite3*, int op, const char* schema, const char* table,
                  sqlite3_int64 before, sqlite3_int64 after) {
  if (ours(table)) return;
  note(connection, "preupdate " + std::to_string(op) + " " + schema + "." + table + " " +
                       std::to_string(before) + " " + std::to_string(after));
}

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  const bool touches_table =
      action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE || action == SQLITE_READ;
  if (touches_table && ours(first)) return SQLITE_DENY;
  if (action == SQLITE_FUNCTION && ours(second)) return SQLITE_DENY;
  return SQLITE_OK;
}

int allow_everything(void*, int, const char*, const char*, const char*, const char*) {
  return SQLITE_OK;
}

bool install_preupdate(Connection& connection) {
  auto* hook = optional<PreupdateHook>("sqlite3_preupdate_hook");
  if (hook == nullptr) {
    note(&connection, "preupdate: not in this SQLite");
  } else {
    hook(connection.db.get(), on_preupdate, &connection);
  }
  return true;
}

}  // namespace

bool install_hook(Connection& connection, const std::string& name) {
  sqlite3* db = connection.db.get();
  if (name == "preupdate") return install_preupdate(connection);
  if (name == "update") {
    sqlite3_update_hook(db, on_update, &connection);
  } else if (name == "commit") {
    sqlite3_commit_hook(db, on_commit, &connection);
  } else if (name == "commit_refuse") {
    sqlite3_commit_hook(db, on_commit_refuse, &connection);
  } else if (name == "commit_none") {
    sqlite3_commit_hook(db, nullptr, nullptr);
  } else if (name == "rollback") {
    sqlite3_rollback_hook(db, on_rollback, &connection);
  } else if (name == "wal") {
    sqlite3_wal_hook(db, on_wal, &connection);
  } else if (name == "authorizer") {
    sqlite3_set_authorizer(db, authorize, nullptr);
    connection.authorizer = true;
  } else if (name == "authorizer_lax") {
    sqlite3_set_authorizer(db, allow_everything, nullptr);
  } else {
    return false;
  }
  return true;
}

void start_session(Connection& connection, const std::string& table) {
  auto* create = optional<SessionCreate>("sqlite3session_create");
  auto* attach = optional<SessionAttach>("sqlite3session_attach");
  if (create == nullptr || attach == nullptr) return note(&connection, "session: not in this SQLite");
  const int created = create(connection.db.get(), "main", &connection.session);
  const int attached =
      created == SQLITE_OK ? attach(connection.session, table == "*" ? nullptr : table.c_str()) : created;
  note(&connection, "session " + std::to_string(created) + " " + std::to_string(attached));
}

void end_session(Connection& connection) {
  if (connection.session == nullptr) return;
  int size = 0;
  void* bytes = nullptr;
  const int rc = optional<SessionChangeset>("sqlite3session_changeset")(connection.session, &size, &bytes);
  note(&connection, "changeset " + std::to_string(rc) + " " +
                        typed_text(SQLITE_BLOB, bytes, static_cast<std::size_t>(size)));
  sqlite3_free(bytes);
  optional<SessionDelete>("sqlite3session_delete")(connection.session);
  connection.session = nullptr;
}

}  // namespace murmel::capture_test
