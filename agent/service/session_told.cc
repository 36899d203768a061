#include "agent/service/session_told.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/hash.h"
#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"

namespace murmel::service {
namespace {

constexpr std::monostate kToldAgain;

// LAST_INSERT_ID(expression); the function alone gives what the statements before gave.
bool remembers_id(std::string_view sql) {
  constexpr std::string_view kName = "last_insert_id";
  for (std::size_t at = sql.find(kName); at != std::string_view::npos; at = sql.find(kName, at + 1)) {
    std::string_view rest = sql.substr(at + kName.size());
    if (rest.starts_with('"')) rest.remove_prefix(1);
    if (!rest.starts_with("()")) return true;
  }
  return false;
}

// Because of what rows hold, and of nothing else: keys, foreign keys, checks, values that don't fit.
bool is_of_rows(const mysql::ClientError& error) {
  constexpr std::uint16_t kOfRows[] = {1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 1451, 1452, 3819};
  return std::find(std::begin(kOfRows), std::end(kOfRows), error.number) != std::end(kOfRows);
}

std::uint64_t hash_of(const mysql::ClientError& error) {
  const std::string told = std::to_string(error.number) + error.message;
  return hash64(as_bytes(told));
}

}  // namespace

void ToldStatements::clear() {
  statements_.clear();
  value_bytes_ = 0;
  tries_ = 0;
  closed_ = false;
}

void ToldStatements::close() {
  closed_ = true;
  statements_.clear();
}

void ToldStatements::note(Told told) {
  if (closed_) return;
  for (const mysql::OwnedValue& value : told.values) {
    const auto* const text = std::get_if<std::string>(&value);
    value_bytes_ += sizeof(value) + (text != nullptr ? text->size() : 0);
  }
  value_bytes_ += told.ids.size() * sizeof(std::int64_t);
  if (statements_.size() >= kMost || value_bytes_ > kValueBytesMost) return close();
  statements_.push_back(std::move(told));
}

bool ToldStatements::try_again() {
  return !closed_ && ++tries_ <= kTriesMost;
}

// --- SqlSession -------------------------------------------------------------------------------------------

// What depends on the session's state, or changes it, by name; and what triggers and views do is not seen
// here.
bool SqlSession::is_repeatable(const sql::Statement& statement) const {
  constexpr std::string_view kOfSession[] = {"mysql_user_variable",
                                             "mysql_set_user_variable",
                                             "mysql_system_variable",
                                             "found_rows",
                                             "row_count",
                                             "get_lock",
                                             "release_lock",
                                             "release_all_locks",
                                             "is_free_lock",
                                             "is_used_lock",
                                             "sleep",
                                             "load_file"};
  for (const sql::Step& step : statement.steps) {
    const bool any = std::any_of(std::begin(kOfSession), std::end(kOfSession), [&](std::string_view name) {
      return step.sql.find(name) != std::string::npos;
    });
    if (any || remembers_id(step.sql)) return false;
  }
  return std::all_of(statement.tables.begin(), statement.tables.end(),
                     [this](const sql::TableUse& use) {
                       const sql::TableInfo* const table = databases_.table(use.database, use.table);
                       return table != nullptr && !table->view;
                     }) &&
         (statement.kind == sql::StatementKind::kQuery || databases_.tables_with_triggers("").empty());
}

// Of the answer to the statement that has just been run.
std::uint64_t SqlSession::answer_hash(std::size_t begin) const {
  std::string told(reply_->unsent().substr(begin));
  for (const session::Diagnostic& one : state_.diagnostics.kept()) {
    told += '\0';
    told += std::to_string(one.number) + one.message;
  }
  return hash64(as_bytes(told));
}

void SqlSession::note_told(std::shared_ptr<const Plan> plan, Parameters values, const mysql::ReplyForm& form,
                           std::size_t begin, const Done& done) {
  if (!transaction_ || !databases_.opened()->on_snapshot()) return;
  if (done.ok() && plan->repeatable && plan->statement.tables.empty()) return;
  const bool refused = !done.ok();
  const bool tellable = !refused || (is_of_rows(done.error()) && reply_->pending() == begin);
  if (!tellable || !plan->repeatable) return told_.close();
  const std::uint64_t answer = refused ? hash_of(done.error()) : answer_hash(begin);
  told_.note({std::move(plan),
              {},
              std::move(values),
              form,
              state_.statement_time_us(),
              answer,
              refused,
              state_.given_ids()});
}

// False: it came out otherwise, and the transaction is over or has to be ended.
bool SqlSession::begin_anew() {
  if (telling_again_ || !transaction_ || !told_.try_again()) return false;
  Database* const database = databases_.opened();
  const std::int64_t schema = database->schema_version_on_snapshot();
  database->end_snapshot();
  savepoints_ = savepoints_before_;
  if (!take_snapshot().ok() || database->schema_version_on_snapshot() != schema) return false;
  telling_again_ = true;
  auto reply = std::exchange(reply_, std::nullopt);
  const auto time = state_.fixed_time_us;
  const std::uint64_t last_id = state_.last_insert_id();
  state_.set_last_insert_id(last_id_before_);
  const Plan* const plan = plan_;
  const bool skips = std::exchange(skips_all_, false);
  const bool same = std::all_of(told_.statements().begin(), told_.statements().end(),
                                [this](const ToldStatements::Told& told) { return tells_the_same(told); });
  skips_all_ = skips;
  plan_ = plan;
  state_.fixed_time_us = time;
  reply_ = std::move(reply);
  telling_again_ = false;
  if (!same) state_.set_last_insert_id(last_id);
  return same;
}

bool SqlSession::tells_the_same(const ToldStatements::Told& told) {
  if (told.plan == nullptr) return savepoint(told.savepoint).ok();
  plan_ = told.plan.get();
  const sql::Statement& statement = plan_->statement;
  state_.fixed_time_us = told.time_us;
  reply_.emplace(told.form);
  begin_statement(statement);
  state_.ids_again = told.ids;
  Done done = kToldAgain;
  if (statement.kind != sql::StatementKind::kQuery) {
    done = run_write_inside(statement, told.values, false);
  } else {
    done = statement.locks.empty() ? run_unlocked(statement, told.values, false, nullptr)
                                   : lock_and_read(statement, told.values, false);
  }
  state_.ids_again = {};
  if (!transaction_ || done.ok() == told.refused) return false;
  return (done.ok() ? answer_hash(0) : hash_of(done.error())) == told.answer;
}

}  // namespace murmel::service
