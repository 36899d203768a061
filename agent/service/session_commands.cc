// What SqlSession does itself: transactions, SET, USE, KILL, accounts, PREPARE, databases.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "agent/functions/collation.h"
#include "agent/functions/value.h"
#include "agent/service/client_errors.h"
#include "agent/service/numbers.h"
#include "agent/service/sql_session.h"
#include "agent/sql/lexer.h"
#include "agent/sql/types.h"

namespace murmel::service {
namespace {

constexpr std::monostate kObeyed;
constexpr int kExecuteDepthMax = 1;  // EXECUTE does not execute EXECUTE
constexpr std::size_t kNamedStatementsMax = 16'382;

double seconds_of(const session::Value& value) {
  if (const auto* const whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  const auto* const text = std::get_if<std::string>(&value);
  return text != nullptr ? std::strtod(text->c_str(), nullptr) : 0;
}

}  // namespace

// --- transactions -----------------------------------------------------------------------------------------

SqlSession::Done SqlSession::command(const sql::TransactionCommand& transaction, bool more) {
  using What = sql::TransactionCommand::What;
  Done done = kObeyed;
  bool begin = transaction.chain;
  const bool was_read_only = read_only_;
  switch (transaction.what) {
    case What::kBegin:
      done = end_transaction(true);
      unlock_tables();
      begin = true;
      break;
    case What::kCommit: done = end_transaction(true); break;
    case What::kRollback: done = end_transaction(false); break;
    case What::kSavepoint:
    case What::kRollbackTo:
    case What::kRelease: done = savepoint(transaction); break;
  }
  if (!done.ok()) return done;
  finish_.leave = transaction.release;
  if (begin) {
    Done begun = start_transaction();
    if (begun.ok() && transaction.consistent_snapshot) begun = open_snapshot();
    if (!begun.ok()) return begun;
    // Reading takes the snapshot, which SQLite otherwise takes with the first statement.
    if (transaction.consistent_snapshot) {
      session::schema_cookie(databases_.opened()->handle(), "main");
      answered_ = true;  // the client wants this snapshot, no later one
      told_.close();
    }
    read_only_ = transaction.chain
                     ? was_read_only
                     : transaction.read_only ||
                           (!transaction.read_write && state_.variables.number("transaction_read_only") != 0);
  }
  state_.counted = 0;
  ok(more);
  return kObeyed;
}

SqlSession::Done SqlSession::command(const sql::UseCommand& use_command, bool more) {
  Done done = use(use_command.database);
  if (!done.ok()) return done;
  mysql::Outcome result = outcome(more);
  result.changes.push_back({mysql::SessionChange::Kind::kDatabase, databases_.name(), {}});
  reply_->ok(result);
  return kObeyed;
}

// --- SET --------------------------------------------------------------------------------------------------

SqlSession::Done SqlSession::command(const sql::SetCommand& set_command, bool more) {
  mysql::Outcome result;
  for (const sql::SetItem& item : set_command.items) {
    Done done = set(item, &result);
    if (!done.ok()) return done;
  }
  result.status = status(more);
  result.warnings = state_.diagnostics.count();
  reply_->ok(result);
  return kObeyed;
}

// The first column of a query of one row.
mysql::Answer<session::Value> SqlSession::evaluate(const std::string& query) {
  auto running = prepare({query, {}, false}, {});
  if (!running.ok()) return running.error();
  auto row = running->step();
  if (!row.ok()) return failed(row.error(), nullptr);
  const store::ClientValue value = *row ? running->value(0) : store::ClientValue();
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return session::Value(*number);
  if (const auto* const text = std::get_if<std::string_view>(&value))
    return session::Value(std::string(*text));
  if (const auto* const real = std::get_if<double>(&value)) return session::Value(mysql::number_text(*real));
  return session::Value();
}

SqlSession::Done SqlSession::set(const sql::SetItem& item, mysql::Outcome* outcome) {
  using Scope = sql::SetItem::Scope;
  constexpr std::string_view kSelect = "SELECT ";
  switch (item.scope) {
    case Scope::kNames: return state_.variables.set_names(item.word, item.collation);
    case Scope::kCharacterSet: return state_.variables.set_names(item.word, {});
    case Scope::kUser: {
      // As an argument, as a subquery would take its type away.
      const std::string query = "SELECT \"mysql_set_user_variable\"(" + session::quoted_text(item.name) +
                                ", " + item.value_sql.substr(kSelect.size()) + ")";
      auto value = evaluate(query);
      return value.ok() ? Done(kObeyed) : Done(value.error());
    }
    case Scope::kTransaction: {
      const std::string word = sql::upper_case(item.word);
      const bool access = word == "READ ONLY" || word == "READ WRITE";
      const char* const name = access ? "transaction_read_only" : "transaction_isolation";
      const session::Value value =
          access ? session::Value(std::int64_t{word == "READ ONLY"}) : session::Value(item.word);
      if (item.next_only) {
        Done noted = note_next_only();
        if (!noted.ok()) return noted;
      }
      if (sql::upper_case(item.name) != "GLOBAL") return state_.variables.set(name, value);
      if (auto refusal = may_set_global()) return *refusal;
      return state_.variables.set_global(name, value, false, true);
    }
    case Scope::kGlobal:
    case Scope::kPersist: return set_global(item);
    case Scope::kDefault:
    case Scope::kSession: break;
  }
  return set_variable(item, outcome);
}

// SET TRANSACTION without SESSION holds for the next transaction only.
SqlSession::Done SqlSession::note_next_only() {
  if (in_transaction()) {
    return mysql::ClientError{
        1568, "25001", "Transaction characteristics can't be changed while a transaction is in progress"};
  }
  if (!after_next_.has_value()) {
    after_next_ = AfterNext{state_.variables.text("transaction_isolation"),
                            state_.variables.number("transaction_read_only")};
  }
  return kObeyed;
}

void SqlSession::end_next_only(const sql::Statement& statement) {
  using Kind = sql::StatementKind;
  const bool used = statement.kind == Kind::kQuery || statement.kind == Kind::kWrite ||
                    statement.kind == Kind::kTransaction || statement.kind == Kind::kDdl;
  if (!after_next_.has_value() || !used || in_transaction()) return;
  (void)state_.variables.set("transaction_isolation", session::Value(after_next_->isolation));
  (void)state_.variables.set("transaction_read_only", session::Value(after_next_->read_only));
  after_next_.reset();
}

accounts::Refusal SqlSession::may_set_global() const {
  auto refusal = rights_->may({accounts::Privilege::kSuper});
  if (refusal.has_value()) {
    refusal->message =
        "Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for this "
        "operation";
  }
  return refusal;
}

// Nothing: DEFAULT.
mysql::Answer<std::optional<session::Value>> SqlSession::assigned_value(const sql::SetItem& item) {
  if (!item.value_sql.empty()) {
    auto evaluated = evaluate(item.value_sql);
    if (!evaluated.ok()) return evaluated.error();
    return std::optional(std::move(*evaluated));
  }
  if (sql::upper_case(item.word) == "DEFAULT") return std::optional<session::Value>();
  return std::optional<session::Value>(item.word);
}

SqlSession::Done SqlSession::set_global(const sql::SetItem& item) {
  const bool of_sessions =
      item.name == "timestamp" || item.name == "last_insert_id" || item.name == "identity";
  if (of_sessions) {
    return mysql::ClientError{
        1228, "HY000",
        "Variable '" + item.name + "' is a SESSION variable and can't be used with SET GLOBAL"};
  }
  if (auto refusal = may_set_global()) return *refusal;
  auto value = assigned_value(item);
  if (!value.ok()) return value.error();
  const bool persist = item.scope == sql::SetItem::Scope::kPersist;
  return state_.variables.set_global(item.name, *value, persist, !item.persist_only);
}

SqlSession::Done SqlSession::set_variable(const sql::SetItem& item, mysql::Outcome* outcome) {
  auto found = assigned_value(item);
  if (!found.ok()) return found.error();
  const std::optional<session::Value> value = std::move(*found);
  const std::int64_t before = state_.variables.number("autocommit");
  if (item.name == "last_insert_id" || item.name == "identity") {
    const auto* const id = value ? std::get_if<std::int64_t>(&*value) : nullptr;
    state_.set_last_insert_id(id != nullptr ? static_cast<std::uint64_t>(*id) : 0);
    return kObeyed;
  }
  if (item.name == "timestamp") {
    const double seconds = value ? seconds_of(*value) : 0;
    state_.fixed_time_us.reset();
    if (seconds != 0) state_.fixed_time_us = std::llround(seconds * 1e6);
    return kObeyed;
  }
  Done done = state_.variables.set(item.name, value);
  if (!done.ok()) return done;
  if (item.name == "foreign_key_checks") {
    databases_.check_foreign_keys(state_.variables.number("foreign_key_checks") != 0);
  }
  if (item.name != "autocommit") return kObeyed;
  const bool on = state_.variables.number("autocommit") != 0;
  outcome->changes.push_back({mysql::SessionChange::Kind::kVariable, "autocommit", on ? "ON" : "OFF"});
  return on && before == 0 ? end_transaction(true) : Done(kObeyed);
}

// --- PREPARE, EXECUTE -------------------------------------------------------------------------------------

mysql::Answer<std::string> SqlSession::prepared_text(const sql::PreparedCommand& prepared) {
  if (prepared.from_variable.empty()) return prepared.text;
  auto value =
      evaluate("SELECT \"mysql_user_variable\"(" + session::quoted_text(prepared.from_variable) + ")");
  if (!value.ok()) return value.error();
  const auto* const text = std::get_if<std::string>(&*value);
  return text != nullptr ? *text : std::string("NULL");
}

SqlSession::Parameters SqlSession::variables_of(const std::vector<std::string>& names) {
  Parameters parameters;
  for (const std::string& name : names) {
    const std::string encoded = state_.user_variable(name);
    const std::size_t blank = encoded.find(' ');
    if (blank == std::string::npos) {
      parameters.emplace_back();
      continue;
    }
    const std::string text = encoded.substr(blank + 1);
    const functions::Value value = functions::Value::of_text(text);
    switch (functions::kind_named(encoded.substr(0, blank))) {
      case functions::Kind::kInteger: parameters.emplace_back(functions::to_integer(value, nullptr)); break;
      case functions::Kind::kUnsigned:
        parameters.emplace_back(static_cast<std::uint64_t>(functions::to_integer(value, nullptr)));
        break;
      case functions::Kind::kDouble: parameters.emplace_back(functions::to_double(value, nullptr)); break;
      case functions::Kind::kNull:
      case functions::Kind::kDecimal:
      case functions::Kind::kText:
      case functions::Kind::kBinary:
      case functions::Kind::kDate:
      case functions::Kind::kDateTime:
      case functions::Kind::kTime:
      case functions::Kind::kYear:
      case functions::Kind::kJson:
      case functions::Kind::kBit: parameters.emplace_back(text); break;
    }
  }
  return parameters;
}

SqlSession::Done SqlSession::command(const sql::PreparedCommand& prepared, bool more) {
  using What = sql::PreparedCommand::What;
  const mysql::ClientError unknown{1243, "HY000",
                                   "Unknown prepared statement handler (" + prepared.name + ") given to " +
                                       (prepared.what == What::kExecute ? "EXECUTE" : "DEALLOCATE PREPARE")};
  if (prepared.what == What::kPrepare) {
    auto text = prepared_text(prepared);
    if (!text.ok()) return text.error();
    const auto statement = read_prepared(*text);
    if (!statement.ok()) return statement.error();
    if (named_.size() >= kNamedStatementsMax) return mysql::too_many_statements(kNamedStatementsMax);
    named_[prepared.name] = std::move(*text);
    ok(more);
    return kObeyed;
  }
  const auto found = named_.find(prepared.name);
  if (found == named_.end()) return unknown;
  if (prepared.what == What::kDeallocate) {
    named_.erase(found);
    ok(more);
    return kObeyed;
  }
  if (depth_ >= kExecuteDepthMax) return mysql::not_supported("EXECUTE of EXECUTE");
  const Parameters parameters = variables_of(prepared.using_variables);
  sql::StatementReader reader(found->second);
  const auto statement = translate(reader, parameters);
  if (!statement.has_value() || statement->parameters != parameters.size()) {
    return mysql::wrong_arguments("EXECUTE");
  }
  ++depth_;
  Done done = run(*statement, parameters, more, nullptr);
  --depth_;
  return done;
}

// --- the server's ------------------------------------------------------------------------------------------

SqlSession::Done SqlSession::command(const sql::KillCommand& kill, bool more) {
  auto id = evaluate(kill.id_sql);
  if (!id.ok()) return id.error();
  const auto* const number = std::get_if<std::int64_t>(&*id);
  if (number == nullptr || *number < 0) return mysql::no_such_thread(0);
  if (auto refusal = rights_->kill(static_cast<std::uint64_t>(*number), kill.query_only)) return *refusal;
  ok(more);
  return kObeyed;
}

// A table is there when something is granted on it, unless it may be created.
SqlSession::Done SqlSession::check_granted_table(const sql::AccountCommand& account) {
  const bool of_table = account.what == sql::AccountCommand::What::kGrant && !account.table.empty() &&
                        account.table != "*" && account.database != "*";
  const bool creates = std::any_of(
      account.privileges.begin(), account.privileges.end(),
      [](const sql::Privilege& one) { return one.name == "CREATE" || one.name == "ALL PRIVILEGES"; });
  if (!of_table || creates) return kObeyed;
  const std::string database = account.database.empty() ? databases_.name() : account.database;
  if (database.empty()) return mysql::no_database();
  databases_.begin_translation();
  const bool there = databases_.exists(database) && (databases_.table(database, account.table) != nullptr ||
                                                     databases_.hidden().has_value());
  return there ? Done(kObeyed) : mysql::no_such_table(database, account.table);
}

SqlSession::Done SqlSession::command(const sql::AccountCommand& account, bool more) {
  Done ended = end_transaction(true);
  if (ended.ok()) ended = check_granted_table(account);
  if (!ended.ok()) return ended;
  auto notes = rights_->change(account, databases_.name());
  if (!notes.ok()) return notes.error();
  for (accounts::Note& note : *notes) {
    state_.diagnostics.add(functions::Level::kNote, note.number, std::move(note.message));
  }
  ok(more);
  return kObeyed;
}

// What CHARACTER SET and COLLATE say together; empty: neither is there.
mysql::Answer<std::string> SqlSession::collation_wanted(const sql::DatabaseCommand& database) const {
  const std::string charset = sql::name_of_today(session::lower_case(database.charset));
  const std::string collation = sql::name_of_today(session::lower_case(database.collation));
  if (collation.empty() || collation == "default") {
    if (charset.empty()) return std::string();
    std::string standard = sql::default_collation(charset == "default" ? "utf8mb4" : charset);
    if (functions::find_collation(standard) != nullptr) return standard;
    return mysql::ClientError{1115, "42000", "Unknown character set: '" + database.charset + "'"};
  }
  if (functions::find_collation(collation) == nullptr) {
    return mysql::ClientError{1273, "HY000", "Unknown collation: '" + database.collation + "'"};
  }
  if (!charset.empty() && charset != "default" && !collation.starts_with(charset)) {
    return mysql::ClientError{
        1253, "42000", "COLLATION '" + collation + "' is not valid for CHARACTER SET '" + charset + "'"};
  }
  return collation;
}

SqlSession::Done SqlSession::command(const sql::DatabaseCommand& given, bool more) {
  using What = sql::DatabaseCommand::What;
  sql::DatabaseCommand database = given;
  if (database.name.empty()) database.name = databases_.name();
  if (database.name.empty()) return mysql::no_database();
  const auto collation = collation_wanted(database);
  if (!collation.ok()) return collation.error();
  Done ended = end_transaction(true);
  if (!ended.ok()) return ended;
  if (session::is_info_database(database.name)) {
    return accounts::database_denied(rights_->client(), database.name);
  }
  if (auto refusal = rights_->may_define(database)) return *refusal;
  const bool exists = databases_.exists(database.name);
  if (database.what == What::kAlter) {
    if (!exists) return mysql::unknown_database(database.name);
    if (auto refusal = rights_->set_collation(database.name, *collation)) return *refusal;
  } else {
    const std::string id = databases_.id_of(database.name);
    // One that is not open may be there all the same, when the server has just been started.
    const auto refusal = database.what == What::kCreate && exists
                             ? SessionHost::Refusal(database_exists(database.name))
                             : host_.change_database(database);
    const bool known = refusal.has_value() && (refusal->number == 1007 || refusal->number == 1008);
    if (refusal.has_value() && !(known && (database.if_exists || database.if_not_exists))) return *refusal;
    if (known) {
      state_.diagnostics.add(functions::Level::kNote, refusal->number, refusal->message);
      reply_->ok(database_outcome(database, more));
      return kObeyed;
    }
    // One that was dropped leaves none to the next of its name.
    const std::string kept =
        database.what == What::kDrop || collation->empty() ? std::string("utf8mb4_0900_ai_ci") : *collation;
    if (auto unkept = rights_->set_collation(database.name, kept)) return *unkept;
    if (database.what == What::kDrop && exists) {
      const Done dropped = host_.numbers().drop_database(id);
      if (!dropped.ok()) return dropped;
    }
    if (database.what == What::kDrop && database.name == databases_.name()) databases_.leave();
  }
  reply_->ok(database_outcome(database, more));
  return kObeyed;
}

mysql::Outcome SqlSession::database_outcome(const sql::DatabaseCommand& database, bool more) const {
  mysql::Outcome result = outcome(more);
  result.affected_rows = database.what == sql::DatabaseCommand::What::kDrop ? 0 : 1;
  return result;
}

}  // namespace murmel::service
