#include "extension/hooks.h"

#include "extension/registry.h"
#include "extension/row_capture.h"
#include "extension/statement.h"

namespace murmel::extension {
namespace {

using CommitCallback = int (*)(void*);
using UpdateCallback = void (*)(void*, int, const char*, const char*, sqlite3_int64);

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

void Hooks::on_row(void*, sqlite3* db, int operation, const char* schema, const char* table,
                   sqlite3_int64 rowid, sqlite3_int64 new_rowid) noexcept {
  Connection* connection = find_connection(db);
  if (connection == nullptr) return;
  capture_row(*connection, operation, schema, table, rowid, new_rowid);
  Hooks& hooks = connection->hooks();
  if (hooks.next_preupdate_.function == nullptr) return;
  hooks.passing_on_ = true;
  reinterpret_cast<PreupdateCallback>(hooks.next_preupdate_.function)(
      hooks.next_preupdate_.argument, db, operation, schema, table, rowid, new_rowid);
  hooks.passing_on_ = false;
}

// Asked by the session module whether our session wants this table: never, but the row is there to be read.
int Hooks::on_session_row(void* argument, const char* table) noexcept {
  auto& hooks = *static_cast<Hooks*>(argument);
  if (hooks.passing_on_) return 0;
  capture_session_row(hooks.connection_, "main", table);
  hooks.take_place_again();  // from the next row on, with everything that a session is not told
  return 0;
}

int Hooks::on_commit(void* argument) noexcept {
  auto& hooks = *static_cast<Hooks*>(argument);
  if (!hooks.connection_.may_commit()) return 1;
  if (hooks.next_commit_.function == nullptr) return 0;
  return reinterpret_cast<CommitCallback>(hooks.next_commit_.function)(hooks.next_commit_.argument);
}

int Hooks::on_statement(unsigned, void* argument, void* statement, void* sql) noexcept {
  static_cast<Hooks*>(argument)->connection_.statement_begins(static_cast<sqlite3_stmt*>(statement),
                                                              static_cast<const char*>(sql));
  return 0;
}

void Hooks::on_update(void* argument, int operation, const char* schema, const char* table,
                      sqlite3_int64 rowid) noexcept {
  auto& hooks = *static_cast<Hooks*>(argument);
  if (hooks.connection_.busy()) return;  // our own writes, while other hooks are out of the way
  // A session is no matter for rows of main: it tells us of them.
  if (!hooks.in_front() && (hooks.displaced() || std::strcmp(schema, "main") != 0)) {
    hooks.take_place_again();
    capture_missed_row(hooks.connection_, operation, schema, table, rowid);
  }
  if (hooks.next_update_.function == nullptr) return;
  reinterpret_cast<UpdateCallback>(hooks.next_update_.function)(hooks.next_update_.argument, operation,
                                                                schema, table, rowid);
}

void Hooks::join_sessions() noexcept {
  sqlite3* db = connection_.db();
  const bool sessions_only =
      next_preupdate_.function == nullptr || next_preupdate_.function == slots_.session_function;
  // The argument of a hook that is no session's must not be taken for one.
  if (!sessions_only) host_.preupdate_hook(db, nullptr, nullptr);
  if (host_.session_create(db, "main", &session_) != SQLITE_OK) {
    session_ = nullptr;
    return;
  }
  host_.session_table_filter(session_, on_session_row, this);
  // Sessions from before us now follow ours in the list.
  if (next_preupdate_.function == slots_.session_function) next_preupdate_.argument = session_;
}

void Hooks::set_trace() noexcept {
  sqlite3_trace_v2(connection_.db(), SQLITE_TRACE_STMT, on_statement, this);
}

Hooks::TraceOff::TraceOff(Hooks& hooks) noexcept : hooks_(&hooks) {
  sqlite3* db = hooks.connection_.db();
  const HookSlots& slots = hooks.slots_;
  // The function comes first in this slot.
  if (read_slot(db, slots.trace).argument != reinterpret_cast<void*>(on_statement)) {
    hooks_ = nullptr;
  } else if (slots.trace_mask != 0) {
    mask_ = reinterpret_cast<unsigned char*>(db) + slots.trace_mask;
    *mask_ = 0;
  } else {
    sqlite3_trace_v2(db, 0, nullptr, nullptr);
  }
}

Hooks::TraceOff::~TraceOff() {
  if (mask_ != nullptr) {
    *mask_ = SQLITE_TRACE_STMT;
  } else if (hooks_ != nullptr) {
    hooks_->set_trace();
  }
}

void Hooks::set_preupdate() noexcept {
  void* argument = session_ != nullptr ? static_cast<void*>(session_) : no_session_;
  host_.preupdate_hook(connection_.db(), on_row, argument);
}

int Hooks::install(bool capture, Fault& fault) noexcept {
  sqlite3* db = connection_.db();
  if (!register_connection(db, &connection_)) return fault.fail(SQLITE_NOMEM, "out of memory");
  registered_ = true;
  if (capture) {
    next_preupdate_ = read_slot(db, slots_.preupdate);
    if (slots_.session_function != nullptr) join_sessions();
    set_preupdate();
    if (slots_.preupdate != 0 && slots_.update != 0) {
      next_update_ = read_slot(db, slots_.update);
      sqlite3_update_hook(db, on_update, this);
    }
    installed_ = true;
  }
  // An application's own trace is left alone.
  if (slots_.trace != 0 && read_slot(db, slots_.trace).argument == nullptr) {
    set_trace();
  }
  next_commit_ = read_slot(db, slots_.commit);
  sqlite3_commit_hook(db, on_commit, this);
  return expire_statements(db, fault);
}

bool Hooks::in_front() const noexcept {
  return read_slot(connection_.db(), slots_.preupdate).function == reinterpret_cast<void*>(on_row);
}

bool Hooks::displaced() const noexcept {
  if (!installed_ || slots_.preupdate == 0) return false;
  const void* function = read_slot(connection_.db(), slots_.preupdate).function;
  if (function == reinterpret_cast<void*>(on_row)) return false;
  return session_ == nullptr || function != slots_.session_function;
}

void Hooks::take_place_again() noexcept {
  if (slots_.preupdate == 0) return;
  next_preupdate_ = read_slot(connection_.db(), slots_.preupdate);
  const bool sessions = session_ != nullptr && next_preupdate_.function == slots_.session_function;
  // Sessions that come and go take the argument for the head of their list, so it has to stay that.
  if (sessions) host_.preupdate_hook(connection_.db(), on_row, next_preupdate_.argument);
  if (!sessions) set_preupdate();
}

Hooks::~Hooks() {
  if (registered_) unregister_connection(connection_.db());
  if (!installed_) return;
  if (session_ == nullptr) return;
  // Deleting a session reads the hook's argument as the list of sessions: make sure that it is.
  if (displaced()) host_.preupdate_hook(connection_.db(), nullptr, nullptr);
  host_.session_delete(session_);
}

}  // namespace murmel::extension
