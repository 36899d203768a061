// A SQLite connection for clients' own SQL, with capture on: what is written here is logged and replicated as
// if an application had written it. Unlike the agent's own connections it has triggers and foreign keys on.
//
// What a client's text may not do: ATTACH, PRAGMA, load_extension(), and touching Murmel's own tables.
// Double quotes never mean a string. Belongs to one thread; only interrupt() may be called from others.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

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

  // Asked for each table that a client's text names, while it is prepared: by what schema's name it goes, and
  // what is done with it, in MySQL's word for the privilege ("SELECT", "INSERT", "INDEX", ...). False: the
  // text is refused (SQLITE_AUTH). What a view or trigger does is not asked for.
  using Gate = std::function<bool(const char* privilege, const char* schema, const char* table)>;
  void set_gate(Gate gate) { gate_ = std::move(gate); }

  // The first statement of `sql`; `rest` is what follows it.
  ClientResult<ClientStatement> prepare(std::string_view sql, std::string_view* rest);
  // One of our own: BEGIN, COMMIT, ROLLBACK.
  ClientResult<std::monostate> run(const char* sql);

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
  bool passes_gate(int action, const char* first, const char* second, const char* schema);
  static int wait_for_lock(void* self, int calls) noexcept;

  sqlite3* handle_;
  int lock_wait_ms_;
  Gate gate_;
  std::string dropped_;       // by the text: its rows go with it
  bool client_text_ = false;  // is being prepared: the extension's own is not looked at
  std::atomic<bool> interrupted_ = false;
};

}  // namespace murmel::store
