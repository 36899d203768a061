// Connection at QUORUM: which transactions go to the cluster before they are committed.
#include "extension/connection.h"
#include "extension/schema_sql.h"

namespace murmel::extension {
void Connection::statement_begins(sqlite3_stmt* statement, const char* sql) noexcept {
  if (busy_) return;
  schema_statement_ = false;
  if (sql == nullptr || !changes_schema(sql) || sqlite3_stmt_readonly(statement) != 0) return;
  if (consistency_.chosen() == CommitLevel::kOne) return;
  // First the write lock, which comes with taking part: behind a read of ours SQLite would not wait for it.
  const KeepChangeCounts kept(db_, counts_);
  busy_ = true;
  const int rc = enlisted_ ? SQLITE_OK : enlist();
  busy_ = false;
  if (rc != SQLITE_OK) {
    // The statement will say so itself; if it should go through after all, its commit is refused.
    fault_.clear();
    schema_statement_ = schema_strict_ = (rc & 0xff) == SQLITE_BUSY;
    return;
  }
  if (!enlisted_ || !schema_changes_at_quorum()) return;
  schema_statement_ = changes_schema_ = true;
  join("main", "");
}

// Where triggers capture, began() brings main in: nothing else would when rows come.
int Connection::choose_for_transaction(CommitLevel level, int timeout_ms, Fault& fault) noexcept {
  if (sqlite3_get_autocommit(db_) != 0) {
    return fault.fail(SQLITE_ERROR,
                      "there is no transaction: BEGIN first, or choose for the connection "
                      "(SELECT murmel_consistency('quorum'))");
  }
  if (fault_.set()) {
    fault = fault_;
    return fault.code;
  }
  const KeepChangeCounts kept(db_, counts_);
  if (!enlisted_ && enlist() != SQLITE_OK) {
    fault = fault_;
    fault_.clear();
    return fault.code;
  }
  consistency_.choose_for_transaction(level, timeout_ms);
  return SQLITE_OK;
}

// What can't be read leaves the matter to the agent, which logs the change after its commit.
bool Connection::schema_changes_at_quorum() noexcept {
  busy_ = true;
  Fault fault;
  Statement enabled;
  int rc = enabled.prepare(db_, fault, 0, "SELECT 1 FROM main.sqlite_master WHERE name='__murmel_log'");
  if (rc == SQLITE_OK) rc = enabled.step(fault);
  enabled.finalize();
  DatabaseCapture* main = rc == SQLITE_ROW ? find_database("main") : nullptr;
  Decision* decision = main != nullptr ? main->decision(fault) : nullptr;
  if (decision != nullptr) rc = decision->settings().refresh(db_, "main", fault);
  busy_ = false;
  if (decision == nullptr || fault.set()) return false;
  const bool rows_too =
      consistency_.chosen() != CommitLevel::kDefault || decision->settings().level != CommitLevel::kOne;
  schema_strict_ = rows_too;
  return decision->settings().schema_at_quorum || rows_too;
}

int Connection::flush_or_decide(std::int64_t changes) noexcept {
  CommitLevel level = CommitLevel::kOne;
  DatabaseCapture* taking_part = nullptr;
  int count = 0;
  bool all_asked = consistency_.chosen() <= CommitLevel::kOne;
  for (DatabaseCapture* database : databases_) {
    all_asked = all_asked && database->joined();
    if (!database->joined() || !database->enabled()) continue;
    if (changes_schema_ && database->look_at_schema(fault_) != SQLITE_OK) return fault_.code;
    if (changes_schema_ && !database->has_changes()) {  // it was another database's schema
      all_asked = false;
      continue;
    }
    CommitLevel wanted = CommitLevel::kOne;
    const int rc = database->level(consistency_.chosen(), changes_schema_, &wanted, fault_);
    if (rc != SQLITE_OK) return rc;
    if (wanted > level) level = wanted;
    taking_part = database;
    count++;
  }
  if (level == CommitLevel::kOne) {
    if (all_asked) consistency_.found_one();
    return flush_all(changes);
  }
  vetoed_ = true;
  if (count > 1) {
    return fault_.fail(
        SQLITE_ABORT,
        "not committed: a transaction in several replicated databases can't be decided as one; commit "
        "it at ONE (SELECT murmel_consistency('one'))");
  }
  const int rc = decide(*taking_part, level);
  begins_again_ = rc == SQLITE_BUSY_SNAPSHOT;
  if (rc != SQLITE_OK) return rc;
  back_off_.reset();
  vetoed_ = false;
  return restore_changes(changes);
}

int Connection::decide(DatabaseCapture& database, CommitLevel level) noexcept {
  // What the commit hook would refuse afterwards must not be decided.
  if (!in_place_) {
    vetoed_ = false;
    return fault_.fail(SQLITE_ABORT,
                       "not committed: another hook took the place of murmel's, so rows are missing");
  }
  return database.decide(level, consistency_.timeout_ms(), explicit_ || recheck_, fault_);
}

}  // namespace murmel::extension
