// SqlSession: statements that define tables, indexes, views and the like.
#include <algorithm>
#include <chrono>
#include <thread>

#include "agent/service/sql_session.h"

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::monostate kDefined;
constexpr std::uint16_t kDeadlockNumber = 1213;
constexpr auto kBeforeDefiningAgain = std::chrono::milliseconds(10);

// The one database that all is defined in, if the statement names it.
std::optional<std::string> defined_elsewhere(const sql::Statement& statement) {
  std::optional<std::string> database;
  for (const sql::TableUse& use : statement.tables) {
    if (use.privilege == std::string_view("SELECT")) continue;
    if (use.database.empty() || (database && *database != use.database)) return std::nullopt;
    database = use.database;
  }
  return database;
}

}  // namespace

// The steps of a definition are one transaction, which is committed.
SqlSession::Done SqlSession::define(const sql::Statement& statement, std::int64_t* rows) {
  if (!statement.without_foreign_keys || !databases_.checks_foreign_keys())
    return define_as_it_is(statement, rows);
  databases_.check_foreign_keys(false);
  Done done = define_as_it_is(statement, rows);
  databases_.check_foreign_keys(true);
  return done;
}

SqlSession::Done SqlSession::define_as_it_is(const sql::Statement& statement, std::int64_t* rows) {
  *rows = 0;
  const auto begun = databases_.opened()->run("BEGIN IMMEDIATE");
  if (!begun.ok()) return failed(begun.error(), &statement);
  for (const sql::Step& step : statement.steps) {
    Done done = run_step(step, {}, rows);
    if (done.ok()) continue;
    const Done undone = end_transaction(false);
    return undone.ok() ? done : undone;
  }
  return end_transaction(true);
}

// A database that was just made, and nodes that become members, want a moment. Not after others have changed
// the schema: the steps were made for the one before.
SqlSession::Done SqlSession::define_in_time(const sql::Statement& statement, std::int64_t* rows) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(options_.lock_wait_ms);
  const std::int64_t version = databases_.schema_version();
  for (;;) {
    Done done = define(statement, rows);
    const bool again =
        !done.ok() && done.error().number == kDeadlockNumber && !aborted_ && Clock::now() < deadline;
    if (!again) return done;
    std::this_thread::sleep_for(kBeforeDefiningAgain);
    databases_.begin_translation();
    if (databases_.schema_version() != version) return done;
  }
}

// A definition in another database than the current one is made as if that was current.
SqlSession::Done SqlSession::run_definition_in(const std::string& database, const sql::Statement& statement,
                                               bool more) {
  Done ended = end_transaction(true);
  if (!ended.ok()) return ended;
  const std::string before = databases_.name();
  Done used = databases_.use(database);
  if (!used.ok()) return used;
  databases_.begin_translation();
  sql::StatementReader reader(statement.text);
  const auto there = reader.next(settings({}), databases_);
  INVARIANT(there.has_value());
  Done done = kDefined;
  if (there->has_error) {
    done = mysql::ClientError{there->error.number, there->error.sqlstate, there->error.message};
  } else {
    done = run_definition(*there, more);
  }
  Done back = kDefined;
  if (before.empty()) {
    databases_.leave();
  } else {
    back = databases_.use(before);
  }
  temporary_tables_ = databases_.opened() != nullptr && databases_.opened()->has_temporary_tables();
  return done.ok() ? back : done;
}

// What was defined is, whatever becomes of this.
void SqlSession::number_from(const sql::Statement& statement) {
  if (!statement.numbering) return;
  databases_.begin_translation();
  const Done done = databases_.number_from(*statement.numbering);
  if (done.ok()) return;
  state_.diagnostics.add(functions::Level::kWarning, done.error().number,
                         "AUTO_INCREMENT of the table is left as it is. " + done.error().message);
}

SqlSession::Done SqlSession::run_definition(const sql::Statement& statement, bool more) {
  if (const auto elsewhere = defined_elsewhere(statement); elsewhere && *elsewhere != databases_.name()) {
    return run_definition_in(*elsewhere, statement, more);
  }
  const bool nothing_to_do = statement.steps.empty() && !statement.notes.empty();
  if (databases_.name().empty() && !nothing_to_do) return mysql::no_database();
  Done ended = end_transaction(true);
  if (!ended.ok()) return ended;
  if (nothing_to_do) {
    ok(more);
    return kDefined;
  }
  if (statement.if_not_exists && statement.steps.empty()) {
    const std::string name = statement.tables.empty() ? std::string() : statement.tables[0].table;
    state_.diagnostics.add(functions::Level::kNote, 1050, "Table '" + name + "' already exists");
  }
  std::int64_t rows = 0;
  Done defined = databases_.carry_numbers(statement.renamings);
  if (defined.ok()) defined = define_in_time(statement, &rows);
  if (!defined.ok()) return defined;
  databases_.number_anew(statement.tables);
  number_from(statement);
  // Plans are for tables by name, and know of the lasting ones only when these change.
  if (temporary_tables_) plans_.clear();
  temporary_tables_ = databases_.opened()->has_temporary_tables();
  if (temporary_tables_) plans_.clear();
  state_.counted = rows;
  mysql::Outcome result = outcome(more);
  result.affected_rows = static_cast<std::uint64_t>(rows);
  const bool fills = std::any_of(statement.steps.begin(), statement.steps.end(),
                                 [](const sql::Step& step) { return step.counts_rows; });
  if (fills) {
    result.info =
        "Records: " + std::to_string(rows) + "  Duplicates: 0  Warnings: " + std::to_string(result.warnings);
  }
  reply_->ok(result);
  return kDefined;
}

}  // namespace murmel::service
