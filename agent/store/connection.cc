#include "agent/store/connection.h"

#include <sqlite3.h>

#include "agent/functions/collation.h"
#include "agent/store/checkpoints.h"
#include "agent/store/lock_wait.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"
#include "agent/store/statement_pool.h"
#include "extension/wal_watch.h"

namespace murmel::store {
namespace {

constexpr char kMain[] = "main";

int open_flags(Access access) {
  switch (access) {
    case Access::kReadOnly: return SQLITE_OPEN_READONLY;
    case Access::kReadWrite: return SQLITE_OPEN_READWRITE;
    case Access::kCreate:
    case Access::kPrivate: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return 0;
}

}  // namespace

void configure_library() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // SQLITE_MISUSE: too late
}

Result<Connection> Connection::open(const std::string& path, Access access, int busy_timeout_ms) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle,
                                   open_flags(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Connection connection(handle);
  if (code != SQLITE_OK) return sqlite_error(handle, code, "can't open " + path);
  TRY(connection.configure(access, busy_timeout_ms));
  return connection;
}

Status Connection::configure(Access access, int busy_timeout_ms) {
  wait_for_locks(handle_, busy_timeout_ms);
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 0},
        std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}}) {
    const int code = sqlite3_db_config(handle_, option, value, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle_, code, "can't configure the connection");
  }
  // Indexes of tables that MySQL clients have made are ordered by MySQL's collations.
  TRY(functions::install_collations(handle_));
  if (access == Access::kReadOnly || access == Access::kPrivate) return Ok{};
  TRY(execute(sql::kConfigure));
  checkpoints_ = std::make_unique<Checkpoints>(handle_, busy_timeout_ms);
  return Ok{};
}

Connection::Connection(sqlite3* handle)
    : handle_(handle),
      idle_(std::make_unique<StatementPool>()),
      wal_(std::make_unique<extension::WalWatch>()) {}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      idle_(std::move(other.idle_)),
      wal_(std::move(other.wal_)),
      checkpoints_(std::move(other.checkpoints_)) {}

Connection::~Connection() {
  checkpoints_.reset();
  idle_.reset();
  wal_.reset();
  sqlite3_close_v2(handle_);
}

std::string Connection::checkpoint_failure() const {
  return checkpoints_ == nullptr ? std::string() : checkpoints_->failure();
}

Status Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, sql);
  return Ok{};
}

Status Connection::execute_one(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &handle, &tail);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, sql);
  Statement statement(handle);
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (handle == nullptr || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return Error{ErrorCode::kRefused, "not one SQL statement: " + std::string(sql)};
  }
  return statement.run();
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, sql);
  return Statement(handle);
}

Status Connection::run_kept(std::string_view sql) {
  const int code = idle_->run(handle_, sql);
  if (code != SQLITE_OK) return sqlite_error(handle_, code, sql);
  return Ok{};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<std::string> Connection::text(std::string_view sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool row, statement.step());
  return row ? std::string(statement.text(0)) : std::string();
}

std::int64_t Connection::changes() const {
  return sqlite3_changes64(handle_);
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<std::int64_t> Connection::schema_version() {
  constexpr char kSchemaVersion[] = "PRAGMA schema_version";
  sqlite3_stmt* statement = nullptr;
  int code = idle_->take_or_prepare(handle_, kSchemaVersion, &statement);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::int64_t version = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  if (statement != nullptr) idle_->give_back(statement);
  if (code != SQLITE_ROW) return sqlite_error(handle_, code, kSchemaVersion);
  return version;
}

std::int64_t Connection::change_counter() {
  return wal_->change_counter(handle_, kMain);
}

Result<Transaction> Transaction::begin(Connection& connection, Kind kind) {
  TRY(connection.run_kept(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  if (kind == Kind::kWrite) (void)connection.wal_->begin_transaction(connection.handle_, kMain);
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // A rollback can only fail when there is nothing left to roll back.
  if (connection_->in_transaction()) (void)connection_->run_kept("ROLLBACK");
  connection_->wal_->end_transaction();
}

Status Transaction::commit() {
  TRY(connection_->run_kept("COMMIT"));
  connection_->wal_->end_transaction();
  connection_ = nullptr;
  return Ok{};
}

}  // namespace murmel::store
