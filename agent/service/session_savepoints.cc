// Savepoints. SQLite's have names of our own: with MySQL a second one of a name takes the first one away, and
// leaves those between them. They outlive the snapshot on which they were made, as long as nothing was
// written on it: at READ COMMITTED the next statement has another one.
#include <algorithm>
#include <utility>

#include "agent/service/sql_session.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::monostate kObeyed;

}  // namespace

// Outside of a transaction a savepoint is gone as soon as it is there.
SqlSession::Done SqlSession::savepoint(const sql::TransactionCommand& transaction) {
  using What = sql::TransactionCommand::What;
  Done begun = begin_transaction();
  if (!begun.ok()) return begun;
  const bool makes = transaction.what == What::kSavepoint;
  if (!in_transaction() && makes) return kObeyed;
  const auto found = std::find_if(savepoints_.begin(), savepoints_.end(), [&](const Savepoint& one) {
    return sql::same_name(one.name, transaction.savepoint);
  });
  if (!makes && (!in_transaction() || found == savepoints_.end())) {
    return mysql::ClientError{1305, "42000", "SAVEPOINT " + transaction.savepoint + " does not exist"};
  }
  const auto place = found - savepoints_.begin();
  Done opened = open_snapshot();
  if (!opened.ok()) return opened;
  if (makes) {
    if (found != savepoints_.end()) savepoints_.erase(savepoints_.begin() + place);
    savepoints_.push_back({transaction.savepoint, ++savepoints_made_});
  }
  const bool back = transaction.what == What::kRollbackTo;
  const Savepoint& one = makes ? savepoints_.back() : savepoints_[static_cast<std::size_t>(place)];
  Done done = run_savepoint(makes ? "SAVEPOINT" : back ? "ROLLBACK TO" : "RELEASE", one);
  if (!done.ok()) return done;
  if (!makes) savepoints_.erase(savepoints_.begin() + place + (back ? 1 : 0), savepoints_.end());
  if (transaction_ && !telling_again_) told_.note({nullptr, transaction, {}, {}, 0, 0, false, {}});
  return kObeyed;
}

SqlSession::Done SqlSession::run_savepoint(const char* verb, const Savepoint& savepoint) {
  const std::string sql = std::string(verb) + " _mysql_" + std::to_string(savepoint.number);
  const auto done = databases_.opened()->run(sql.c_str());
  return done.ok() ? Done(kObeyed) : Done(failed(done.error(), nullptr));
}

// On a snapshot that has just begun.
SqlSession::Done SqlSession::make_savepoints_again() {
  for (const Savepoint& one : savepoints_) {
    Done done = run_savepoint("SAVEPOINT", one);
    if (!done.ok()) return done;
  }
  return kObeyed;
}

}  // namespace murmel::service
