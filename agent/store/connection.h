// A SQLite connection as the agent uses it: triggers and foreign keys off (their effects arrive as rows),
// defensive, in WAL mode. Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/store/statement.h"

struct sqlite3;

namespace murmel::extension {
class WalWatch;
}

namespace murmel::store {

class Checkpoints;
class StatementPool;

enum class Access {
  kReadOnly,
  kReadWrite,  // switches the file to WAL, as does kCreate
  kCreate,
  kPrivate,  // a file of our own that nobody else opens: made if missing, no WAL
};

constexpr int kBusyTimeoutMs = 5'000;  // of connections that no application waits for

// Before the first connection of the process: SQLite keeps no account of memory, whose lock all threads would
// take at each allocation. Does nothing later.
void configure_library();

class Connection {
 public:
  static Result<Connection> open(const std::string& path, Access access, int busy_timeout_ms);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  Status execute(const std::string& sql);
  // One statement from elsewhere: text behind its end is refused (kRefused).
  Status execute_one(std::string_view sql);
  Result<Statement> prepare(std::string_view sql);
  // One statement that is run again and again, so prepared once.
  Status run_kept(std::string_view sql);
  // First column of the first row; 0 if there is none.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);

  std::int64_t changes() const;
  bool in_transaction() const;
  // Grows with every schema change in the file that this connection has seen.
  Result<std::int64_t> schema_version();
  // Why the WAL could not be written back into the database; empty: nothing was in the way.
  std::string checkpoint_failure() const;
  // The change counter of the wal-index (extension/wal_index.h); -1: there is none.
  std::int64_t change_counter();

  sqlite3* handle() const { return handle_; }

 private:
  friend class Transaction;

  explicit Connection(sqlite3* handle);
  Status configure(Access access, int busy_timeout_ms);

  sqlite3* handle_ = nullptr;
  std::unique_ptr<StatementPool> idle_;
  std::unique_ptr<extension::WalWatch> wal_;
  std::unique_ptr<Checkpoints> checkpoints_;
};

// A transaction that is rolled back unless it was committed. What it writes goes to the WAL in few calls.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };

  static Result<Transaction> begin(Connection& connection, Kind kind);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace murmel::store
