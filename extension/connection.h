// Connection: capture on one SQLite connection. It lives from loading the extension until SQLite has closed
// the connection (it belongs to the module of the __murmel_life virtual table).
//
//   application writes a row
//     -> preupdate hook (row_capture.cc): the first row of a transaction enlists the virtual table
//     __murmel_enlist
//     -> rows into the DatabaseCapture of that database
//   COMMIT -> xSync: records are inserted into __murmel_log, in the same transaction; a failure refuses the
//   commit
//          -> commit hook: refuses what was captured but is not in the log
//          -> xCommit: everything is forgotten, the agent is woken
//
// A failure to capture is kept in fault() and makes the commit fail: a transaction is logged whole or not
// made. Thread rule: SQLite's, one thread at a time under the connection's mutex.
#pragma once

#include "extension/back_off.h"
#include "extension/change_counts.h"
#include "extension/database_capture.h"
#include "extension/hooks.h"

namespace murmel::extension {

class Connection {
 public:
  Connection(sqlite3* db, const Host& host, const Quirks& quirks, const HookSlots& slots,
             const ChangeCountSlots& counts)
      : db_(db),
        host_(host),
        quirks_(quirks),
        slots_(slots),
        counts_(counts),
        hooks_(*this, host, slots),
        changes_seen_(sqlite3_total_changes(db)) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* db() const { return db_; }
  const Host& host() const { return host_; }
  bool captures_by_hook() const { return host_.has_preupdate() && quirks_.usable; }
  Fault& fault() { return fault_; }
  Consistency& consistency() { return consistency_; }
  Hooks& hooks() { return hooks_; }

  // The database's capture state, taking part in the current transaction. nullptr when there is nothing to
  // do: own writes, temp, internal tables, databases without a log, or a failure (then fault() is set).
  DatabaseCapture* join(const char* schema, const char* table) noexcept {
    if (last_ == nullptr || !last_->joined() || recheck_ || busy_ ||
        std::strcmp(last_->schema(), schema) != 0) {
      return join_slowly(schema, table);
    }
    return last_->enabled() ? last_ : nullptr;
  }

  // What SQLite tells the enlisted virtual table.
  void began() noexcept;
  int sync() noexcept;
  // A refusal by the cluster is no failure to capture: once said, the transaction may go on.
  void forget_veto() noexcept {
    if (vetoed_) fault_.clear();
    vetoed_ = false;
  }
  void committed() noexcept;
  void rolled_back() noexcept;
  int save_level(int level) noexcept;
  int release_level(int level) noexcept;
  int cut_back(int level) noexcept;

  // The last guard: whether the commit may go on. Also wakes the agent after commits without rows (DDL).
  bool may_commit() noexcept;

  // A statement of the application's begins. One that changes the schema of main takes part in the
  // transaction from the start, as rows do, where such changes are decided by the cluster.
  void statement_begins(sqlite3_stmt* statement, const char* sql) noexcept;

  // Until the running transaction ends; 'default' takes the choice back. Takes the write lock, as only a
  // transaction that takes part tells its end. SQLITE_OK or the code in `fault`.
  int choose_for_transaction(CommitLevel level, int timeout_ms, Fault& fault) noexcept;

  // See capture_api.h.
  int hand_over(const char* schema, RowReceiver& receiver, std::size_t* from, Fault& fault) noexcept;

  // What the connection knows of one of its databases; nullptr when memory ran out (then fault() is set).
  DatabaseCapture* find_database(const char* schema) noexcept;

  // The life table was connected; its disconnection is the sign that the connection is being closed.
  void life_began() { alive_ = true; }
  void life_ends() noexcept;
  // Statements that are prepared again when needed; they would keep tables from being dropped.
  void finalize_statements() noexcept;

  // While true, rows written on this connection are our own.
  bool busy() const { return busy_; }
  void set_busy(bool busy) { busy_ = busy; }
  const HookSlots& slots() const { return slots_; }
  const ChangeCountSlots& counts() const { return counts_; }

 private:
  DatabaseCapture* join_slowly(const char* schema, const char* table) noexcept;
  int enlist() noexcept;
  void reset() noexcept;
  bool hooks_in_place() noexcept;
  // `changes`: what sqlite3_changes() says to the application.
  int flush_all(std::int64_t changes) noexcept;
  int restore_changes(std::int64_t changes) noexcept;
  int flush_or_decide(std::int64_t changes) noexcept;
  int decide(DatabaseCapture& database, CommitLevel level) noexcept;
  bool schema_changes_at_quorum() noexcept;

  sqlite3* db_;
  const Host& host_;
  const Quirks& quirks_;
  const HookSlots& slots_;
  const ChangeCountSlots& counts_;
  Hooks hooks_;
  Fault fault_;
  Consistency consistency_;
  Vec<DatabaseCapture*> databases_;
  DatabaseCapture* last_ = nullptr;
  Statement enlist_;
  Statement enlist_with_change_;
  std::size_t depth_ = 0;          // open savepoints, as far as the enlisted table has been told
  bool alive_ = false;             // the life table is connected
  bool enlisted_ = false;          // the enlist table takes part in the current transaction
  bool explicit_ = false;          // the transaction was begun by BEGIN or SAVEPOINT
  bool main_moved_ = false;        // the schema of main changed since we looked at it
  bool recheck_ = false;           // a savepoint moved: the schema may have, too
  int changes_seen_;               // sqlite3_total_changes() when the last transaction ended
  bool changes_schema_ = false;    // a statement of this transaction may have
  bool schema_statement_ = false;  // the last statement was one that is to be decided
  bool schema_strict_ = false;     // and must not be committed here without that
  bool in_place_ = true;           // our hooks were, when the transaction was to be decided
  bool busy_ = false;
  bool vetoed_ = false;  // fault_ is a refusal by the cluster
  // Who is to begin again lets others have the write lock before: the agent has news for it.
  bool begins_again_ = false;
  BackOff back_off_;
};

}  // namespace murmel::extension
