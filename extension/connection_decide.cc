// Connection at QUORUM: which transactions go to the cluster before they are committed.
#include "extension/connection.h"

namespace murmel::extension {

int Connection::flush_or_decide(std::int64_t changes) noexcept {
  CommitLevel level = CommitLevel::kOne;
  DatabaseCapture* taking_part = nullptr;
  int count = 0;
  for (DatabaseCapture* database : databases_) {
    if (!database->joined() || !database->enabled()) continue;
    CommitLevel wanted = CommitLevel::kOne;
    const int rc = database->level(consistency_.chosen(), &wanted, fault_);
    if (rc != SQLITE_OK) return rc;
    if (wanted > level) level = wanted;
    taking_part = database;
    count++;
  }
  if (level == CommitLevel::kOne) {
    consistency_.found_one();
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
  if (rc != SQLITE_OK) return rc;
  vetoed_ = false;
  return restore_changes(changes);
}

int Connection::decide(DatabaseCapture& database, CommitLevel level) noexcept {
  // What the commit hook would refuse afterwards must not be decided.
  if (!hooks_in_place()) {
    vetoed_ = false;
    return fault_.fail(SQLITE_ABORT,
                       "not committed: another hook took the place of murmel's, so rows are missing");
  }
  return database.decide(level, consistency_.timeout_ms(), explicit_ || recheck_, fault_);
}

}  // namespace murmel::extension
