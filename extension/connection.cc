#include "extension/connection.h"

namespace murmel::extension {
namespace {

// The table takes one write per transaction from us, and only for its side effect: it is told of commit and
// rollback then. Both statements are planned so that no statement savepoint is opened (one row to insert; an
// equality that makes the delete one-pass): that would make other virtual tables write inside our hook.
// ?1 is NULL, so the delete ends before it opens the table. The insert is for a SQLite whose change counts
// can't be kept: they differ in what sqlite3_changes() says afterwards, which the running statement may be
// asking for, 1 or 0.
constexpr char kEnlistWithChange[] = "INSERT INTO __murmel_enlist DEFAULT VALUES";
constexpr char kEnlist[] = "DELETE FROM __murmel_enlist WHERE rowid=0 AND ?1";

}  // namespace

Connection::~Connection() {
  for (DatabaseCapture* database : databases_) destroy(database);
}

DatabaseCapture* Connection::find_database(const char* schema) noexcept {
  for (DatabaseCapture* database : databases_) {
    if (std::strcmp(database->schema(), schema) == 0) return database;
  }
  auto* database = create<DatabaseCapture>(db_, quirks_, captures_by_hook(), consistency_);
  consistency_.look_again();
  if (database != nullptr && database->init(schema) && databases_.push(database)) return database;
  destroy(database);
  fault_.fail(SQLITE_NOMEM, "out of memory");
  return nullptr;
}

DatabaseCapture* Connection::join_slowly(const char* schema, const char* table) noexcept {
  if (busy_ || std::strcmp(schema, "temp") == 0) return nullptr;
  // Internal tables don't count, but when a trigger writes the transaction's first row into the wide table,
  // that is the moment to see what was in it before.
  const bool internal = is_internal_name(table);
  if (internal && std::strcmp(table, "__murmel_wide") != 0) return nullptr;
  const KeepChangeCounts kept(db_, counts_);
  busy_ = true;
  const bool taking_part = enlisted_ || (enlist() == SQLITE_OK && enlisted_);
  DatabaseCapture* database = taking_part ? find_database(schema) : nullptr;
  if (database != nullptr && recheck_) {
    for (DatabaseCapture* other : databases_) {
      if (other->joined()) other->look_at_schema(fault_);
    }
    recheck_ = false;
  }
  if (database != nullptr && !database->joined()) {
    const bool is_main = std::strcmp(schema, "main") == 0;
    database->join(depth_, !is_main || main_moved_, fault_);
    if (is_main) main_moved_ = false;
  }
  busy_ = false;
  last_ = database;
  return database != nullptr && database->enabled() && !fault_.set() && !internal ? database : nullptr;
}

int Connection::enlist() noexcept {
  const Hooks::TraceOff quiet(hooks_);
  explicit_ = sqlite3_get_autocommit(db_) == 0;
  const bool with_change = !counts_.known() && sqlite3_changes(db_) != 0;
  Statement& statement = with_change ? enlist_with_change_ : enlist_;
  if (!statement.prepared()) {
    const int rc = statement.prepare(db_, fault_, kPersistent, with_change ? kEnlistWithChange : kEnlist);
    if (rc != SQLITE_OK) return rc;
    main_moved_ = true;  // not known
  }
  enlisted_ = true;  // as long as the transaction lasts; an idle one ends at once
  const int rc = statement.run(fault_);
  if (rc != SQLITE_OK) enlisted_ = false;
  if (rc != SQLITE_OK) return rc;
  // Prepared again: the schema of main is another one than the last time this statement ran.
  if (sqlite3_stmt_status(statement.get(), SQLITE_STMTSTATUS_REPREPARE, 1) > 0) main_moved_ = true;
  // Brings the life table up (again, after a close that failed), which then owns our statements.
  return alive_ ? SQLITE_OK : run_sql(db_, fault_, "SELECT 1 FROM __murmel_life");
}

// Where there is no preupdate hook, a TEMP trigger on the wide table makes SQLite enlist us.
void Connection::began() noexcept {
  if (busy_ || captures_by_hook()) return;
  const KeepChangeCounts kept(db_, counts_);
  explicit_ = sqlite3_get_autocommit(db_) == 0;
  enlisted_ = true;
  busy_ = true;
  if (!alive_) run_sql(db_, fault_, "SELECT 1 FROM __murmel_life");  // which will free our statements
  last_ = fault_.set() ? nullptr : find_database("main");
  if (last_ != nullptr) last_->join(0, true, fault_);
  busy_ = false;
}

int Connection::sync() noexcept {
  if (fault_.set()) return fault_.code;
  const std::int64_t changes = sqlite3_changes(db_);
  const std::int64_t rowid = sqlite3_last_insert_rowid(db_);
  const bool at_one = consistency_.is_one() && !changes_schema_;
  in_place_ = at_one || hooks_in_place();  // which can't be seen while they are hidden
  const HideWrites hidden(db_, slots_);
  const KeepChangeCounts kept(db_, counts_);
  const Hooks::TraceOff quiet(hooks_);
  busy_ = true;
  int rc = at_one ? flush_all(changes) : flush_or_decide(changes);
  if (rc == SQLITE_READONLY) {
    // PRAGMA query_only, set by the application inside its transaction, is not meant for our record.
    Fault ignored;
    fault_.clear();
    run_sql(db_, ignored, "PRAGMA query_only=0");
    rc = at_one ? flush_all(changes) : flush_or_decide(changes);
    run_sql(db_, ignored, "PRAGMA query_only=1");
  }
  sqlite3_set_last_insert_rowid(db_, rowid);
  busy_ = false;
  return rc;
}

int Connection::flush_all(std::int64_t changes) noexcept {
  for (DatabaseCapture* database : databases_) {
    if (!database->joined()) continue;
    const int rc = database->flush(explicit_ || recheck_, fault_);
    if (rc != SQLITE_OK) return rc;
  }
  return restore_changes(changes);
}

// Where the change counts can't be kept: an autocommit statement sets sqlite3_changes() after the flush,
// COMMIT leaves it as it is.
int Connection::restore_changes(std::int64_t changes) noexcept {
  const bool restore = !counts_.known() && explicit_ && last_ != nullptr && last_->enabled();
  return restore ? last_->restore_changes(changes, fault_) : SQLITE_OK;
}

// False when rows were written that a preupdate hook of the application's kept from us.
bool Connection::hooks_in_place() noexcept {
  if (!hooks_.displaced()) return true;
  hooks_.take_place_again();
  for (const DatabaseCapture* database : databases_) {
    if (database->enabled()) return sqlite3_total_changes(db_) == changes_seen_;
  }
  return true;
}

bool Connection::may_commit() noexcept {
  if (busy_) return true;  // a transaction of our own
  if (fault_.set() || !hooks_in_place()) return false;
  // It was begun anew inside SQLite, for a schema that others had changed, and left the transaction. In a
  // database at ONE the agent logs it afterwards; an error would surprise the application more.
  if (schema_statement_ && !enlisted_ && schema_strict_) return false;
  for (DatabaseCapture* database : databases_) {
    if (database->joined() && database->unflushed()) return false;
    if (!database->joined()) database->wake();
  }
  return true;
}

void Connection::reset() noexcept {
  fault_.clear();
  enlisted_ = recheck_ = vetoed_ = changes_schema_ = false;
  consistency_.end_transaction();
  depth_ = 0;
  changes_seen_ = sqlite3_total_changes(db_);
}

void Connection::committed() noexcept {
  schema_statement_ = false;
  for (DatabaseCapture* database : databases_) {
    if (database->joined() && database->enabled()) database->wake();
    database->end(true);
  }
  reset();
}

// The write lock is free again when SQLite calls this.
void Connection::rolled_back() noexcept {
  for (DatabaseCapture* database : databases_) database->end(false);
  reset();
  if (begins_again_) back_off_.pause();
  begins_again_ = false;
}

int Connection::save_level(int level) noexcept {
  recheck_ = true;
  depth_ = static_cast<std::size_t>(level) + 1;
  for (DatabaseCapture* database : databases_) {
    if (!database->joined()) continue;
    if (!database->save_level(static_cast<std::size_t>(level), fault_)) {
      return fault_.fail(SQLITE_NOMEM, "out of memory");
    }
  }
  return SQLITE_OK;
}

int Connection::release_level(int level) noexcept {
  recheck_ = true;
  depth_ = static_cast<std::size_t>(level < 0 ? 0 : level);
  for (DatabaseCapture* database : databases_) {
    if (database->joined()) database->release_level(depth_);
  }
  return SQLITE_OK;
}

int Connection::cut_back(int level) noexcept {
  recheck_ = true;
  // -1 is the transaction itself, when a SAVEPOINT began it.
  depth_ = static_cast<std::size_t>(level) + 1;
  for (DatabaseCapture* database : databases_) {
    if (database->joined()) database->cut_back(level, fault_);
  }
  return fault_.set() ? fault_.code : SQLITE_OK;
}

void Connection::life_ends() noexcept {
  alive_ = false;
  enlist_.finalize_if_open(db_);
  enlist_with_change_.finalize_if_open(db_);
  finalize_statements();
}

void Connection::finalize_statements() noexcept {
  for (DatabaseCapture* database : databases_) database->finalize();
}

}  // namespace murmel::extension
