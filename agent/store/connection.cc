#include "agent/store/connection.h"

#include <sqlite3.h>
#include <unistd.h>

#include "agent/functions/collation.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"

namespace murmel::store {
namespace {

// Applications that find the database locked sleep ever longer, so a short sleep is what makes the agent's
// turn come among many of them; SQLite's own handler would sleep for 100 ms, and be too late each time.
constexpr int kBusySleepUs = 1'000;

int wait_for_lock(void* timeout_ms, int calls) noexcept {
  const auto limit = reinterpret_cast<std::intptr_t>(timeout_ms) * 1'000 / kBusySleepUs;
  if (calls >= limit) return 0;
  ::usleep(kBusySleepUs);
  return 1;
}

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
  const auto timeout_ms = static_cast<std::intptr_t>(busy_timeout_ms);
  // The number itself is what the handler gets: there is nothing that would have to live as long.
  sqlite3_busy_handler(handle_, wait_for_lock,
                       reinterpret_cast<void*>(timeout_ms));  // NOLINT(performance-no-int-to-ptr)
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
  return execute(sql::kConfigure);
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), schema_version_(std::move(other.schema_version_)) {}

Connection::~Connection() {
  sqlite3_close_v2(handle_);
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
  return integer("PRAGMA schema_version");
}

Result<Transaction> Transaction::begin(Connection& connection, Kind kind) {
  TRY(connection.execute(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr || !connection_->in_transaction()) return;
  // A rollback can only fail when there is nothing left to roll back.
  (void)connection_->execute("ROLLBACK");
}

Status Transaction::commit() {
  TRY(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return Ok{};
}

}  // namespace murmel::store
