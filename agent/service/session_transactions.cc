// SqlSession: transactions, and statements that write.
//
//   on a snapshot   explicit transaction: BEGIN ... first statement takes the snapshot ... COMMIT
//                   a statement alone: snapshot, statement, commit; again on a new snapshot if others were
//                   first, which the client does not see
//   direct          SQLite's own transaction on the ordinary connection, with its write lock
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/local_commits.h"
#include "agent/service/sql_session.h"
#include "agent/session/schema.h"

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::monostate kEnded;
constexpr std::uint16_t kDeadlock = 1213;
constexpr std::string_view kReading = "SELECT";  // the privilege
// A statement of several steps within a transaction.
constexpr char kOpenSteps[] = "SAVEPOINT \"_mysql_steps\"";
constexpr char kUndoSteps[] = "ROLLBACK TO \"_mysql_steps\"";
constexpr char kCloseSteps[] = "RELEASE \"_mysql_steps\"";
constexpr int kSchemaChangesMax = 100;  // that others make while a snapshot is to be taken
// Between two attempts of a statement; the first one follows at once.
constexpr auto kPauseLeast = std::chrono::microseconds(100);
constexpr auto kPauseMost = std::chrono::microseconds(5'000);

mysql::ClientError commit_error(const Error& error) {
  if (error.code == ErrorCode::kConflict) return mysql::deadlock();
  if (error.code == ErrorCode::kBusy) return mysql::lock_wait_timeout();
  if (error.code == ErrorCode::kFull) return {1114, "HY000", "The table is full: " + error.message};
  return mysql::unknown_error(error.message);
}

// A pause before a statement is done again, ever longer and never the same for two sessions.
class Pause {
 public:
  void take() {
    if (most_.count() > 0) {
      std::uniform_int_distribution<std::int64_t> some(0, most_.count());
      std::this_thread::sleep_for(std::chrono::microseconds(some(random_)));
    }
    most_ = std::min(std::max(most_ * 2, kPauseLeast), kPauseMost);
  }

 private:
  std::minstd_rand random_{std::random_device{}()};
  std::chrono::microseconds most_{0};
};

}  // namespace

bool SqlSession::in_transaction() const {
  const Database* const database = databases_.opened();
  if (database == nullptr) return false;
  return transaction_ || (!database->on_snapshot() && database->in_transaction());
}

// As far as it is known before the statement runs.
bool SqlSession::is_direct(const sql::Statement& statement) const {
  if (temporary_tables_ || databases_.commits() == nullptr) return true;
  for (const sql::TableUse& use : statement.tables) {
    const bool elsewhere = !use.database.empty() && use.database != databases_.name();
    if (elsewhere && use.privilege != kReading) return true;
  }
  return false;
}

// --- begin and end ----------------------------------------------------------------------------------------

SqlSession::Done SqlSession::start_transaction() {
  if (!is_direct({})) {
    transaction_ = true;
    return kEnded;
  }
  const auto begun = databases_.opened()->run("BEGIN");
  return begun.ok() ? Done(kEnded) : Done(failed(begun.error(), nullptr));
}

SqlSession::Done SqlSession::begin_transaction() {
  if (state_.variables.number("autocommit") != 0 || in_transaction()) return kEnded;
  return start_transaction();
}

SqlSession::Done SqlSession::open_snapshot() {
  return transaction_ ? take_snapshot() : Done(kEnded);
}

// Whoever commits logs changes of the schema first, so a transaction without rows has that done.
SqlSession::Done SqlSession::take_snapshot() {
  for (int attempt = 0; attempt < kSchemaChangesMax; ++attempt) {
    const auto begun = databases_.opened()->begin_on_snapshot();
    if (!begun.ok()) return failed(begun.error(), nullptr);
    if (*begun) return kEnded;
    const auto commits = databases_.commits();
    if (commits == nullptr) return mysql::unknown_database(databases_.name());
    (void)commits->commit({});
  }
  return mysql::lock_wait_timeout();
}

mysql::Answer<Status> SqlSession::commit_snapshot() {
  Database* const database = databases_.opened();
  if (!database->on_snapshot()) return Status(Ok{});
  auto local = database->changes_on_snapshot();
  database->end_snapshot();
  if (!local.ok()) return client_error(local.error(), databases_.name());
  if (local->empty()) return Status(Ok{});
  const auto commits = databases_.commits();
  if (commits == nullptr) return mysql::unknown_database(databases_.name());
  return commits->commit(*local);
}

SqlSession::Done SqlSession::end_transaction(bool commit) {
  read_only_ = false;
  if (!in_transaction()) return kEnded;
  Database* const database = databases_.opened();
  if (std::exchange(transaction_, false)) {
    if (!commit) {
      database->end_snapshot();
      return kEnded;
    }
    const auto committed = commit_snapshot();
    if (!committed.ok()) return committed.error();
    return committed->ok() ? Done(kEnded) : Done(commit_error(committed->error()));
  }
  if (commit) {
    const auto done = database->run("COMMIT");
    if (done.ok()) return kEnded;
    const mysql::ClientError error = client_error(done.error(), databases_.name());
    const Done undone = end_transaction(false);
    return undone.ok() ? error : undone.error();
  }
  const auto done = database->run("ROLLBACK");
  if (!done.ok() && database->in_transaction()) return client_error(done.error(), databases_.name());
  return kEnded;
}

// A deadlock ends the transaction, as its victim's does in MySQL. What a function has said is the better
// sentence.
mysql::ClientError SqlSession::failed(const store::ClientFault& fault, const sql::Statement* statement) {
  if (auto said = state_.diagnostics.take_error()) return *said;
  mysql::ClientError error = client_error(fault, databases_.name());
  const Database& database = *databases_.opened();
  if (database.on_snapshot() && database.is_too_large()) error = mysql::transaction_too_large();
  if (error.number == 1452 && statement != nullptr && statement->verb == sql::Statement::WriteVerb::kDelete) {
    error = {1451, "23000", "Cannot delete or update a parent row: a foreign key constraint fails"};
  }
  if (error.number == kDeadlock && in_transaction()) {
    const Done undone = end_transaction(false);
    if (!undone.ok()) return undone.error();
  }
  return error;
}

// --- statements that write --------------------------------------------------------------------------------

// Of the steps of one statement all are done, or none.
SqlSession::Done SqlSession::end_steps(bool inside, Done done) {
  if (!inside) {
    Done ended = end_transaction(done.ok());
    return done.ok() ? ended : done;
  }
  if (!in_transaction()) return done;  // a deadlock has ended it
  Database* const database = databases_.opened();
  if (!done.ok()) {
    const auto undone = database->run(kUndoSteps);
    if (!undone.ok()) return failed(undone.error(), nullptr);
  }
  const auto closed = database->run(kCloseSteps);
  return closed.ok() ? done : failed(closed.error(), nullptr);
}

SqlSession::Done SqlSession::run_write(const sql::Statement& statement, const Parameters& parameters,
                                       bool more) {
  if (read_only_) {
    return mysql::ClientError{1792, "25006", "Cannot execute statement in a READ ONLY transaction."};
  }
  Done begun = begin_transaction();
  if (!begun.ok()) return begun;
  const bool direct = is_direct(statement);
  if (transaction_ && direct) {
    if (databases_.opened()->on_snapshot()) {
      return mysql::not_supported("A transaction that writes to several databases");
    }
    transaction_ = false;  // nothing was done yet
    const auto opened = databases_.opened()->run("BEGIN");
    if (!opened.ok()) return failed(opened.error(), &statement);
  }
  if (transaction_) return run_write_inside(statement, parameters, more);
  return direct || in_transaction() ? run_write_direct(statement, parameters, more)
                                    : run_write_alone(statement, parameters, more);
}

void SqlSession::answer_write(const mysql::Outcome& result) {
  state_.counted = static_cast<std::int64_t>(result.affected_rows);
  reply_->ok(result);
}

SqlSession::Done SqlSession::run_write_direct(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  const bool several = statement.steps.size() > 1;
  const bool inside = in_transaction();
  if (several) {
    const auto opened = databases_.opened()->run(inside ? kOpenSteps : "BEGIN IMMEDIATE");
    if (!opened.ok()) return failed(opened.error(), &statement);
  }
  std::int64_t changes = 0;
  Done done = run_steps(statement, parameters, &changes);
  if (several) done = end_steps(inside, std::move(done));
  if (done.ok()) answer_write(write_outcome(statement, changes, more));
  return done;
}

SqlSession::Done SqlSession::run_write_inside(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  Done opened = open_snapshot();
  if (!opened.ok()) return opened;
  const bool several = statement.steps.size() > 1;
  if (several) {
    const auto marked = databases_.opened()->run(kOpenSteps);
    if (!marked.ok()) return failed(marked.error(), &statement);
  }
  std::int64_t changes = 0;
  Done done = run_steps(statement, parameters, &changes);
  if (several) done = end_steps(true, std::move(done));
  if (databases_.opened()->is_too_large()) {
    const Done undone = end_transaction(false);
    return undone.ok() ? Done(mysql::transaction_too_large()) : undone;
  }
  if (done.ok()) answer_write(write_outcome(statement, changes, more));
  return done;
}

// Until it has been done on a snapshot that is still the latest one, as far as its rows go.
SqlSession::Done SqlSession::run_write_alone(const sql::Statement& statement, const Parameters& parameters,
                                             bool more) {
  Database* const database = databases_.opened();
  const auto deadline = Clock::now() + std::chrono::milliseconds(options_.lock_wait_ms);
  const auto variables = state_.user_variables();
  for (Pause pause;; pause.take()) {
    Done begun = take_snapshot();
    if (!begun.ok()) return begun;
    std::int64_t changes = 0;
    Done done = run_steps(statement, parameters, &changes);
    const mysql::Outcome result = write_outcome(statement, changes, more);
    if (!done.ok()) {
      database->end_snapshot();
      if (!database->is_too_large()) return done;
    } else {
      const auto committed = commit_snapshot();
      if (!committed.ok()) return committed.error();
      if (committed->ok()) {
        answer_write(result);
        return kEnded;
      }
      if (committed->error().code != ErrorCode::kConflict && committed->error().code != ErrorCode::kBusy) {
        return commit_error(committed->error());
      }
      if (Clock::now() >= deadline) return mysql::lock_wait_timeout();
    }
    state_.restore_user_variables(variables);
    state_.diagnostics.clear();
    state_.begin_statement(statement.ignore);
    databases_.begin_statement(statement.tables);
    if (database->is_too_large()) return run_write_direct(statement, parameters, more);
  }
}

}  // namespace murmel::service
