// SqlSession: transactions, and statements that write.
//
//   on a snapshot   explicit transaction: BEGIN ... first statement takes the snapshot ... COMMIT
//                   a statement alone: snapshot, statement, commit; again on a new snapshot if others were
//                   first, which the client does not see
//   direct          SQLite's own transaction on the ordinary connection, with its write lock
#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/local_commits.h"
#include "agent/service/session_pause.h"
#include "agent/service/sql_session.h"
#include "agent/session/schema.h"

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::monostate kEnded;
constexpr std::uint16_t kDeadlock = 1213;
constexpr std::uint16_t kLockWait = 1205;
constexpr std::string_view kRepeatableRead = "REPEATABLE-READ";
constexpr auto kDecisionTime = std::chrono::milliseconds(5'000);  // as the extension's
// A statement of several steps within a transaction.
constexpr char kOpenSteps[] = "SAVEPOINT \"_mysql_steps\"";
constexpr char kUndoSteps[] = "ROLLBACK TO \"_mysql_steps\"";
constexpr char kCloseSteps[] = "RELEASE \"_mysql_steps\"";
constexpr int kSchemaChangesMax = 100;  // that others make while a snapshot is to be taken

mysql::ClientError commit_error(const Error& error) {
  if (error.code == ErrorCode::kConflict) {
    mysql::ClientError deadlock = mysql::deadlock();
    deadlock.message += " (" + error.message + ")";
    return deadlock;
  }
  if (error.code == ErrorCode::kBusy) return mysql::lock_wait_timeout();
  if (error.code == ErrorCode::kFull) return {1114, "HY000", "The table is full: " + error.message};
  if (error.code == ErrorCode::kTimeout) {
    return mysql::unknown_error("outcome unknown, the transaction may still be committed: " + error.message);
  }
  const bool sure = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kRefused;
  return mysql::unknown_error((sure ? "not committed: " : "") + error.message);
}

// By somebody else's transaction. A quorum that refuses for another reason, as there is no majority, says so
// behind the same number, and is not asked again.
bool was_outrun(const mysql::ClientError& error) {
  return error.number == kLockWait || error.message == mysql::deadlock().message;
}

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
  serializable_ = is_serializable();
  sees_all_ = false;
  savepoints_.clear();
  if (!serializable_ && !is_direct({})) {
    transaction_ = true;
    answered_ = false;
    begin_telling();
    return kEnded;
  }
  const auto begun = databases_.opened()->run_kept("BEGIN");
  return begun.ok() ? Done(kEnded) : Done(failed(begun.error(), nullptr));
}

SqlSession::Done SqlSession::begin_transaction() {
  if (in_transaction() || state_.variables.number("autocommit") != 0) return kEnded;
  return start_transaction();
}

// At READ COMMITTED each statement has a snapshot of its own, as long as the transaction has written and
// locked nothing.
void SqlSession::leave_snapshot_of_statement() {
  Database* const database = databases_.opened();
  if (!transaction_ || !database->on_snapshot() || telling_again_) return;
  if (!locked_rows_.empty() || !shared_rows_.empty()) return;
  if (state_.variables.text("transaction_isolation") == kRepeatableRead) return;
  const auto written = database->changes_on_snapshot(false);
  if (!written.ok() || !written->empty()) return;
  database->end_snapshot();
  answered_ = false;
  begin_telling();
}

// Nothing was told yet of the snapshot that comes.
void SqlSession::begin_telling() {
  told_.clear();
  savepoints_before_ = savepoints_;
  last_id_before_ = state_.last_insert_id();
}

SqlSession::Done SqlSession::open_snapshot() {
  if (!transaction_ || databases_.commits() == nullptr) return wait_for_quorum();
  leave_snapshot_of_statement();
  return take_snapshot();
}

// Whoever commits logs changes of the schema first, so a transaction without rows has that done.
SqlSession::Done SqlSession::take_snapshot() {
  if (databases_.opened()->on_snapshot()) return kEnded;
  Done waited = wait_for_quorum();
  if (!waited.ok()) return waited;
  for (int attempt = 0; attempt < kSchemaChangesMax; ++attempt) {
    const auto commits = databases_.commits();
    if (commits == nullptr) return mysql::unknown_database(databases_.name());
    snapshot_time_ = commits->locks().now();
    const auto begun = databases_.opened()->begin_on_snapshot();
    if (!begun.ok()) return failed(begun.error(), nullptr);
    if (*begun) return make_savepoints_again();
    (void)commits->commit({});
  }
  return mysql::lock_wait_timeout();
}

// A read at QUORUM sees all that was committed anywhere before it.
SqlSession::Done SqlSession::wait_for_quorum() {
  if (databases_.commits() == nullptr || databases_.opened()->on_snapshot()) return kEnded;
  if (is_serializable()) return kEnded;  // sees that anyway
  const std::string level =
      hint_.read.empty() ? state_.variables.text("murmel_read_consistency") : hint_.read;
  if (level != "quorum") return kEnded;
  const auto waited = databases_.opened()->run_kept("SELECT murmel_wait_for('quorum')");
  return waited.ok() ? Done(kEnded) : Done(mysql::unknown_error(waited.error().message));
}

std::string SqlSession::write_consistency() const {
  return hint_.write.empty() ? state_.variables.text("murmel_write_consistency") : hint_.write;
}

core::CommitLevel SqlSession::write_level() const {
  const std::string level = write_consistency();
  if (level == "one") return core::CommitLevel::kOne;
  if (level == "quorum") return core::CommitLevel::kQuorum;
  if (level == "all") return core::CommitLevel::kAll;
  const auto commits = databases_.commits();
  return commits != nullptr ? commits->level() : core::CommitLevel::kOne;
}

mysql::Answer<Status> SqlSession::commit_snapshot(bool* wrote) {
  Database* const database = databases_.opened();
  for (Pause pause;; pause.take()) {
    if (!database->on_snapshot()) return Status(Ok{});
    auto local = database->changes_on_snapshot(write_level() != core::CommitLevel::kOne);
    database->end_snapshot();
    if (!local.ok()) return client_error(local.error(), databases_.name());
    *wrote = !local->empty();
    local->locked = locked_rows_;
    local->shared = shared_rows_;
    auto committed = commit_rows(*local);
    const bool conflict =
        committed.ok() && !committed->ok() && committed->error().code == ErrorCode::kConflict;
    if (!conflict || !begin_anew()) return committed;
  }
}

mysql::Answer<Status> SqlSession::commit_rows(const store::LocalTransaction& local) {
  if (local.empty()) return Status(Ok{});
  const auto commits = databases_.commits();
  if (commits == nullptr) return mysql::unknown_database(databases_.name());
  const core::CommitLevel level = write_level();
  if (level == core::CommitLevel::kOne) return commits->commit(local);
  const auto deadline = Clock::now() + kDecisionTime;
  bool thorough = false;
  for (Pause pause;; pause.take()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const bool was_thorough = thorough;
    Status decided = commits->decide(local, level, milliseconds(std::max<std::int64_t>(left, 1)), &thorough);
    const bool busy = !decided.ok() && decided.error().code == ErrorCode::kBusy;
    const bool again = busy || (!decided.ok() && thorough && !was_thorough);
    if (!again || Clock::now() >= deadline) return decided;
  }
}

SqlSession::Done SqlSession::end_transaction(bool commit) {
  read_only_ = false;
  if (!in_transaction()) return kEnded;
  Database* const database = databases_.opened();
  if (transaction_) {
    bool wrote = false;
    const auto committed = commit ? commit_snapshot(&wrote) : mysql::Answer<Status>(Status(Ok{}));
    database->end_snapshot();
    transaction_ = false;
    told_.clear();
    unlock(wrote && committed.ok() && committed->ok());
    if (!committed.ok()) return committed.error();
    return committed->ok() ? Done(kEnded) : Done(commit_error(committed->error()));
  }
  if (commit) {
    const auto done = database->run_kept("COMMIT");
    if (done.ok()) return kEnded;
    const mysql::ClientError error = client_error(done.error(), databases_.name());
    const Done undone = end_transaction(false);
    return undone.ok() ? error : undone.error();
  }
  const auto done = database->run_kept("ROLLBACK");
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
    const auto undone = database->run_kept(kUndoSteps);
    if (!undone.ok()) return failed(undone.error(), nullptr);
  }
  const auto closed = database->run_kept(kCloseSteps);
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
    const auto opened = databases_.opened()->run_kept("BEGIN");
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

// A statement that is a transaction of its own is done again, unseen, if somebody else was first.
SqlSession::Done SqlSession::run_write_direct(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  const bool inside = in_transaction();
  const std::string level = write_consistency();
  if (!inside && !databases_.name().empty() && (direct_level_ || level != "default")) {
    const auto chosen = databases_.opened()->run(("SELECT murmel_consistency('" + level + "')").c_str());
    if (!chosen.ok()) return failed(chosen.error(), &statement);
    direct_level_ = true;
  }
  const auto variables = state_.user_variables();
  const auto deadline =
      Clock::now() + std::chrono::seconds(state_.variables.number("innodb_lock_wait_timeout"));
  for (Pause pause;; pause.take()) {
    Done done = try_write_direct(statement, parameters, more);
    if (done.ok() || !was_outrun(done.error()) || inside || in_transaction() || Clock::now() >= deadline) {
      return done;
    }
    forget_attempt(statement, variables);
  }
}

SqlSession::Done SqlSession::try_write_direct(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  const bool several = statement.steps.size() > 1;
  const bool inside = in_transaction();
  if (several) {
    const auto opened = databases_.opened()->run_kept(inside ? kOpenSteps : "BEGIN IMMEDIATE");
    if (!opened.ok()) return failed(opened.error(), &statement);
  }
  std::int64_t changes = 0;
  Done done = run_steps(statement, parameters, &changes);
  if (several) done = end_steps(inside, std::move(done));
  if (done.ok()) answer_write(write_outcome(statement, changes, more));
  return done;
}

// As if it had not been begun.
void SqlSession::forget_attempt(const sql::Statement& statement,
                                const session::SessionState::UserVariables& variables) {
  state_.restore_user_variables(variables);
  state_.diagnostics.clear();
  state_.settle_first_id(0);
  state_.begin_statement(statement.ignore, statement.rows);
  databases_.begin_statement(statement.tables);
  warn_of(statement);
}

// The first statement of a transaction that finds its snapshot too old is done again on a new one.
SqlSession::Done SqlSession::run_write_inside(const sql::Statement& statement, const Parameters& parameters,
                                              bool more) {
  Database* const database = databases_.opened();
  const auto variables = state_.user_variables();
  for (;;) {
    Done done = open_snapshot();
    if (!done.ok()) return done;
    const auto marked = database->run_kept(kOpenSteps);
    if (!marked.ok()) return failed(marked.error(), &statement);
    std::int64_t changes = 0;
    done = run_steps(statement, parameters, &changes);
    bool fresh = true;
    if (done.ok()) {
      const auto locked = lock_written();
      fresh = !locked.ok() || *locked;
      if (!locked.ok()) done = locked.error();
    }
    const bool too_large = database->is_too_large();
    if (!too_large && !fresh && answered_ && begin_anew()) {
      forget_attempt(statement, variables);
      continue;
    }
    const bool victim = (!fresh && answered_) || (!done.ok() && done.error().number == kDeadlock);
    if (too_large || victim) {
      const Done undone = end_transaction(false);
      if (!undone.ok()) return undone;
      return too_large ? mysql::transaction_too_large() : mysql::deadlock();
    }
    if (fresh) {
      done = end_steps(true, std::move(done));
      if (!done.ok()) return done;
      answer_write(write_outcome(statement, changes, more));
      return kEnded;
    }
    database->end_snapshot();
    forget_attempt(statement, variables);
  }
}

// Until it has been done on a snapshot that is still the latest one, as far as its rows go. Its rows stay
// locked, so that those of other sessions come after it.
SqlSession::Done SqlSession::run_write_alone(const sql::Statement& statement, const Parameters& parameters,
                                             bool more) {
  Database* const database = databases_.opened();
  const auto deadline = Clock::now() + std::chrono::milliseconds(options_.lock_wait_ms);
  const auto variables = state_.user_variables();
  const bool decided = write_level() != core::CommitLevel::kOne;
  for (Pause pause;;) {
    Done done = take_snapshot();
    if (!done.ok()) return done;
    std::int64_t changes = 0;
    done = run_steps(statement, parameters, &changes);
    if (!done.ok()) {
      database->end_snapshot();
      unlock(false);
      if (!database->is_too_large()) return done;
      forget_attempt(statement, variables);
      return run_write_direct(statement, parameters, more);
    }
    auto fresh = lock_written();
    const mysql::Outcome result = write_outcome(statement, changes, more);
    auto local = database->changes_on_snapshot(decided);
    database->end_snapshot();
    mysql::Answer<Status> committed = Status(Error{ErrorCode::kConflict, ""});
    if (!local.ok()) {
      committed = client_error(local.error(), databases_.name());
    } else if (!fresh.ok()) {
      committed = fresh.error();
    } else if (*fresh) {
      committed = commit_rows(*local);
    }
    const bool again =
        committed.ok() && !committed->ok() &&
        (committed->error().code == ErrorCode::kConflict || committed->error().code == ErrorCode::kBusy);
    if (!again || Clock::now() >= deadline) {
      unlock(committed.ok() && committed->ok());
      if (again) return mysql::lock_wait_timeout();
      if (!committed.ok()) return committed.error();
      if (!committed->ok()) return commit_error(committed->error());
      answer_write(result);
      return kEnded;
    }
    forget_attempt(statement, variables);
    if (fresh.ok() && *fresh) pause.take();
  }
}

}  // namespace murmel::service
