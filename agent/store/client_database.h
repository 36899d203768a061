// A SQLite connection for clients' own SQL, with capture on: what is written here is logged and replicated as
// if an application had written it. Unlike the agent's own connections it has triggers and foreign keys on.
//
// What a client's text may not do: ATTACH, load_extension(), any PRAGMA that does more than tell of the
// database, and touching Murmel's own tables.
// Double quotes never mean a string. Belongs to one thread; only interrupt() may be called from others.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace murmel::store {

// What SQLite said, for whoever translates it for the client.
struct ClientFault {
  int code = 0;  // extended result code
  std::string message;
  std::string near;  // of a syntax error: the text from there on
};

template <typename T>
using ClientResult = Result<T, ClientFault>;

// Text and blobs live until the next step.
using ClientValue = std::variant<std::monostate, std::int64_t, double, std::string_view>;

struct ClientColumn {
  std::string name;
  std::string table;  // with `column`: where it comes from; empty for an expression
  std::string column;
  std::string declared_type;  // empty: none
  bool not_null = false;
  bool primary_key = false;
  bool auto_increment = false;
};

class ClientStatement {
 public:
  ClientStatement() = default;
  explicit ClientStatement(sqlite3_stmt* handle) : handle_(handle) {}

  bool empty() const { return handle_ == nullptr; }  // nothing but blanks and comments
  bool read_only() const;
  int parameters() const;
  int columns() const;
  ClientColumn column(int index) const;
  // From 0. Values are copied.
  void bind(int parameter, const ClientValue& value);
  void bind_blob(int parameter, std::string_view bytes);
  // True: there is a row.
  ClientResult<bool> step();
  void reset();
  ClientValue value(int column) const;
  bool is_blob(int column) const;
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  struct Deleter {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Deleter> handle_;
};

class ClientDatabase {
 public:
  // `lock_wait_ms`: how long a statement waits for another writer.
  static Result<std::unique_ptr<ClientDatabase>> open(const std::string& path, int lock_wait_ms);
  // Empty, in memory, for clients that have chosen no database; nothing of it is kept.
  static Result<std::unique_ptr<ClientDatabase>> open_scratch();
  ~ClientDatabase();
  ClientDatabase(const ClientDatabase&) = delete;
  ClientDatabase& operator=(const ClientDatabase&) = delete;

  // The first statement of `sql`; `rest` is what follows it.
  ClientResult<ClientStatement> prepare(std::string_view sql, std::string_view* rest);
  // Another database, under its name.
  ClientResult<std::monostate> attach(const std::string& path, const std::string& name);
  ClientResult<std::monostate> detach(const std::string& name);
  // A SQLite extension, from this file.
  Status load_extension(const std::string& path);
  // Tables of the main database that the statements to come name. If one is dropped meanwhile, the one of its
  // name in an attached database does not take its place, as SQLite would have it.
  void expect_own(std::vector<std::string> tables) { own_tables_ = std::move(tables); }
  // One of our own: BEGIN, COMMIT, ROLLBACK.
  ClientResult<std::monostate> run(const char* sql);

  sqlite3* handle() const { return handle_; }
  bool in_transaction() const;
  std::int64_t changes() const;
  std::int64_t total_changes() const;
  std::int64_t last_insert_rowid() const;
  // Any thread: ends the statement under way, or the wait for a lock.
  void interrupt() { interrupted_ = true; }
  // Statements run again.
  void clear_interrupt() { interrupted_ = false; }

 private:
  ClientDatabase(sqlite3* handle, int lock_wait_ms) : handle_(handle), lock_wait_ms_(lock_wait_ms) {}
  Status configure();
  Status capture();
  static int authorize(void* self, int action, const char* first, const char* second, const char* database,
                       const char* cause) noexcept;
  bool takes_the_place(int action, const char* table, const char* database, const char* cause) const;
  static int wait_for_lock(void* self, int calls) noexcept;

  sqlite3* handle_;
  int lock_wait_ms_;
  bool client_text_ = false;  // is being prepared: the extension's own is not looked at
  std::vector<std::string> own_tables_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace murmel::store
