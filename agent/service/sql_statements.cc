// How SqlSession runs one statement.
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/result_columns.h"
#include "agent/service/sql_session.h"

namespace murmel::service {
namespace {

namespace kind = session_statement;

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::uint16_t kDeadlock = 1213;

constexpr char kTableNames[] =
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE "
    "'\\' "
    "AND name NOT LIKE '\\_\\_murmel\\_%' ESCAPE '\\' ORDER BY name";

}  // namespace

// --- transactions -----------------------------------------------------------------------------------------

SqlSession::Done SqlSession::begin_transaction() {
  if (autocommit_ || current_->in_transaction()) return kDone;
  const auto begun = current_->run("BEGIN");
  if (!begun.ok()) return failed(*current_, begun.error());
  return kDone;
}

SqlSession::Done SqlSession::end_transaction(bool commit) {
  if (current_ == nullptr || !current_->in_transaction()) return kDone;
  if (commit) {
    const auto done = current_->run("COMMIT");
    if (done.ok()) return kDone;
    const mysql::ClientError error = client_error(done.error(), name_);
    const Done undone = end_transaction(false);
    return undone.ok() ? error : undone.error();
  }
  const auto done = current_->run("ROLLBACK");
  if (!done.ok() && current_->in_transaction()) return client_error(done.error(), name_);
  return kDone;
}

// A deadlock ends the transaction, as its victim's does in MySQL.
mysql::ClientError SqlSession::failed(Database& database, const store::ClientFault& fault) {
  const mysql::ClientError error = client_error(fault, name_);
  if (error.number == kDeadlock && database.in_transaction()) {
    const Done undone = end_transaction(false);
    if (!undone.ok()) return undone.error();
  }
  return error;
}

// --- statements of the session ----------------------------------------------------------------------------

SqlSession::Done SqlSession::run_own(const SessionStatement& statement, bool more) {
  if (const auto* use_database = std::get_if<kind::Use>(&statement)) {
    const Done done = use(use_database->database);
    if (!done.ok()) return done;
    mysql::Outcome result = outcome(more);
    result.changes.push_back({mysql::SessionChange::Kind::kDatabase, name_, {}});
    reply_->ok(result);
    return kDone;
  }
  if (std::holds_alternative<kind::ShowDatabases>(statement)) {
    std::vector<std::string> names = names_.names();
    std::erase_if(names, [this](const std::string& name) { return !rights_->sees_database(name); });
    return send_names("Database", names, more);
  }
  if (std::holds_alternative<kind::ShowTables>(statement)) return send_table_names(more);
  Done done = kDone;
  mysql::Outcome result;
  if (std::holds_alternative<kind::Begin>(statement)) {
    auto database = current();
    if (!database.ok()) return database.error();
    done = end_transaction(true);
    if (!done.ok()) return done;
    const auto begun = (*database)->run("BEGIN");
    if (!begun.ok()) return failed(**database, begun.error());
  } else if (std::holds_alternative<kind::Commit>(statement)) {
    done = end_transaction(true);
  } else if (std::holds_alternative<kind::Rollback>(statement)) {
    done = end_transaction(false);
  } else if (const auto* autocommit = std::get_if<kind::Autocommit>(&statement)) {
    if (autocommit->on) done = end_transaction(true);
    autocommit_ = autocommit->on;
    result.changes.push_back(
        {mysql::SessionChange::Kind::kVariable, "autocommit", autocommit_ ? "ON" : "OFF"});
  }
  if (!done.ok()) return done;
  result.status = status(more);
  reply_->ok(result);
  return kDone;
}

SqlSession::Done SqlSession::send_names(const std::string& title, const std::vector<std::string>& names,
                                        bool more) {
  mysql::Column column;
  column.name = title;
  (void)declare("VARCHAR(64)", &column);
  column.flags |= mysql::kNotNull;
  reply_->columns({column});
  for (const std::string& name : names) {
    const mysql::Value value = std::string_view(name);
    if (!reply_->row({&value, 1})) return mysql::malformed_packet();
  }
  reply_->end(outcome(more));
  return kDone;
}

SqlSession::Done SqlSession::send_table_names(bool more) {
  if (name_.empty()) return mysql::no_database();
  auto database = current();
  if (!database.ok()) return database.error();
  std::string_view rest;
  auto statement = prepare_sqlite(**database, kTableNames, &rest, false);
  if (!statement.ok()) return statement.error();
  std::vector<std::string> names;
  while (true) {
    auto row = statement->step();
    if (!row.ok()) return failed(**database, row.error());
    if (!*row) break;
    const store::ClientValue name = statement->value(0);
    names.emplace_back(std::get<std::string_view>(name));
    if (!rights_->sees_table(name_, names.back())) names.pop_back();
  }
  return send_names("Tables_in_" + name_, names, more);
}

// --- SQLite's statements ----------------------------------------------------------------------------------

mysql::Answer<store::ClientStatement> SqlSession::prepare_sqlite(Database& database, std::string_view sql,
                                                                 std::string_view* rest, bool is_ddl) {
  refusal_.reset();
  auto prepared = database.prepare(sql, rest);
  if (!prepared.ok()) {
    if (refusal_.has_value()) return *refusal_;
    const mysql::ClientError error = failed(database, prepared.error());
    return error.number == 1146 && name_.empty() ? mysql::no_database() : error;
  }
  if (name_.empty() && (is_ddl || !prepared->read_only())) return mysql::no_database();
  return std::move(*prepared);
}

SqlSession::Done SqlSession::bind(store::ClientStatement& statement,
                                  const std::vector<mysql::OwnedValue>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    store::ClientValue value;
    if (const auto* integer = std::get_if<std::int64_t>(&parameters[i])) value = *integer;
    if (const auto* real = std::get_if<double>(&parameters[i])) value = *real;
    if (const auto* text = std::get_if<std::string>(&parameters[i])) value = std::string_view(*text);
    if (const auto* large = std::get_if<std::uint64_t>(&parameters[i])) {
      if (*large > INT64_MAX) return mysql::not_supported("integers above 9223372036854775807");
      value = static_cast<std::int64_t>(*large);
    }
    statement.bind(static_cast<int>(i), value);
  }
  return kDone;
}

SqlSession::Done SqlSession::run_sqlite(Database& database, store::ClientStatement& statement, bool is_ddl,
                                        bool more) {
  const bool writes = !statement.read_only();
  const Done ready = is_ddl ? end_transaction(true) : begin_transaction();
  if (!ready.ok()) return ready;
  auto row = statement.step();
  if (!row.ok()) return failed(database, row.error());
  if (statement.columns() > 0) {
    const Done sent = send_rows(statement, *row);
    if (sent.ok()) reply_->end(outcome(more));
    return sent;
  }
  while (*row) {
    row = statement.step();
    if (!row.ok()) return failed(database, row.error());
  }
  mysql::Outcome result = outcome(more);
  if (writes && !is_ddl) {
    result.affected_rows = static_cast<std::uint64_t>(database.changes());
    result.last_insert_id = static_cast<std::uint64_t>(database.last_insert_rowid());
  }
  reply_->ok(result);
  return kDone;
}

SqlSession::Done SqlSession::send_row(store::ClientStatement& statement, std::vector<mysql::Value>& values) {
  values.clear();
  for (int i = 0; i < statement.columns(); ++i) {
    values.push_back(std::visit([](const auto& value) -> mysql::Value { return value; }, statement.value(i)));
  }
  if (!reply_->row(values)) {
    return mysql::unknown_error("a value in the result does not have the type of its column");
  }
  return kDone;
}

SqlSession::Done SqlSession::send_rows(store::ClientStatement& statement, bool on_row) {
  reply_->columns(result_columns(statement, name_, on_row));
  std::vector<mysql::Value> values;
  while (on_row) {
    const Done sent = send_row(statement, values);
    if (!sent.ok()) return sent;
    if (reply_->pending() > kPieceBytes && !channel_.write(reply_->take())) {
      return mysql::query_interrupted();
    }
    auto row = statement.step();
    if (!row.ok()) return failed(*current_, row.error());
    on_row = *row;
  }
  return kDone;
}

}  // namespace murmel::service
