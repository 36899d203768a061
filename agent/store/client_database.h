// A SQLite connection for clients' own SQL, with capture on: what is written here is logged and replicated as
// if an application had written it. Unlike the agent's own connections it has triggers and foreign keys on.
//
// Two connections: the ordinary one reads, and writes what can't wait for others or be told in rows. The
// other one (speculative.h) is for transactions that write on a snapshot beside those of other clients: what
// it has written is taken from here, committed elsewhere, and rolled back here. While such a transaction
// runs, all statements go there.
//
// What a client's text may not do: ATTACH, load_extension(), any PRAGMA that does more than tell of the
// database, and touching Murmel's own tables.
// Double quotes never mean a string. Belongs to one thread; only interrupt() may be called from others.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/local_transaction.h"
#include "agent/store/snapshot_keys.h"
#include "agent/store/speculative.h"
#include "agent/store/statement_pool.h"
#include "agent/store/write_set.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_value;

namespace murmel::extension {
class KeyConstraints;
}

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
  // `pool`: where it goes when it is no longer needed; null: it is finalized.
  explicit ClientStatement(sqlite3_stmt* handle, StatementPool* pool = nullptr)
      : handle_(handle, Deleter(pool)) {}

  bool empty() const { return handle_ == nullptr; }  // nothing but blanks and comments
  bool read_only() const;
  int parameters() const;
  int columns() const;
  ClientColumn column(int index) const;
  // From 0. Values are copied.
  void bind(int parameter, const ClientValue& value);
  void bind_blob(int parameter, std::string_view bytes);
  // Not copied: it stays where it is until the statement is gone, or another value bound in its place.
  void bind_in_place(int parameter, std::string_view text);
  // True: there is a row.
  ClientResult<bool> step();
  void reset();
  ClientValue value(int column) const;
  bool is_blob(int column) const;
  // Values of these columns, for as long as value() gives them.
  std::vector<sqlite3_value*> values(int first, std::size_t count) const;
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  struct Deleter {
    Deleter() noexcept : pool(nullptr) {}
    explicit Deleter(StatementPool* where) noexcept : pool(where) {}
    StatementPool* pool;
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Deleter> handle_;
};

class ClientDatabase {
 public:
  // `lock_wait_ms`: how long a statement waits for another writer.
  static Result<std::unique_ptr<ClientDatabase>> open(const std::string& path, int lock_wait_ms);
  // Empty, in memory, for clients that have chosen no database; nothing of it is kept. What they write to
  // attached ones is captured.
  static Result<std::unique_ptr<ClientDatabase>> open_scratch(int lock_wait_ms);
  ~ClientDatabase();
  ClientDatabase(const ClientDatabase&) = delete;
  ClientDatabase& operator=(const ClientDatabase&) = delete;

  // The first statement of `sql`; `rest` is what follows it.
  ClientResult<ClientStatement> prepare(std::string_view sql, std::string_view* rest);
  // The only statement of `sql`, which will be asked for again: it is prepared once, and again only when the
  // schema has changed.
  ClientResult<ClientStatement> prepare_kept(std::string_view sql);
  // Another database, under its name.
  ClientResult<std::monostate> attach(const std::string& path, const std::string& name);
  ClientResult<std::monostate> detach(const std::string& name);
  // A SQLite extension, from this file.
  Status load_extension(const std::string& path);
  // Tables of the main database that the statements to come name. If one is dropped meanwhile, the one of its
  // name in an attached database does not take its place, as SQLite would have it.
  void expect_own(std::vector<std::string> tables) { own_tables_ = std::move(tables); }
  // Statements of our own.
  ClientResult<std::monostate> run(const char* sql);
  // One of our own that is run again and again, so prepared once: BEGIN, COMMIT, ROLLBACK, savepoints.
  ClientResult<std::monostate> run_kept(const char* sql);

  // From the next statement on. A transaction on a snapshot of which any part was not checked is not checked
  // again by whoever commits it.
  void check_foreign_keys(bool on);

  // What else a connection needs for the client's statements: done to each, now and when it is opened.
  using Equip = std::function<Status(sqlite3*)>;
  Status equip(Equip equip);

  // A transaction on a snapshot, as of now, if there is none yet. Errors as of a statement. False: a change
  // of the schema is not in the log yet, and rows can't be told before it; nothing has begun.
  ClientResult<bool> begin_on_snapshot();
  bool on_snapshot() const { return speculative_ != nullptr && speculative_->active(); }
  // The schema cookie of what it sees.
  std::int64_t schema_version_on_snapshot() const { return schema_version_; }
  // What it has written so far; its deferred foreign keys have to hold. `decided`: by several nodes, so with
  // what they have to know.
  ClientResult<LocalTransaction> changes_on_snapshot(bool decided);
  // What it has written since this was last asked.
  ClientResult<WriteSet> writes_on_snapshot();
  // What locks and versions know a row of the snapshot by; as SnapshotKeys has it.
  ClientResult<std::optional<core::RowKey>> row_key(std::string_view table,
                                                    std::span<sqlite3_value* const> key);
  // Rolls it back.
  void end_snapshot();
  // It has been ended by a statement that changed more than may be kept in memory, or is about to.
  bool is_too_large() const { return too_large_; }
  // Tables that only the ordinary connection has.
  bool has_temporary_tables() const;

  // The ordinary connection.
  sqlite3* handle() const { return handle_; }
  // BEGIN was run on the connection that statements go to.
  bool in_transaction() const;
  std::int64_t changes() const;
  // Any thread: ends the statement under way, or the wait for a lock.
  void interrupt() { interrupted_ = true; }
  bool is_interrupted() const { return interrupted_; }
  // Statements run again.
  void clear_interrupt() { interrupted_ = false; }

 private:
  ClientDatabase(sqlite3* handle, int lock_wait_ms);
  Status configure(sqlite3* handle);
  static Status capture(sqlite3* handle);
  static Result<std::unique_ptr<ClientDatabase>> open_captured(const std::string& path, int lock_wait_ms);
  static Status load_into(sqlite3* handle, const std::string& path);
  Status open_speculative();
  ClientResult<std::monostate> attach_on_snapshot();
  ClientResult<bool> is_schema_logged();
  ClientResult<std::monostate> add_what_was_seen(LocalTransaction& local);
  sqlite3* active() const { return on_snapshot() ? speculative_->handle() : handle_; }
  void forget_what_was_told(std::string_view sql);
  bool should_stop();
  static int authorize(void* self, int action, const char* first, const char* second, const char* database,
                       const char* cause) noexcept;
  bool takes_the_place(int action, const char* table, const char* database, const char* cause) const;
  static int wait_for_lock(void* self, int calls) noexcept;

  ClientResult<sqlite3_stmt*> prepare(std::string_view sql, unsigned flags, std::string_view* rest);
  // Our own, of the transaction on a snapshot.
  ClientResult<ClientStatement> prepare_on_snapshot(std::string_view sql);
  ClientResult<std::int64_t> read_log_end(LocalTransaction& local);

  sqlite3* handle_;
  StatementPool idle_;              // clients' statements of handle_
  StatementPool idle_on_snapshot_;  // of speculative_
  StatementPool own_;               // our own, of handle_
  std::string path_;                // empty: in memory
  int lock_wait_ms_;
  Equip equip_;
  std::vector<std::string> extensions_;       // paths
  std::unique_ptr<Speculative> speculative_;  // from the first time that it is needed
  std::int64_t schema_version_ = -1;          // of the snapshot; logged
  SnapshotKeys keys_;                         // as of that schema
  std::size_t parts_told_ = 0;                // by writes_on_snapshot
  std::unique_ptr<extension::KeyConstraints> key_constraints_;
  std::map<std::string, std::string> attached_;              // paths by name
  std::map<std::string, std::string> attached_on_snapshot_;  // the same, to the speculative one
  bool foreign_keys_ = true;
  bool unchecked_ = false;  // the transaction on the snapshot, or a part of it
  bool too_large_ = false;
  bool client_text_ = false;  // is being prepared: the extension's own is not looked at
  std::vector<std::string> own_tables_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace murmel::store
