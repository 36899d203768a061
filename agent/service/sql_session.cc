#include "agent/service/sql_session.h"

#include "agent/service/parameter_type.h"

#include <utility>

#include "agent/service/client_errors.h"
#include "agent/session/columns.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::monostate kDone;

}  // namespace

SqlSession::SqlSession(const OpenDatabases& names, SessionHost& host, ClientLine& line,
                       session::Counters& counters, SqlSessionOptions options)
    : host_(host),
      line_(line),
      counters_(counters),
      options_(std::move(options)),
      state_(host.globals()),
      databases_(names, host, state_, counters, options_.lock_wait_ms) {
  state_.locks = &host.named_locks();
  state_.next_ids = [this](std::string_view table, std::int64_t wanted) {
    return databases_.next_ids(table, wanted);
  };
  state_.file_of = [this](const std::string& name) { return load_file(name); };
  state_.row_free = [this](std::string_view table, bool share, std::span<sqlite3_value* const> key) {
    return is_row_free(table, share, key);
  };
  state_.interrupted = [this] {
    return databases_.opened() != nullptr && databases_.opened()->is_interrupted();
  };
}

SqlSession::~SqlSession() {
  unlock(false);
  unlock_tables();
  prepared_.clear();
}

mysql::Answer<mysql::Outcome> SqlSession::begin(const std::string& database, ClientRights rights,
                                                bool found_rows) {
  start_anew();
  found_rows_ = found_rows;
  rights_ = std::move(rights);
  databases_.set_rights(*rights_);
  state_.identity = {rights_->client().user, rights_->client().host, rights_->current_user(),
                     options_.connection};
  for (const std::string& name : options_.extensions) {
    Done loaded = databases_.load_extension(options_.extension_directory, name);
    if (!loaded.ok()) return loaded.error();
  }
  if (!database.empty()) {
    Done done = use(database);
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
  named_.clear();
  plans_.clear();
  databases_.close_all();
  state_.reset();
  unlock(false);
  unlock_tables();
  after_next_.reset();
  transaction_ = temporary_tables_ = read_only_ = false;
}

std::optional<mysql::Session::Finish> SqlSession::run(mysql::event::Asked asked) {
  for (const std::uint32_t closed : asked.closed_statements) prepared_.erase(closed);
  if (aborted_) return std::nullopt;
  reply_.emplace(asked.form);
  finish_ = {};
  Done done = std::visit([this](const auto& command) { return on(command); }, asked.command);
  if (!done.ok()) reply_->error(done.error());
  {
    const std::lock_guard lock(running_mutex_);
    running_ = nullptr;
  }
  // Who ended it tells the client why; what was done all the same is said.
  if (aborted_ && !done.ok()) return std::nullopt;
  if (!line_.write(reply_->take())) return std::nullopt;
  finish_.status = status();
  return finish_;
}

void SqlSession::count(session::Counters::Place place) {
  counters_.add(place);
  host_.counters().add(place);
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
  static const auto kOfItself = session::Variables::place("autocommit");
  std::uint16_t status = 0;
  if (state_.variables.number(kOfItself) != 0) status |= mysql::kAutocommit;
  if (state_.variables.mode().no_backslash_escapes) status |= mysql::kNoBackslashEscapes;
  if (in_transaction() && !alone_) status |= mysql::kInTransaction;
  if (in_transaction() && read_only_) status |= mysql::kInReadOnlyTransaction;
  if (more) status |= mysql::kMoreResults;
  return status;
}

mysql::Outcome SqlSession::outcome(bool more) const {
  mysql::Outcome outcome;
  outcome.status = status(more);
  outcome.warnings = shows_diagnostics_ ? 0 : state_.diagnostics.count();
  return outcome;
}

sql::Settings SqlSession::settings(const Parameters& parameters) const {
  sql::Settings settings;
  settings.mode = state_.variables.mode();
  settings.database = databases_.name();
  settings.database_collation = rights_->collation_of(databases_.name());
  settings.div_precision_increment = static_cast<int>(state_.variables.number("div_precision_increment"));
  const std::string& limit = state_.variables.text("sql_select_limit");
  if (limit.size() < std::string_view("18446744073709551615").size()) settings.select_limit = limit;
  settings.charset = state_.variables.text("character_set_connection");
  settings.collation = state_.variables.text("collation_connection");
  for (const mysql::OwnedValue& value : parameters) settings.parameters.push_back(type_of(value));
  return settings;
}

mysql::Answer<SqlSession::Database*> SqlSession::current() {
  auto database = databases_.current();
  if (!database.ok()) return database;
  const std::lock_guard lock(running_mutex_);
  running_ = *database;
  running_->clear_interrupt();
  if (aborted_) running_->interrupt();
  return *database;
}

accounts::Refusal SqlSession::may_use(const std::string& database) const {
  const bool open = sql::same_name(database, session::kInformationSchema) ||
                    sql::same_name(database, session::kPerformanceSchema);
  return open ? std::nullopt : rights_->may_use(database);
}

// A transaction is one of SQLite's, so it can't go on in another file once it has written or locked
// something. One that has only read goes on with a new snapshot there.
SqlSession::Done SqlSession::leave_snapshot() {
  const mysql::ClientError refused = mysql::not_supported(
      "USE of another database within a transaction that has written or locked something");
  if (!transaction_ || locked_at_ != nullptr) return refused;
  Database* const database = databases_.opened();
  if (!database->on_snapshot()) return kDone;
  const auto written = database->changes_on_snapshot(false);
  if (!written.ok() || !written->empty()) return refused;
  database->end_snapshot();
  return kDone;
}

SqlSession::Done SqlSession::use(const std::string& name) {
  if (auto refusal = may_use(name)) return *refusal;
  if (!databases_.exists(name)) return mysql::unknown_database(name);
  if (name == databases_.name()) return kDone;
  // A transaction that was begun before there was a database goes on in this one, where it begins in truth.
  const bool goes_on = databases_.name().empty() && in_transaction();
  const bool reads_only = read_only_;
  if (databases_.name().empty()) {
    Done ended = end_transaction(true);
    if (!ended.ok()) return ended;
  } else if (in_transaction()) {
    Done left = leave_snapshot();
    if (!left.ok()) return left;
  }
  Done used = databases_.use(name);
  if (used.ok() && goes_on) used = start_transaction();
  if (!used.ok()) return used;
  if (goes_on) read_only_ = reads_only;
  rights_->uses(name);
  const std::string collation = rights_->collation_of(name);
  (void)state_.variables.set("collation_database", session::Value(collation));
  (void)state_.variables.set("character_set_database",
                             session::Value(collation.substr(0, collation.find('_'))));
  return used;
}

// --- commands ---------------------------------------------------------------------------------------------

SqlSession::Done SqlSession::on(const mysql::command::Query& query) {
  return run_text(query.sql, query.multi_statements, {}, nullptr);
}

SqlSession::Done SqlSession::run_text(std::string_view text, bool several, const Parameters& parameters,
                                      Prepared* cursor) {
  hint_ = consistency_hint(text);
  if (auto done = run_plan(text, parameters, cursor)) return std::move(*done);
  if (auto done = run_kept_command(text)) return std::move(*done);
  sql::StatementReader reader(text);
  bool more = true;
  bool first = true;
  while (more) {
    auto database = current();
    if (!database.ok()) return database.error();
    const auto statement = translate(reader, parameters);
    if (!statement.has_value()) {
      return first ? Done(mysql::ClientError{1065, "42000", "Query was empty"}) : Done(kDone);
    }
    const bool whole = std::exchange(first, false);
    more = !statement->has_error && !reader.at_end(state_.variables.mode());
    if (more && !several) return mysql::syntax_error(reader.rest().substr(1));
    if (statement->parameters > parameters.size()) return mysql::syntax_error("?");
    if (whole && !more) keep_command(text, *statement);
    Done done = run(*statement, parameters, more, cursor);
    if (!done.ok()) return done;
  }
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::InitDatabase& init) {
  return command(sql::UseCommand{init.name}, false);
}

SqlSession::Done SqlSession::on(const mysql::command::FieldList& list) {
  if (!list.wildcard.empty()) return mysql::not_supported("COM_FIELD_LIST with a wildcard");
  databases_.begin_translation();
  auto database = current();
  if (!database.ok()) return database.error();
  auto table = known_table({}, list.table);
  if (!table.ok()) return table.error();
  std::vector<sql::ResultColumn> columns;
  for (const sql::ColumnInfo& column : (*table)->columns) {
    columns.push_back({column.name, column.name, list.table, list.table, {}, column.type, column.not_null});
  }
  const auto table_of = [this](const std::string& in, const std::string& name) {
    return databases_.table(in, name);
  };
  reply_->field_list(session::describe_columns(columns, databases_.name(), nullptr, table_of),
                     outcome(false));
  return kDone;
}

mysql::Answer<sql::Statement> SqlSession::read_prepared(const std::string& text) {
  sql::StatementReader reader(text);
  auto statement = translate(reader, {});
  if (!statement.has_value()) return mysql::ClientError{1065, "42000", "Query was empty"};
  if (statement->has_error) {
    return mysql::ClientError{statement->error.number, statement->error.sqlstate, statement->error.message};
  }
  if (!reader.at_end(state_.variables.mode())) return mysql::syntax_error(reader.rest().substr(1));
  if (statement->verb == sql::Statement::WriteVerb::kLoad) {
    return mysql::ClientError{1295, "HY000",
                              "This command is not supported in the prepared statement protocol yet"};
  }
  const Done allowed = check_rights(*statement);
  if (!allowed.ok()) return allowed.error();
  return std::move(*statement);
}

// The statement is translated again when it is executed, as the types of its parameters are known then; this
// one finds mistakes early, and tells the client what will come.
SqlSession::Done SqlSession::on(const mysql::command::Prepare& prepare) {
  count(session::Counters::place("Com_stmt_prepare"));
  Prepared prepared;
  prepared.sql = prepare.sql;
  auto database = current();
  if (!database.ok()) return database.error();
  const auto statement = read_prepared(prepared.sql);
  if (!statement.ok()) return statement.error();
  mysql::Column parameter;
  parameter.name = "?";
  const std::vector<mysql::Column> parameters(statement->parameters, parameter);
  const auto table_of = [this](const std::string& in, const std::string& name) {
    return databases_.table(in, name);
  };
  const std::vector<mysql::Column> columns =
      session::describe_columns(statement->columns, databases_.name(), nullptr, table_of);
  reply_->prepared(prepare.statement, parameters, columns, outcome(false));
  finish_.prepared = prepare.statement;
  finish_.parameters = parameters.size();
  prepared_[prepare.statement] = std::move(prepared);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::Execute& execute) {
  const auto found = prepared_.find(execute.statement);
  if (found == prepared_.end()) return mysql::unknown_statement(execute.statement, "mysqld_stmt_execute");
  static const auto kExecuted = session::Counters::place("Com_stmt_execute");
  count(kExecuted);
  Prepared& prepared = found->second;
  prepared.statement = {};
  prepared.cursor = false;
  return run_text(prepared.sql, false, execute.parameters, execute.cursor ? &prepared : nullptr);
}

SqlSession::Done SqlSession::on(const mysql::command::Fetch& fetch) {
  const auto found = prepared_.find(fetch.statement);
  if (found == prepared_.end() || !found->second.cursor) return mysql::no_cursor(fetch.statement);
  Prepared& prepared = found->second;
  reply_->expect_columns(prepared.columns);
  for (std::uint32_t i = 0; i < fetch.rows && prepared.has_row; ++i) {
    Done sent = send_row(prepared.statement, prepared.columns);
    if (!sent.ok()) return sent;
    auto row = prepared.statement.step();
    if (!row.ok()) {
      prepared.cursor = false;
      return failed(row.error(), nullptr);
    }
    prepared.has_row = *row;
  }
  mysql::Outcome end = outcome(false);
  end.status |= prepared.has_row ? mysql::kCursorExists : mysql::kLastRowSent;
  if (!prepared.has_row) {
    prepared.cursor = false;
    prepared.statement = {};
  }
  reply_->end(end);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::ResetStatement& reset) {
  const auto found = prepared_.find(reset.statement);
  if (found != prepared_.end()) {
    found->second.statement = {};
    found->second.cursor = false;
  }
  ok(false);
  return kDone;
}

SqlSession::Done SqlSession::on(const mysql::command::ResetConnection&) {
  const std::string name = databases_.name();
  auto begun = begin(name, *rights_, found_rows_);
  if (!begun.ok()) return begun.error();
  reply_->ok(*begun);
  return kDone;
}

}  // namespace murmel::service
