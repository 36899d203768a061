// SqlSession: locks of rows and tables among the sessions of this node (row_locks.h).
//
// A locking read runs on the transaction's snapshot, and its rows are kept here until they are locked:
//
//   tables' locks (or word of rows in them) ─► snapshot, rows and their keys ─► locks of the rows ─► answer
//                                                 ▲                               │ somebody else has changed
//                                                 └── again, on a new snapshot ◄──┘ one since, or was faster
//
// Once the client has seen something of the snapshot a new one has to show it the same (session_told.h), or a
// row that was changed since is 1213.
#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/session_pause.h"
#include "agent/service/sql_session.h"
#include "agent/session/schema.h"
#include "agent/sql/locking_read.h"

namespace murmel::service {
namespace {

using Busy = sql::LockUse::Busy;
using LockMode = sql::LockUse::Mode;

constexpr std::monostate kLockedRows;
// Of one statement; beyond that it locks tables, and its rows are not kept.
constexpr std::size_t kLockedRowsMax = 100'000;
constexpr std::size_t kKeptBytesMax = 16 << 20;

mysql::Value view_of(const mysql::OwnedValue& value) {
  return std::visit([](const auto& given) -> mysql::Value { return given; }, value);
}

mysql::OwnedValue copy_of(const mysql::Value& value) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* const large = std::get_if<std::uint64_t>(&value)) return *large;
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  return {};
}

bool is_not_free(const mysql::ClientError& error) {
  return error.number == mysql::lock_not_free().number;
}

}  // namespace

void SqlSession::unlock(bool committed) {
  if (locked_at_ != nullptr) locked_at_->locks().release(lock_owner_, committed);
  locked_at_ = nullptr;
  locked_rows_.clear();
  shared_rows_.clear();
}

mysql::Answer<bool> SqlSession::lock(const std::vector<RowLocks::Wish>& wishes, bool wait) {
  const auto commits = databases_.commits();
  if (commits == nullptr) return mysql::unknown_database(databases_.name());
  if (locked_at_ != commits) unlock(false);
  locked_at_ = commits;
  static const auto kTimeout = session::Variables::place("innodb_lock_wait_timeout");
  const auto seconds = std::chrono::seconds(state_.variables.number(kTimeout));
  const RowLocks::Patience patience{RowLocks::Clock::now() + (wait ? seconds : std::chrono::seconds(0)),
                                    [this] { return databases_.opened()->is_interrupted(); }};
  const bool some = !locked_tables_.empty();
  switch (commits->locks().lock(lock_owner_, some ? without_locked_tables(wishes) : wishes, patience)) {
    case RowLocks::Outcome::kGranted: return !commits->locks().changed_since(wishes, snapshot_time_);
    case RowLocks::Outcome::kTimeout: return wait ? mysql::lock_wait_timeout() : mysql::lock_not_free();
    case RowLocks::Outcome::kDeadlock: return mysql::deadlock();
    case RowLocks::Outcome::kInterrupted: return mysql::query_interrupted();
  }
  return mysql::deadlock();
}

// What the statement has just written.
mysql::Answer<bool> SqlSession::lock_written() {
  const auto set = databases_.opened()->writes_on_snapshot();
  if (!set.ok()) return failed(set.error(), nullptr);
  removed_ = set->removed;
  std::vector<RowLocks::Wish> wishes;
  for (const std::string& table : set->tables)
    wishes.push_back({RowLocks::table_key(table), RowLocks::kUse, true});
  for (const core::RowKey& row : set->rows) wishes.push_back({row, RowLocks::kWrite, true});
  return lock(wishes, true);
}

// A deadlock ends the transaction.
SqlSession::Done SqlSession::give_up(const mysql::ClientError& error) {
  if (error.number != mysql::deadlock().number) return error;
  const Done undone = end_transaction(false);
  return undone.ok() ? Done(error) : undone;
}

// --- locking reads ----------------------------------------------------------------------------------------

// Without a transaction it is one of its own. Where the transaction is direct there are no locks but
// SQLite's.
SqlSession::Done SqlSession::run_locking(const sql::Statement& statement, const Parameters& parameters,
                                         bool more) {
  Done begun = begin_transaction();
  const bool alone = begun.ok() && !in_transaction() && !is_direct(statement);
  if (alone) begun = start_transaction();
  if (!begun.ok()) return begun;
  if (!transaction_) return run_unlocked(statement, parameters, more, nullptr);
  alone_ = alone;
  Done done = lock_and_read(statement, parameters, more);
  skips_all_ = false;
  alone_ = false;
  if (!alone) return done;
  Done ended = end_transaction(done.ok());
  return done.ok() ? ended : done;
}

SqlSession::Done SqlSession::lock_and_read(const sql::Statement& statement, const Parameters& parameters,
                                           bool more) {
  leave_snapshot_of_statement();
  if (!answered_) databases_.opened()->end_snapshot();
  for (bool by_row = sql::locking_values(statement) != 0;; by_row = false) {
    auto locked = lock_tables_of(statement, by_row);
    if (locked.ok() && *locked == Locked::kAgain && begin_anew()) {
      begin_statement(statement);
      locked = lock_tables_of(statement, by_row);
    }
    if (!locked.ok()) return give_up(locked.error());
    skips_all_ = *locked == Locked::kSkipped;
    if (*locked == Locked::kAgain) return give_up(mysql::deadlock());
    if (skips_all_ || !by_row) return run_unlocked(statement, parameters, more, nullptr);
    KeptRows kept;
    Done read = read_locked(statement, parameters, kept);
    if (!read.ok()) return read;
    if (!kept.too_many) return answer_kept(statement, parameters, more, kept);
    if (!answered_) databases_.opened()->end_snapshot();
  }
}

// Which tables a view reads is not known here, so they are all that there are.
std::vector<std::string> SqlSession::tables_behind(const sql::LockUse& use) {
  const session::DatabaseSchema* const schema = databases_.schema(databases_.name());
  if (schema == nullptr || schema->views.count(use.table) == 0) return {use.table};
  std::vector<std::string> tables;
  for (const auto& [name, info] : schema->tables)
    if (!info.view) tables.push_back(name);
  return tables;
}

// `by_row`: tables whose rows can be told are to have some of these locked. kAgain: somebody has written to
// one since the snapshot.
mysql::Answer<SqlSession::Locked> SqlSession::lock_tables_of(const sql::Statement& statement, bool by_row) {
  // Whatever was changed before the snapshot will be in it.
  if (!databases_.opened()->on_snapshot()) snapshot_time_ = INT64_MAX;
  for (const sql::LockUse& use : statement.locks) {
    const bool here = use.database.empty() || use.database == databases_.name();
    if (!here) continue;
    const bool share = use.mode == LockMode::kShare;
    const bool rows = by_row && !use.key.empty();
    const auto whole = share ? RowLocks::kShare : RowLocks::kWrite;
    const auto some = share ? RowLocks::kView : RowLocks::kUse;
    std::vector<RowLocks::Wish> wishes;
    for (const std::string& table : tables_behind(use))
      wishes.push_back({RowLocks::table_key(table), rows ? some : whole});
    const auto fresh = lock(wishes, use.busy == Busy::kWait);
    if (fresh.ok() && *fresh) continue;
    if (fresh.ok()) return Locked::kAgain;
    if (use.busy == Busy::kSkip && is_not_free(fresh.error())) return Locked::kSkipped;
    return fresh.error();
  }
  return Locked::kYes;
}

// Until all rows of the result are locked and as the snapshot has them.
SqlSession::Done SqlSession::read_locked(const sql::Statement& statement, const Parameters& parameters,
                                         KeptRows& kept) {
  const auto variables = state_.user_variables();
  for (Pause pause;; pause.take()) {
    Done done = take_snapshot();
    if (done.ok()) done = keep_rows(statement, parameters, kept);
    if (!done.ok() || kept.too_many) return done;
    const auto locked = lock_kept(statement, kept);
    if (!locked.ok()) return give_up(locked.error());
    if (*locked == Locked::kYes) return kLockedRows;
    if (*locked == Locked::kAgain && answered_ && !begin_anew()) return give_up(mysql::deadlock());
    if (!answered_) databases_.opened()->end_snapshot();
    forget_attempt(statement, variables);
    kept = {};
  }
}

SqlSession::Done SqlSession::keep_rows(const sql::Statement& statement, const Parameters& parameters,
                                       KeptRows& kept) {
  auto running = prepare(statement.steps[0], parameters);
  if (!running.ok()) return running.error();
  kept.wishes.resize(statement.locks.size());
  for (bool first = true;; first = false) {
    const auto row = running->step();
    if (!row.ok()) return failed(row.error(), &statement);
    if (first) kept.columns = columns_of(statement, *running, *row);
    if (!*row) return kLockedRows;
    if (statement.into == 0) take_values(*running, kept.columns);
    std::vector<mysql::OwnedValue>& values = kept.rows.emplace_back();
    for (const mysql::Value& value : statement.into == 0 ? values_ : std::vector<mysql::Value>()) {
      values.push_back(copy_of(value));
      if (const auto* const text = std::get_if<std::string>(&values.back())) kept.bytes += text->size();
    }
    kept.bytes += values.size() * sizeof(mysql::OwnedValue);
    kept.too_many = kept.rows.size() > kLockedRowsMax || kept.bytes > kKeptBytesMax;
    if (kept.too_many) return kLockedRows;
    Done keyed = keep_keys(statement, *running, kept);
    if (!keyed.ok()) return keyed;
  }
}

// Of the row that the statement stands at. What is locked FOR UPDATE is claimed among the voters as if it
// were written, so who comes next has to have seen the transaction.
SqlSession::Done SqlSession::keep_keys(const sql::Statement& statement, const store::ClientStatement& running,
                                       KeptRows& kept) {
  auto column = static_cast<int>(statement.columns.size());
  const bool decided = write_level() != core::CommitLevel::kOne;
  for (std::size_t i = 0; i < statement.locks.size(); ++i) {
    const sql::LockUse& use = statement.locks[i];
    if (use.key.empty()) continue;
    const auto key = databases_.opened()->row_key(use.table, running.values(column, use.key.size()));
    if (!key.ok()) return failed(key.error(), &statement);
    column += static_cast<int>(use.key.size());
    const bool share = use.mode == LockMode::kShare;
    if (*key)
      kept.wishes[i].push_back({**key, share ? RowLocks::kShare : RowLocks::kWrite, decided && !share});
  }
  return kLockedRows;
}

// kSkipped: a row was free a moment ago.
mysql::Answer<SqlSession::Locked> SqlSession::lock_kept(const sql::Statement& statement,
                                                        const KeptRows& kept) {
  const std::size_t mark = RowLocks::mark(lock_owner_);
  for (std::size_t i = 0; i < statement.locks.size(); ++i) {
    const sql::LockUse& use = statement.locks[i];
    if (kept.wishes[i].empty()) continue;
    const auto fresh = lock(kept.wishes[i], use.busy == Busy::kWait);
    if (fresh.ok() && *fresh) continue;
    const bool skip = use.busy == Busy::kSkip;
    const bool busy = !fresh.ok() && is_not_free(fresh.error());
    if (skip || busy) locked_at_->locks().release_since(lock_owner_, mark);
    if (skip && (busy || fresh.ok())) return Locked::kSkipped;
    if (!fresh.ok()) return fresh.error();
    return Locked::kAgain;
  }
  for (const auto& wishes : kept.wishes) {
    for (const RowLocks::Wish& wish : wishes)
      (wish.mode == RowLocks::kWrite ? locked_rows_ : shared_rows_).push_back(wish.key);
  }
  return Locked::kYes;
}

SqlSession::Done SqlSession::answer_kept(const sql::Statement& statement, const Parameters& parameters,
                                         bool more, const KeptRows& kept) {
  if (statement.into != 0) return answer_into(kept.rows.size(), more);
  state_.counted = -1;
  reply_->columns(kept.columns);
  for (const auto& row : kept.rows) {
    values_.clear();
    for (const mysql::OwnedValue& value : row) values_.push_back(view_of(value));
    if (!reply_->row(values_)) {
      return mysql::unknown_error("a value in the result does not have the type of its column");
    }
  }
  Done counted = count_found(statement, parameters, kept.rows.size());
  if (counted.ok()) reply_->end(outcome(more));
  return counted;
}

// For SKIP LOCKED. What somebody else has changed since the snapshot counts as locked where the snapshot has
// to stay.
bool SqlSession::is_row_free(std::string_view table, bool share, std::span<sqlite3_value* const> key) {
  const auto commits = databases_.commits();
  if (!transaction_ || commits == nullptr || !databases_.opened()->on_snapshot()) return true;
  const auto row = databases_.opened()->row_key(table, key);
  if (!row.ok() || !*row) return true;
  const RowLocks::Wish wish{**row, share ? RowLocks::kShare : RowLocks::kWrite};
  if (!commits->locks().is_free(lock_owner_, wish)) return false;
  return !answered_ || !commits->locks().changed_since({&wish, 1}, snapshot_time_);
}

}  // namespace murmel::service
