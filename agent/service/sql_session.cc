#include "agent/service/sql_session.h"

#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/result_columns.h"

namespace murmel::service {
namespace {

namespace kind = session_statement;

bool has_more(std::string_view rest) {
  std::string_view after;
  auto next = recognise(rest, &after);
  return !next.ok() || !std::holds_alternative<kind::None>(*next);
}

bool is_sqlite(const SessionStatement& statement) {
  return std::holds_alternative<kind::Plain>(statement) || std::holds_alternative<kind::Ddl>(statement);
}

bool is_ddl(const SessionStatement& statement) {
  return std::holds_alternative<kind::Ddl>(statement);
}

}  // namespace

SqlSession::~SqlSession() {
  prepared_.clear();
}

mysql::Answer<mysql::Outcome> SqlSession::begin(const std::string& database, const ClientRights& rights) {
  rights_ = rights;
  start_anew();
  name_.clear();
  current_ = nullptr;
  if (!database.empty()) {
    const Done done = use(database);
    if (!done.ok()) return done.error();
  }
  return outcome(false);
}

// Open transactions are rolled back as their connections close.
void SqlSession::start_anew() {
  {
    const std::lock_guard lock(running_mutex_);
    running_ = nullptr;
  }
  prepared_.clear();
  open_.clear();
  autocommit_ = true;
  current_ = nullptr;
}

void SqlSession::run(mysql::event::Asked asked) {
  for (const std::uint32_t closed : asked.closed_statements) prepared_.erase(closed);
  if (aborted_) return;
  reply_.emplace(asked.form);
  finish_ = {};
  const Done done = std::visit([this](const auto& command) { return on(command); }, asked.command);
  if (!done.ok()) reply_->error(done.error());
  {
    const std::lock_guard lock(running_mutex_);
    running_ = nullptr;
  }
  if (!channel_.write(reply_->take())) return;  // the client is gone
  finish_.status = status();
  channel_.finish(finish_);
}

void SqlSession::interrupt() {
  const std::lock_guard lock(running_mutex_);
  if (running_ != nullptr) running_->interrupt();
}

void SqlSession::abort() {
  aborted_ = true;
  interrupt();
}

std::uint16_t SqlSession::status(bool more) const {
  // The text is SQLite's, in which a backslash is a character; clients quote strings accordingly.
  std::uint16_t status = mysql::kNoBackslashEscapes;
  if (autocommit_) status |= mysql::kAutocommit;
  if (current_ != nullptr && current_->in_transaction()) status |= mysql::kInTransaction;
  if (more) status |= mysql::kMoreResults;
  return status;
}

mysql::Outcome SqlSession::outcome(bool more) const {
  mysql::Outcome outcome;
  outcome.status = status(more);
  return outcome;
}

// --- databases --------------------------------------------------------------------------------------------

// A transaction is one of SQLite's, so it can't go on in another file.
SqlSession::Done SqlSession::use(const std::string& name) {
  if (auto refusal = rights_->may_use(name)) return *refusal;
  const auto path = names_.path(name);
  if (!path.has_value()) return mysql::unknown_database(name);
  if (name == name_ && current_ != nullptr) return kDone;
  if (name_.empty()) {
    const Done ended = end_transaction(true);  // of no database, so of nothing
    if (!ended.ok()) return ended;
  } else if (current_ != nullptr && current_->in_transaction()) {
    return mysql::not_supported("USE of another database within a transaction");
  }
  auto& database = open_[name];
  if (database == nullptr) {
    auto opened = Database::open(*path, lock_wait_ms_);
    if (!opened.ok()) return mysql::unknown_error(opened.error().message);
    database = std::move(opened).value();
    database->set_gate([this, name](const char* privilege, const char*, const char* table) {
      refusal_ = rights_->may_touch({{name, table, privilege}}, name);
      return !refusal_.has_value();
    });
  }
  name_ = name;
  rights_->uses(name);
  current_ = database.get();
  return kDone;
}

mysql::Answer<SqlSession::Database*> SqlSession::current() {
  if (current_ == nullptr) {
    auto& scratch = open_[""];
    if (scratch == nullptr) {
      auto opened = Database::open_scratch();
      if (!opened.ok()) return mysql::unknown_error(opened.error().message);
      scratch = std::move(opened).value();
    }
    current_ = scratch.get();
  }
  const std::lock_guard lock(running_mutex_);
  running_ = current_;
  running_->clear_interrupt();
  if (aborted_) running_->interrupt();
  return current_;
}

// --- commands ---------------------------------------------------------------------------------------------

SqlSession::Done SqlSession::on(const mysql::command::Query& query) {
  std::string_view rest = query.sql;
  if (!has_more(rest)) return mysql::ClientError{1065, "42000", "Query was empty"};
  bool more = true;
  while (more) {
    auto statement = recognise(rest, &rest);
    if (!statement.ok()) return statement.error();
    if (std::holds_alternative<kind::Accounts>(*statement)) {
      const Done done = run_accounts(rest, &rest, !query.multi_statements);
      if (!done.ok()) return done;
      more = has_more(rest);
      continue;
    }
    if (is_sqlite(*statement)) {
      auto database = current();
      if (!database.ok()) return database.error();
      auto prepared = prepare_sqlite(**database, rest, &rest, is_ddl(*statement));
      if (!prepared.ok()) return prepared.error();
      more = has_more(rest);
      if (more && !query.multi_statements) return mysql::syntax_error(rest);
      if (prepared->parameters() > 0) return mysql::syntax_error("?");
      const Done done = run_sqlite(**database, *prepared, is_ddl(*statement), more);
      if (!done.ok()) return done;
      continue;
    }
    more = has_more(rest);
    if (more && !query.multi_statements) return mysql::syntax_error(rest);
    const Done done = run_own(*statement, more);
    if (!done.ok()) return done;
  }
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::InitDatabase& init) {
  return run_own(kind::Use{init.name}, false);
}

SqlSession::Done SqlSession::on(const mysql::command::FieldList& list) {
  if (!list.wildcard.empty()) return mysql::not_supported("COM_FIELD_LIST with a wildcard");
  auto database = current();
  if (!database.ok()) return database.error();
  std::string quoted;
  for (const char c : list.table) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  std::string_view rest;
  auto prepared = prepare_sqlite(**database, "SELECT * FROM \"" + quoted + "\"", &rest, false);
  if (!prepared.ok()) return prepared.error();
  reply_->field_list(result_columns(*prepared, name_, false), outcome(false));
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::Prepare& prepare) {
  Prepared prepared;
  prepared.sql = prepare.sql;
  std::string_view rest = prepared.sql;
  auto statement = recognise(rest, &rest);
  if (!statement.ok()) return statement.error();
  prepared.kind = std::move(*statement);
  if (std::holds_alternative<kind::Accounts>(prepared.kind)) {
    return mysql::ClientError{1295, "HY000",
                              "This command is not supported in the prepared statement protocol yet"};
  }
  std::vector<mysql::Column> parameters;
  std::vector<mysql::Column> columns;
  if (is_sqlite(prepared.kind)) {
    auto database = current();
    if (!database.ok()) return database.error();
    prepared.database = *database;
    auto made = prepare_sqlite(**database, rest, &rest, is_ddl(prepared.kind));
    if (!made.ok()) return made.error();
    prepared.statement = std::move(*made);
    mysql::Column parameter;
    parameter.name = "?";
    parameters.resize(static_cast<std::size_t>(prepared.statement.parameters()), parameter);
    columns = result_columns(prepared.statement, name_, false);
  }
  if (has_more(rest)) return mysql::syntax_error(rest);
  reply_->prepared(prepare.statement, parameters, columns, outcome(false));
  finish_.prepared = prepare.statement;
  finish_.parameters = parameters.size();
  prepared_[prepare.statement] = std::move(prepared);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::Execute& execute) {
  const auto found = prepared_.find(execute.statement);
  if (found == prepared_.end()) return mysql::unknown_statement(execute.statement, "mysqld_stmt_execute");
  Prepared& prepared = found->second;
  if (prepared.statement.empty()) return run_own(prepared.kind, false);
  auto database = current();
  if (!database.ok()) return database.error();
  if (prepared.database != *database) {
    return mysql::not_supported("executing a statement that was prepared in another database");
  }
  prepared.statement.reset();
  prepared.cursor = false;
  const Done bound = bind(prepared.statement, execute.parameters);
  if (!bound.ok()) return bound;
  if (!execute.cursor || prepared.statement.columns() == 0) {
    const Done done = run_sqlite(**database, prepared.statement, is_ddl(prepared.kind), false);
    prepared.statement.reset();
    return done;
  }
  const Done begun = begin_transaction();
  if (!begun.ok()) return begun;
  auto row = prepared.statement.step();
  if (!row.ok()) return failed(**database, row.error());
  prepared.cursor = true;
  prepared.has_row = *row;
  prepared.columns = result_columns(prepared.statement, name_, *row);
  mysql::Outcome end = outcome(false);
  end.status |= mysql::kCursorExists;
  reply_->cursor(prepared.columns, end);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::Fetch& fetch) {
  const auto found = prepared_.find(fetch.statement);
  if (found == prepared_.end() || !found->second.cursor) return mysql::no_cursor(fetch.statement);
  Prepared& prepared = found->second;
  reply_->expect_columns(prepared.columns);
  std::vector<mysql::Value> values;
  for (std::uint32_t i = 0; i < fetch.rows && prepared.has_row; ++i) {
    const Done sent = send_row(prepared.statement, values);
    if (!sent.ok()) return sent;
    auto row = prepared.statement.step();
    if (!row.ok()) {
      prepared.cursor = false;
      return failed(*prepared.database, row.error());
    }
    prepared.has_row = *row;
  }
  mysql::Outcome end = outcome(false);
  end.status |= prepared.has_row ? mysql::kCursorExists : mysql::kLastRowSent;
  if (!prepared.has_row) {
    prepared.cursor = false;
    prepared.statement.reset();
  }
  reply_->end(end);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::ResetStatement& reset) {
  const auto found = prepared_.find(reset.statement);
  if (found != prepared_.end() && !found->second.statement.empty()) {
    found->second.statement.reset();
    found->second.cursor = false;
  }
  reply_->ok(outcome(false));
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::ResetConnection&) {
  const std::string name = name_;
  auto begun = begin(name, *rights_);
  if (!begun.ok()) return begun.error();
  reply_->ok(*begun);
  return kDone;
}

}  // namespace murmel::service
