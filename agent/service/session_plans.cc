// SqlSession: statements that were translated before, with other values.
#include <algorithm>
#include <utility>

#include "agent/service/parameter_type.h"
#include "agent/service/sql_session.h"
#include "agent/session/columns.h"
#include "agent/session/info_tables.h"
#include "agent/sql/normalise.h"

namespace murmel::service {
namespace {

mysql::OwnedValue value_of(sql::Literal& literal) {
  return std::visit([](auto& value) -> mysql::OwnedValue { return std::move(value); }, literal);
}

// The same text means something else for values of other types.
std::string key_of(std::string_view text, const std::vector<mysql::OwnedValue>& values, bool literals) {
  std::string key(1, literals ? '+' : '-');
  key.reserve(values.size() + 2 + text.size());
  for (const mysql::OwnedValue& value : values)
    key += static_cast<char>('A' + static_cast<int>(type_of(value)));
  key += ' ';
  return key.append(text);
}

}  // namespace

std::optional<SqlSession::Done> SqlSession::run_plan(std::string_view text, const Parameters& parameters,
                                                     Prepared* cursor) {
  static const auto kTranslates = session::Variables::place("murmel_transpilation");
  if (state_.variables.number(kTranslates) == 0) return std::nullopt;
  std::optional<sql::NormalText> normal;
  Parameters taken;
  if (parameters.empty()) {
    normal = sql::normalise(text, state_.variables.mode());
    if (!normal.has_value()) return std::nullopt;
    taken.reserve(normal->values.size());
    for (sql::Literal& literal : normal->values) taken.push_back(value_of(literal));
    text = normal->text;
  } else if (text.size() > sql::kMaxNormalText) {
    return std::nullopt;
  }
  const Parameters& values = parameters.empty() ? taken : parameters;
  auto database = current();
  if (!database.ok()) return Done(database.error());
  databases_.begin_translation();
  const std::int64_t version = databases_.schema_version();
  if (version < 0) return std::nullopt;
  plans_.enter({*database, version, state_.variables.language()});
  std::string key = key_of(text, values, parameters.empty());
  std::shared_ptr<const Plan> plan = plans_.find(key);
  if (plan == nullptr) plan = make_plan(std::move(key), text, values, parameters.empty());
  if (plan == nullptr) return std::nullopt;
  plan_ = plan.get();
  const mysql::ReplyForm form = reply_->form();
  const std::size_t begin = reply_->pending();
  Done done = run(plan->statement, values, false, cursor);
  plan_ = nullptr;
  note_told(std::move(plan), parameters.empty() ? std::move(taken) : Parameters(parameters), form, begin,
            done);
  return done;
}

// What is wrong with a text is said of the text as the client sent it.
std::shared_ptr<const Plan> SqlSession::make_plan(std::string key, std::string_view text,
                                                  const Parameters& parameters, bool literals) {
  auto plan = std::make_unique<Plan>();
  plan->text = text;
  sql::StatementReader reader(plan->text);
  sql::Settings settings = this->settings(parameters);
  settings.literals = literals;
  auto statement = reader.next(settings, databases_);
  if (!statement.has_value() || statement->has_error || !reader.at_end(state_.variables.mode()))
    return nullptr;
  if (statement->parameters > parameters.size() || !is_worth_keeping(*statement)) return nullptr;
  plan->statement = std::move(*statement);
  plan->repeatable = is_repeatable(plan->statement);
  plan->counter = session::command_counter(plan->statement);
  plan->described = describe_ahead(plan->statement);
  return plans_.keep(std::move(key), std::move(plan));
}

// Nothing if a column's type is only known by its first value.
std::optional<std::vector<mysql::Column>> SqlSession::describe_ahead(const sql::Statement& statement) const {
  const bool known = std::all_of(
      statement.columns.begin(), statement.columns.end(),
      [](const sql::ResultColumn& column) { return column.type.kind != sql::TypeKind::kUnknown; });
  if (!known) return std::nullopt;
  const auto table_of = [this](const std::string& database, const std::string& name) {
    return databases_.table(database, name);
  };
  return session::describe_columns(statement.columns, databases_.name(), nullptr, table_of);
}

// BEGIN, COMMIT and ROLLBACK come with each transaction, mostly in the same words, and mean the same in any
// world.
void SqlSession::keep_command(std::string_view text, const sql::Statement& statement) {
  constexpr std::size_t kMost = 16;
  constexpr std::size_t kLongest = 64;
  using What = sql::TransactionCommand::What;
  const auto* const command = std::get_if<sql::TransactionCommand>(&statement.command);
  if (command == nullptr || statement.has_error || statement.untranslated || text.size() > kLongest) return;
  const bool ends = command->what == What::kCommit || command->what == What::kRollback;
  if ((!ends && command->what != What::kBegin) || commands_.size() >= kMost) return;
  const auto [kept, fresh] = commands_.emplace(text, statement);
  if (fresh) kept->second.text = kept->first;
}

std::optional<SqlSession::Done> SqlSession::run_kept_command(std::string_view text) {
  const auto kept = commands_.find(text);
  if (kept == commands_.end() || state_.variables.number("murmel_transpilation") == 0) return std::nullopt;
  auto database = current();
  if (!database.ok()) return Done(database.error());
  databases_.begin_translation();
  return run(kept->second, {}, false, nullptr);
}

// The world of a plan is the current database and its schema, nothing else.
bool SqlSession::is_worth_keeping(const sql::Statement& statement) const {
  const bool runs =
      statement.kind == sql::StatementKind::kQuery || statement.kind == sql::StatementKind::kWrite;
  const auto is_here = [this](const sql::TableUse& use) {
    return use.database.empty() || use.database == databases_.name();
  };
  return runs && !statement.file && statement.databases.empty() &&
         !session::is_info_database(databases_.name()) &&
         std::all_of(statement.tables.begin(), statement.tables.end(), is_here);
}

}  // namespace murmel::service
