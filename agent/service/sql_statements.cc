// How SqlSession runs one statement on SQLite.
#include <algorithm>
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"
#include "agent/session/columns.h"
#include "agent/sql/lexer.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::monostate kRan;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool says_diagnostics(const sql::Statement& statement) {
  const auto* const show = std::get_if<sql::ShowCommand>(&statement.command);
  return show != nullptr && (show->what == "WARNINGS" || show->what == "ERRORS");
}

// Of those without a plan, whether what the transaction's client was told can be told again behind them.
bool leaves_told(const sql::Statement& statement) {
  const auto* const command = std::get_if<sql::TransactionCommand>(&statement.command);
  return command != nullptr || statement.kind == sql::StatementKind::kPrepared;
}

store::ClientValue client_value(const mysql::OwnedValue& value, std::string& space) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
  if (const auto* large = std::get_if<std::uint64_t>(&value)) {
    if (*large <= INT64_MAX) return static_cast<std::int64_t>(*large);
    space = std::to_string(*large);
    return std::string_view(space);
  }
  return {};
}

// `numbers`: of the client's parameters, in the order of SQLite's. `outlives`: the statement is used when
// they are gone.
void bind_parameters(store::ClientStatement& statement, const std::vector<std::uint32_t>& numbers,
                     const std::vector<mysql::OwnedValue>& parameters, bool outlives) {
  std::string space;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const mysql::OwnedValue& value = parameters[numbers[i]];
    const auto* const text = std::get_if<std::string>(&value);
    if (text != nullptr && !outlives) {
      statement.bind_in_place(static_cast<int>(i), *text);
    } else {
      statement.bind(static_cast<int>(i), client_value(value, space));
    }
  }
}

// BIT is sent as its bytes, ZEROFILL with its zeros.
std::string bytes_of_bits(std::uint64_t bits, std::uint32_t length) {
  std::string bytes((length + 7) / 8, '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, bits >>= 8) {
    *byte = static_cast<char>(bits & 0xff);
  }
  return bytes;
}

}  // namespace

// --- one statement ----------------------------------------------------------------------------------------

SqlSession::Done SqlSession::run(const sql::Statement& statement, const Parameters& parameters, bool more,
                                 Prepared* cursor) {
  static const auto kQuestions = session::Counters::place("Questions");
  static const auto kQueries = session::Counters::place("Queries");
  count(kQuestions);
  count(kQueries);
  count(plan_ != nullptr ? plan_->counter : session::command_counter(statement));
  begin_statement(statement);
  if (plan_ == nullptr && !leaves_told(statement)) told_.close();
  Done done = dispatch(statement, parameters, more, cursor);
  const bool looks = statement.untranslated || !statement.tables.empty();
  if (looks && transaction_ && databases_.opened()->on_snapshot()) answered_ = true;
  end_next_only(statement);
  if (!done.ok()) {
    const auto& kept = state_.diagnostics.kept();
    const bool said = !kept.empty() && kept.back().message == done.error().message;
    if (!said) state_.diagnostics.add(functions::Level::kError, done.error().number, done.error().message);
    (void)state_.diagnostics.take_error();
    state_.counted = -1;
  }
  return done;
}

void SqlSession::begin_statement(const sql::Statement& statement) {
  shows_diagnostics_ = says_diagnostics(statement);
  if (!shows_diagnostics_) state_.diagnostics.clear();
  state_.begin_statement(statement.ignore, statement.rows);
  removed_.clear();
  databases_.begin_statement(statement.tables);
  warn_of(statement);
}

// What translation has to say.
void SqlSession::warn_of(const sql::Statement& statement) {
  for (const sql::SqlError& warning : statement.warnings)
    state_.diagnostics.add(functions::Level::kWarning, warning.number, warning.message);
  for (const sql::SqlError& note : statement.notes)
    state_.diagnostics.add(functions::Level::kNote, note.number, note.message);
}

SqlSession::Done SqlSession::dispatch(const sql::Statement& statement, const Parameters& parameters,
                                      bool more, Prepared* cursor) {
  if (statement.has_error) {
    return mysql::ClientError{statement.error.number, statement.error.sqlstate, statement.error.message};
  }
  Done allowed = check_rights(statement);
  if (allowed.ok()) allowed = check_read_only(statement);
  if (allowed.ok()) allowed = check_locked_tables(statement);
  if (!allowed.ok()) return allowed;
  if (is_serializable()) return run_serializable(statement, parameters, more);
  return carry_out(statement, parameters, more, cursor);
}

SqlSession::Done SqlSession::carry_out(const sql::Statement& statement, const Parameters& parameters,
                                       bool more, Prepared* cursor) {
  switch (statement.kind) {
    case sql::StatementKind::kQuery:
      return statement.locks.empty() ? run_unlocked(statement, parameters, more, cursor)
                                     : run_locking(statement, parameters, more);
    case sql::StatementKind::kWrite:
      return statement.file ? run_load(statement, more) : run_write(statement, parameters, more);
    case sql::StatementKind::kDdl: return run_definition(statement, more);
    case sql::StatementKind::kExplain: return run_explain(statement, parameters, more);
    case sql::StatementKind::kTransaction:
    case sql::StatementKind::kSet:
    case sql::StatementKind::kShow:
    case sql::StatementKind::kUse:
    case sql::StatementKind::kKill:
    case sql::StatementKind::kAccount:
    case sql::StatementKind::kPrepared:
    case sql::StatementKind::kDatabase:
    case sql::StatementKind::kAdmin: break;
  }
  if (statement.kind == sql::StatementKind::kSet && !statement.tables.empty()) {
    Done begun = begin_reading();
    if (!begun.ok()) return begun;
  }
  return std::visit([this, more](const auto& own) { return command(own, more); }, statement.command);
}

// Everybody may read the tables about tables, which show what the client may see, and nobody may change them.
SqlSession::Done SqlSession::check_rights(const sql::Statement& statement) {
  if (statement.untranslated) {
    auto refusal = rights_->may({accounts::Privilege::kSuper});
    return refusal ? Done(*refusal) : Done(kRan);
  }
  std::vector<sql::TableUse> tables;
  for (const sql::TableUse& use : statement.tables) {
    const std::string& database = use.database.empty() ? databases_.name() : use.database;
    // In `mysql` are the accounts of all.
    const bool guarded =
        !session::is_info_database(database) || sql::same_name(database, session::kMysqlSchema);
    if (guarded && use.privilege == kReading) {
      tables.push_back(use);
    } else if (!session::is_info_database(database)) {
      tables.push_back(use);
    } else if (use.privilege != kReading) {
      return accounts::database_denied(rights_->client(), database);
    }
  }
  if (auto refusal = rights_->may_touch(tables, databases_.name())) return *refusal;
  return kRan;
}

// SET GLOBAL read_only and super_read_only, of this node.
SqlSession::Done SqlSession::check_read_only(const sql::Statement& statement) {
  const bool writes =
      statement.kind == sql::StatementKind::kWrite || statement.kind == sql::StatementKind::kDdl ||
      statement.kind == sql::StatementKind::kDatabase || statement.kind == sql::StatementKind::kAccount;
  if (!writes) return kRan;
  static const auto kSuper = session::Variables::place("super_read_only");
  static const auto kOthers = session::Variables::place("read_only");
  const bool super = state_.variables.number(kSuper) != 0;
  const bool others = state_.variables.number(kOthers) != 0;
  if (!super && (!others || !rights_->may({accounts::Privilege::kSuper}).has_value())) return kRan;
  return mysql::ClientError{1290, "HY000",
                            std::string("The MySQL server is running with the --") + (super ? "super-" : "") +
                                "read-only option so it cannot execute this statement"};
}

// The privilege that MySQL would miss first: mostly the statement's first word is its name.
mysql::ClientError SqlSession::hidden_error(const sql::Statement& statement, const sql::TableUse& table) {
  const std::string_view text = statement.text;
  const auto begin = std::find_if(text.begin(), text.end(), is_letter);
  const std::string word = sql::upper_case({begin, std::find_if_not(begin, text.end(), is_letter)});
  sql::TableUse wanted = table;
  for (const char* const privilege : {"INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"}) {
    if (word == privilege) wanted.privilege = privilege;
  }
  if (word == "REPLACE") wanted.privilege = "INSERT";
  if (word == "TRUNCATE") wanted.privilege = "DROP";
  const auto refusal = rights_->may_touch({wanted}, databases_.name());
  return refusal.value_or(mysql::no_such_table(table.database, table.table));
}

// A table with which the client may do nothing is not there for the translator, so that no error tells of it.
std::optional<sql::Statement> SqlSession::translate(sql::StatementReader& reader,
                                                    const Parameters& parameters) {
  databases_.begin_translation();
  const bool translates = state_.variables.number("murmel_transpilation") != 0;
  auto statement = translates ? reader.next(settings(parameters), databases_)
                              : reader.next_untranslated(settings(parameters), databases_);
  if (!statement.has_value() || !statement->has_error || !databases_.hidden().has_value()) return statement;
  const mysql::ClientError error = hidden_error(*statement, *databases_.hidden());
  statement->error = {error.number, error.sqlstate, error.message};
  return statement;
}

mysql::Answer<store::ClientStatement> SqlSession::prepare(const sql::Step& step, const Parameters& parameters,
                                                          bool outlives) {
  std::string_view rest;
  Database* const database = databases_.opened();
  auto prepared = plan_ != nullptr ? database->prepare_kept(step.sql) : database->prepare(step.sql, &rest);
  if (!prepared.ok()) return failed(prepared.error(), nullptr);
  bind_parameters(*prepared, step.parameters, parameters, outlives);
  return std::move(*prepared);
}

std::vector<mysql::Column> SqlSession::columns_of(const sql::Statement& statement,
                                                  const store::ClientStatement& running, bool on_row) {
  if (plan_ != nullptr && plan_->described.has_value()) return *plan_->described;
  const auto table_of = [this](const std::string& database, const std::string& name) {
    return databases_.table(database, name);
  };
  return session::describe_columns(statement.columns, databases_.name(), on_row ? running.handle() : nullptr,
                                   table_of);
}

SqlSession::Done SqlSession::run_unlocked(const sql::Statement& statement, const Parameters& parameters,
                                          bool more, Prepared* cursor) {
  if (statement.file) return run_into_file(statement, parameters, more);
  return statement.into != 0 ? run_into(statement, parameters, more)
                             : run_query(statement, parameters, more, cursor);
}

// The functions that the query calls set the variables.
SqlSession::Done SqlSession::run_into(const sql::Statement& statement, const Parameters& parameters,
                                      bool more) {
  Done begun = begin_reading();
  if (!begun.ok()) return begun;
  auto running = prepare(statement.steps[0], parameters);
  if (!running.ok()) return running.error();
  std::size_t rows = 0;
  for (; rows <= 1 && !skips_all_; ++rows) {
    const auto row = running->step();
    if (!row.ok()) return failed(row.error(), &statement);
    if (!*row) break;
  }
  return answer_into(rows, more);
}

SqlSession::Done SqlSession::answer_into(std::size_t rows, bool more) {
  if (rows > 1) return mysql::ClientError{1172, "42000", "Result consisted of more than one row"};
  if (rows == 0) {
    state_.diagnostics.add(functions::Level::kWarning, 1329,
                           "No data - zero rows fetched, selected, or processed");
  }
  state_.counted = static_cast<std::int64_t>(rows);
  mysql::Outcome result = outcome(more);
  result.affected_rows = rows;
  reply_->ok(result);
  return kRan;
}

SqlSession::Done SqlSession::begin_reading() {
  Done begun = begin_transaction();
  return begun.ok() ? open_snapshot() : begun;
}

SqlSession::Done SqlSession::run_query(const sql::Statement& statement, const Parameters& parameters,
                                       bool more, Prepared* cursor) {
  Done begun = begin_reading();
  if (!begun.ok()) return begun;
  auto running = prepare(statement.steps[0], parameters, cursor != nullptr);
  if (!running.ok()) return running.error();
  auto row = skips_all_ ? store::ClientResult<bool>(false) : running->step();
  if (!row.ok()) return failed(row.error(), &statement);
  std::vector<mysql::Column> columns = columns_of(statement, *running, *row);
  state_.counted = -1;
  // One on a snapshot would not outlive the transaction, so all rows are sent, as the protocol allows.
  if (cursor != nullptr && !transaction_) {
    mysql::Outcome end = outcome(false);
    end.status |= mysql::kCursorExists;
    reply_->cursor(columns, end);
    cursor->statement = std::move(*running);
    cursor->columns = std::move(columns);
    cursor->cursor = true;
    cursor->has_row = *row;
    return kRan;
  }
  reply_->columns(columns);
  std::uint64_t sent = 0;
  Done done = send_rows(*running, columns, *row, &sent);
  if (!done.ok()) return done;
  *running = {};
  Done counted = count_found(statement, parameters, sent);
  if (counted.ok()) reply_->end(outcome(more));
  return counted;
}

SqlSession::Done SqlSession::count_found(const sql::Statement& statement, const Parameters& parameters,
                                         std::uint64_t sent) {
  state_.found = sent;
  if (!statement.calc_found_rows) return kRan;
  auto running = prepare(statement.steps[1], parameters);
  if (!running.ok()) return running.error();
  auto row = running->step();
  if (!row.ok()) return failed(row.error(), &statement);
  const store::ClientValue value = running->value(0);
  if (const auto* const count = std::get_if<std::int64_t>(&value))
    state_.found = static_cast<std::uint64_t>(*count);
  return kRan;
}

SqlSession::Done SqlSession::run_step(const sql::Step& step, const Parameters& parameters,
                                      std::int64_t* changes) {
  auto running = prepare(step, parameters);
  if (!running.ok()) return running.error();
  bool row = true;
  while (row) {
    auto next = running->step();
    if (!next.ok()) return failed(next.error(), nullptr);
    row = *next;
  }
  if (step.counts_rows) *changes += databases_.opened()->changes();
  return kRan;
}

SqlSession::Done SqlSession::run_steps(const sql::Statement& statement, const Parameters& parameters,
                                       std::int64_t* changes) {
  if (load_.has_value()) return load_rows(statement, changes);
  std::vector<std::int64_t> rowids;
  for (const sql::Step& step : statement.steps) {
    Done done = run_rows(statement, step, parameters, rowids, changes);
    if (!done.ok()) return done;
  }
  return kRan;
}

SqlSession::Done SqlSession::run_rows(const sql::Statement& statement, const sql::Step& step,
                                      const Parameters& parameters, std::vector<std::int64_t>& rowids,
                                      std::int64_t* changes) {
  using Rows = sql::Step::Rows;
  auto running = prepare(step, parameters);
  if (!running.ok()) return running.error();
  const auto place = static_cast<int>(step.parameters.size());
  const std::size_t times = step.rows == Rows::kTaken ? rowids.size() : 1;
  for (std::size_t i = 0; i < times; ++i) {
    std::optional<std::int64_t> rowid;
    if (step.rows == Rows::kTaken) {
      if (i > 0) running->reset();
      rowid = rowids[i];
      running->bind(place, *rowid);
    }
    auto row = running->step();
    for (; row.ok() && *row; row = running->step()) {
      if (step.rows == Rows::kGiven) rowids.push_back(std::get<std::int64_t>(running->value(0)));
    }
    if (!row.ok()) return failed_step(row.error(), statement, step, parameters, rowid);
    if (step.counts_rows) *changes += databases_.opened()->changes();
  }
  return kRan;
}

// Of the first row that was inserted with a generated one. Some of those that were offered may have gone to
// rows that were there already; they are new, so those that are found in the table have become rows.
std::uint64_t SqlSession::insert_id(const sql::Statement& statement, std::int64_t changes) {
  if (statement.verb != sql::Statement::WriteVerb::kInsert) return state_.first_id();
  const std::int64_t inserted = changes - state_.rows_updated();
  if (inserted == 0) {
    state_.settle_first_id(0);
    return state_.first_id() != 0 ? state_.first_id() : state_.updated_id();
  }
  const auto& offered = state_.offered_ids();
  if (static_cast<std::int64_t>(offered.size()) > inserted) {
    const auto found = databases_.first_found(statement.tables[0], offered);
    if (found) state_.settle_first_id(static_cast<std::uint64_t>(*found));
  }
  return state_.first_id();
}

// UPDATE counts the rows that have changed, or those that were found where the client wants that. INSERT ...
// ON DUPLICATE KEY UPDATE counts 1 for a new row, 2 for a changed one.
mysql::Outcome SqlSession::write_outcome(const sql::Statement& statement, std::int64_t changes, bool more) {
  using Verb = sql::Statement::WriteVerb;
  mysql::Outcome result = outcome(more);
  std::int64_t replaced = 0;
  if (statement.verb == Verb::kReplace || statement.verb == Verb::kLoad) {
    const auto found = removed_.find(statement.tables[0].table);
    if (found != removed_.end()) replaced = static_cast<std::int64_t>(found->second);
  }
  if (load_.has_value()) {
    const auto rows = static_cast<std::int64_t>(load_->rows);
    result.affected_rows = static_cast<std::uint64_t>(changes + replaced);
    result.last_insert_id = state_.first_id();
    result.info = "Records: " + std::to_string(rows) + "  Deleted: " + std::to_string(replaced) +
                  "  Skipped: " + std::to_string(rows - changes) +
                  "  Warnings: " + std::to_string(result.warnings);
    return result;
  }
  const std::int64_t updated = state_.rows_updated();
  std::int64_t changed = state_.rows_changed();
  // Rows that UPDATE IGNORE has not written, as they collide with others.
  if (statement.ignore && statement.verb == Verb::kUpdate)
    changed -= updated - state_.rows_refused() - changes;
  const std::int64_t counted = found_rows_ ? updated : changed;
  const bool is_update = statement.verb == Verb::kUpdate;
  const std::int64_t unchanged = found_rows_ ? updated - changed : 0;
  const std::int64_t affected = is_update ? counted : changes - updated + 2 * changed + unchanged + replaced;
  result.affected_rows = static_cast<std::uint64_t>(affected);
  result.last_insert_id = insert_id(statement, changes);
  const std::string warnings = "  Warnings: " + std::to_string(result.warnings);
  if (is_update) {
    result.info =
        "Rows matched: " + std::to_string(updated) + "  Changed: " + std::to_string(changed) + warnings;
  } else if (statement.verb != Verb::kDelete && statement.rows != 1) {
    const std::int64_t records =
        statement.rows != 0 ? static_cast<std::int64_t>(statement.rows) : changes + state_.duplicates();
    const std::int64_t duplicates = statement.ignore ? records - changes : changed + replaced;
    result.info =
        "Records: " + std::to_string(records) + "  Duplicates: " + std::to_string(duplicates) + warnings;
  }
  return result;
}

// --- rows -------------------------------------------------------------------------------------------------

void SqlSession::take_values(store::ClientStatement& statement, const std::vector<mysql::Column>& columns) {
  values_.clear();
  texts_.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    mysql::Value value = std::visit([](const auto& given) -> mysql::Value { return given; },
                                    statement.value(static_cast<int>(i)));
    const mysql::Column& column = columns[i];
    const auto* const number = std::get_if<std::int64_t>(&value);
    if (number != nullptr && column.type == mysql::ColumnType::kBit) {
      texts_[i] = bytes_of_bits(static_cast<std::uint64_t>(*number), column.length);
      value = std::string_view(texts_[i]);
    } else if (number != nullptr && (column.flags & mysql::kUnsigned) != 0) {
      value = static_cast<std::uint64_t>(*number);
    }
    values_.push_back(value);
  }
}

SqlSession::Done SqlSession::send_row(store::ClientStatement& statement,
                                      const std::vector<mysql::Column>& columns) {
  take_values(statement, columns);
  if (!reply_->row(values_)) {
    return mysql::unknown_error("a value in the result does not have the type of its column");
  }
  return kRan;
}

SqlSession::Done SqlSession::send_rows(store::ClientStatement& statement,
                                       const std::vector<mysql::Column>& columns, bool on_row,
                                       std::uint64_t* sent) {
  for (; on_row; ++*sent) {
    Done done = send_row(statement, columns);
    if (!done.ok()) return done;
    if (reply_->pending() > kPieceBytes) {
      if (telling_again_) return mysql::deadlock();
      told_.close();
      if (!line_.write(reply_->take())) return mysql::query_interrupted();
    }
    auto row = statement.step();
    if (!row.ok()) return failed(row.error(), nullptr);
    on_row = *row;
  }
  return kRan;
}

}  // namespace murmel::service
