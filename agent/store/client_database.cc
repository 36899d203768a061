#include "agent/store/client_database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/store/client_fault.h"
#include "agent/store/sqlite_error.h"
#include "extension/entry.h"
#include "extension/key_constraints.h"

namespace murmel::store {
namespace {

constexpr int kLockSleepUs = 1'000;
constexpr int kStepsBetweenLooks = 1'000;  // of SQLite's virtual machine
constexpr int kStatementBytesMax = 64 << 20;
constexpr char kOwnTables[] = "__murmel_";

// Those that only tell of the database.
bool is_harmless_pragma(const char* name, const char* argument) {
  constexpr const char* kTelling[] = {
      "table_info",     "table_xinfo",      "table_list",        "index_list",      "index_info",
      "index_xinfo",    "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check",
      "collation_list", "function_list",    "compile_options",   "database_list"};
  constexpr const char* kWithoutArgument[] = {"page_count",   "page_size",    "freelist_count",
                                              "encoding",     "journal_mode", "schema_version",
                                              "data_version", "user_version", "foreign_keys"};
  const auto is = [name](const char* one) { return sqlite3_stricmp(one, name) == 0; };
  return std::any_of(std::begin(kTelling), std::end(kTelling), is) ||
         (argument == nullptr && std::any_of(std::begin(kWithoutArgument), std::end(kWithoutArgument), is));
}

ClientResult<std::monostate> run_on(sqlite3* connection, const char* sql) {
  if (sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return client_fault(connection);
  return std::monostate{};
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

ClientFault client_fault(sqlite3* handle, std::string_view sql) {
  ClientFault fault{sqlite3_extended_errcode(handle), sqlite3_errmsg(handle), {}};
  const int offset = sqlite3_error_offset(handle);
  if (offset >= 0 && static_cast<std::size_t>(offset) < sql.size()) {
    fault.near = sql.substr(static_cast<std::size_t>(offset));
  }
  return fault;
}

// --- statements -------------------------------------------------------------------------------------------

void ClientStatement::Deleter::operator()(sqlite3_stmt* handle) const noexcept {
  pool != nullptr ? pool->give_back(handle) : static_cast<void>(sqlite3_finalize(handle));
}

bool ClientStatement::read_only() const {
  return sqlite3_stmt_readonly(handle_.get()) != 0;
}
int ClientStatement::parameters() const {
  return sqlite3_bind_parameter_count(handle_.get());
}
int ClientStatement::columns() const {
  return sqlite3_column_count(handle_.get());
}

ClientColumn ClientStatement::column(int index) const {
  sqlite3_stmt* statement = handle_.get();
  ClientColumn column;
  column.name = text_or_empty(sqlite3_column_name(statement, index));
  column.table = text_or_empty(sqlite3_column_table_name(statement, index));
  column.column = text_or_empty(sqlite3_column_origin_name(statement, index));
  column.declared_type = text_or_empty(sqlite3_column_decltype(statement, index));
  if (column.table.empty()) return column;
  int not_null = 0;
  int primary_key = 0;
  int auto_increment = 0;
  const int code = sqlite3_table_column_metadata(
      sqlite3_db_handle(statement), sqlite3_column_database_name(statement, index), column.table.c_str(),
      column.column.c_str(), nullptr, nullptr, &not_null, &primary_key, &auto_increment);
  if (code != SQLITE_OK) return column;  // a view
  column.not_null = not_null != 0;
  column.primary_key = primary_key != 0;
  column.auto_increment = auto_increment != 0;
  return column;
}

void ClientStatement::bind(int parameter, const ClientValue& value) {
  sqlite3_stmt* statement = handle_.get();
  const int number = parameter + 1;
  int code = SQLITE_OK;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    code = sqlite3_bind_int64(statement, number, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    code = sqlite3_bind_double(statement, number, *real);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    code = sqlite3_bind_text64(statement, number, text->empty() ? "" : text->data(), text->size(),
                               SQLITE_TRANSIENT, SQLITE_UTF8);
  } else {
    code = sqlite3_bind_null(statement, number);
  }
  INVARIANT(code == SQLITE_OK || code == SQLITE_NOMEM || code == SQLITE_TOOBIG);
}

void ClientStatement::bind_blob(int parameter, std::string_view bytes) {
  const int code = sqlite3_bind_blob64(handle_.get(), parameter + 1, bytes.empty() ? "" : bytes.data(),
                                       bytes.size(), SQLITE_TRANSIENT);
  INVARIANT(code == SQLITE_OK || code == SQLITE_NOMEM || code == SQLITE_TOOBIG);
}

void ClientStatement::bind_in_place(int parameter, std::string_view text) {
  const int code = sqlite3_bind_text64(handle_.get(), parameter + 1, text.empty() ? "" : text.data(),
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  INVARIANT(code == SQLITE_OK || code == SQLITE_TOOBIG);
}

ClientResult<bool> ClientStatement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  ClientFault fault = client_fault(sqlite3_db_handle(handle_.get()));
  reset();
  return fault;
}

// The code that reset repeats was reported by step.
void ClientStatement::reset() {
  sqlite3_reset(handle_.get());
}

ClientValue ClientStatement::value(int column) const {
  sqlite3_stmt* statement = handle_.get();
  const auto bytes = [&](const void* start) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return std::string_view(size == 0 ? "" : static_cast<const char*>(start), size);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: return bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB: return bytes(sqlite3_column_blob(statement, column));
    default: return {};
  }
}

bool ClientStatement::is_blob(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_BLOB;
}

std::vector<sqlite3_value*> ClientStatement::values(int first, std::size_t count) const {
  std::vector<sqlite3_value*> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(sqlite3_column_value(handle_.get(), first + static_cast<int>(i)));
  return values;
}

// --- the connection ---------------------------------------------------------------------------------------

Result<std::unique_ptr<ClientDatabase>> ClientDatabase::open(const std::string& path, int lock_wait_ms) {
  TRY_ASSIGN(std::unique_ptr<ClientDatabase> database, open_captured(path, lock_wait_ms));
  database->path_ = path;
  return database;
}

// The flag for memory would hold for the databases that are attached, too.
Result<std::unique_ptr<ClientDatabase>> ClientDatabase::open_scratch(int lock_wait_ms) {
  return open_captured(":memory:", lock_wait_ms);
}

Result<std::unique_ptr<ClientDatabase>> ClientDatabase::open_captured(const std::string& path,
                                                                      int lock_wait_ms) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<ClientDatabase> database(new ClientDatabase(handle, lock_wait_ms));
  if (code != SQLITE_OK) return sqlite_error(handle, code, "can't open " + path);
  TRY(database->configure(handle));
  TRY(capture(handle));
  return database;
}

ClientDatabase::ClientDatabase(sqlite3* handle, int lock_wait_ms)
    : handle_(handle), lock_wait_ms_(lock_wait_ms) {}

ClientDatabase::~ClientDatabase() {
  idle_.clear();
  idle_on_snapshot_.clear();
  own_.clear();
  speculative_.reset();
  sqlite3_close_v2(handle_);
}

// The schema is trusted as far as the authorizer lets it, or triggers could not keep an index of FTS5's.
Status ClientDatabase::configure(sqlite3* handle) {
  sqlite3_busy_handler(handle, wait_for_lock, this);
  // sqlite3_interrupt() would be forgotten if no statement runs just then.
  sqlite3_progress_handler(
      handle, kStepsBetweenLooks,
      [](void* self) noexcept { return static_cast<ClientDatabase*>(self)->should_stop() ? 1 : 0; }, this);
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 1}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
        std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}}) {
    const int code = sqlite3_db_config(handle, option, value, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle, code, "can't configure the connection");
  }
  // REPLACE fires the triggers of DELETE for the rows that it takes away.
  const int code = sqlite3_exec(handle, "PRAGMA recursive_triggers = 1", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle, code, "can't configure the connection");
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kStatementBytesMax);
  sqlite3_set_authorizer(handle, authorize, this);
  return Ok{};
}

Status ClientDatabase::capture(sqlite3* handle) {
  char* error = nullptr;
  const int code = sqlite3_murmel_init(handle, &error, nullptr);
  const std::unique_ptr<char, decltype(&sqlite3_free)> owner(error, &sqlite3_free);
  if (code != SQLITE_OK) {
    return Error{ErrorCode::kInternal, error != nullptr ? error : "capture does not start"};
  }
  return Ok{};
}

// SQLite asks this again when it prepares a statement anew because the schema has changed.
bool ClientDatabase::takes_the_place(int action, const char* table, const char* database,
                                     const char* cause) const {
  const bool touches =
      action == SQLITE_READ || action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
  if (!touches || cause != nullptr || table == nullptr || database == nullptr) return false;
  if (sqlite3_stricmp(database, "main") == 0 || sqlite3_stricmp(database, "temp") == 0) return false;
  const bool expected = std::any_of(own_tables_.begin(), own_tables_.end(), [table](const std::string& own) {
    return sqlite3_stricmp(own.c_str(), table) == 0;
  });
  return expected && sqlite3_table_column_metadata(handle_, "main", table, nullptr, nullptr, nullptr, nullptr,
                                                   nullptr, nullptr) != SQLITE_OK;
}

int ClientDatabase::authorize(void* self, int action, const char* first, const char* second,
                              const char* database, const char* cause) noexcept {
  const auto* const own = static_cast<const ClientDatabase*>(self);
  if (own->takes_the_place(action, first, database, cause)) return SQLITE_DENY;
  if (!own->client_text_) return SQLITE_OK;
  const auto is_own = [](const char* name) {
    return name != nullptr && sqlite3_strnicmp(name, kOwnTables, sizeof kOwnTables - 1) == 0;
  };
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION: return SQLITE_DENY;
    case SQLITE_PRAGMA: return is_harmless_pragma(first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE: return is_own(first) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER: return is_own(first) || is_own(second) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

int ClientDatabase::wait_for_lock(void* self, int calls) noexcept {
  const auto* database = static_cast<const ClientDatabase*>(self);
  const std::int64_t waited_us = std::int64_t{calls} * kLockSleepUs;
  if (database->interrupted_ || waited_us >= std::int64_t{database->lock_wait_ms_} * 1'000) return 0;
  ::usleep(kLockSleepUs);
  return 1;
}

ClientResult<sqlite3_stmt*> ClientDatabase::prepare(std::string_view sql, unsigned flags,
                                                    std::string_view* rest) {
  sqlite3_stmt* handle = nullptr;
  const char* tail = sql.data();
  client_text_ = true;
  sqlite3* const connection = active();
  const int code =
      sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), flags, &handle, &tail);
  client_text_ = false;
  if (code != SQLITE_OK) return client_fault(connection, sql);
  *rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  return handle;
}

ClientResult<ClientStatement> ClientDatabase::prepare(std::string_view sql, std::string_view* rest) {
  const auto handle = prepare(sql, 0, rest);
  return handle.ok() ? ClientResult<ClientStatement>(ClientStatement(*handle)) : handle.error();
}

ClientResult<ClientStatement> ClientDatabase::prepare_kept(std::string_view sql) {
  StatementPool& idle = on_snapshot() ? idle_on_snapshot_ : idle_;
  if (sqlite3_stmt* const waiting = idle.take(sql)) return ClientStatement(waiting, &idle);
  std::string_view rest;
  const auto handle = prepare(sql, SQLITE_PREPARE_PERSISTENT, &rest);
  return handle.ok() ? ClientResult<ClientStatement>(ClientStatement(*handle, &idle)) : handle.error();
}

Status ClientDatabase::load_extension(const std::string& path) {
  TRY(load_into(handle_, path));
  extensions_.push_back(path);
  return speculative_ != nullptr ? load_into(speculative_->handle(), path) : Status(Ok{});
}

// Only the C function is let through, and only here: SQL can't load anything.
Status ClientDatabase::load_into(sqlite3* handle, const std::string& path) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* error = nullptr;
  const int code = sqlite3_load_extension(handle, path.c_str(), nullptr, &error);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  const std::unique_ptr<char, decltype(&sqlite3_free)> owner(error, &sqlite3_free);
  if (code != SQLITE_OK) return Error{ErrorCode::kInvalid, error != nullptr ? error : "it does not load"};
  return Ok{};
}

ClientResult<std::monostate> ClientDatabase::attach(const std::string& path, const std::string& name) {
  const std::unique_ptr<char, decltype(&sqlite3_free)> sql(
      sqlite3_mprintf("ATTACH %Q AS \"%w\"", path.c_str(), name.c_str()), &sqlite3_free);
  TRY(run_on(handle_, sql.get()));
  attached_[name] = path;
  return on_snapshot() ? attach_on_snapshot() : std::monostate{};
}

ClientResult<std::monostate> ClientDatabase::detach(const std::string& name) {
  const std::unique_ptr<char, decltype(&sqlite3_free)> sql(sqlite3_mprintf("DETACH \"%w\"", name.c_str()),
                                                           &sqlite3_free);
  TRY(run_on(handle_, sql.get()));
  attached_.erase(name);
  return std::monostate{};
}

// Parts that were told of may be taken back.
void ClientDatabase::forget_what_was_told(std::string_view sql) {
  if (sql.starts_with("ROLLBACK TO")) parts_told_ = 0;
}

ClientResult<std::monostate> ClientDatabase::run(const char* sql) {
  forget_what_was_told(sql);
  return run_on(active(), sql);
}

ClientResult<std::monostate> ClientDatabase::run_kept(const char* sql) {
  forget_what_was_told(sql);
  StatementPool& statements = on_snapshot() ? speculative_->own_statements() : own_;
  if (statements.run(active(), sql) != SQLITE_OK) return client_fault(active());
  return std::monostate{};
}

Status ClientDatabase::equip(Equip equip) {
  equip_ = std::move(equip);
  return equip_(handle_);
}

bool ClientDatabase::in_transaction() const {
  return sqlite3_get_autocommit(active()) == 0;
}
std::int64_t ClientDatabase::changes() const {
  return sqlite3_changes64(active());
}

}  // namespace murmel::store
