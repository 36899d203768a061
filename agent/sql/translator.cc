#include "agent/sql/translator.h"

#include <algorithm>
#include <utility>

#include "agent/sql/define.h"
#include "agent/sql/locking_read.h"
#include "agent/sql/lower.h"
#include "agent/sql/parser.h"
#include "agent/sql/printer.h"
#include "agent/sql/resolve.h"
#include "agent/sql/sqlite_text.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

Step finished(Printer& printer) {
  Step step;
  step.sql = std::move(printer.text);
  step.parameters = std::move(printer.parameters);
  return step;
}

// How many rows there would be without LIMIT.
Step count_step(Node* query) {
  constexpr std::uint32_t kOrder = 2, kLimit = 3;
  query->kids[kOrder] = nullptr;
  query->kids[kLimit] = nullptr;
  Printer printer;
  printer.add("SELECT count(*) FROM (");
  printer.node(query);
  printer.add(")");
  return finished(printer);
}

void run_query(Node* query, Context& context, Statement& out) {
  Resolver resolver(context);
  resolver.query(query, nullptr);
  if (context.error) return;
  LockingRead locking(query, context, !out.file.has_value());
  Lowering lowering(context);
  lowering.lower(query);
  if (context.error) return;
  locking.add_keys(query);
  Printer printer;
  printer.node(query);
  out.steps.push_back(finished(printer));
  out.columns = std::move(resolver.result);
  out.locks = locking.take_uses();
  out.calc_found_rows = query->kid(1)->kind == Kind::kSelect && query->kid(1)->has(kCalcFoundRows);
  if (out.calc_found_rows) out.steps.push_back(count_step(query));
}

// The query's values go to user variables, with their types.
void run_into(const Node* query, const std::vector<std::string_view>& variables, Context& context,
              Statement& out) {
  if (variables.size() != out.columns.size()) {
    return context.fail(1222, "21000", "The used SELECT statements have a different number of columns");
  }
  Lowering lowering(context);
  Printer printer;
  std::string names;
  printer.add("SELECT ");
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string name = "c" + std::to_string(i);
    Node* const column = new_node(context.arena, Kind::kColumn, {}, context.arena.copy(name));
    column->qualifier = "_mysql_source";
    column->type = &out.columns[i].type;
    Node* const variable = new_node(context.arena, Kind::kString, {}, variables[i]);
    if (i != 0) printer.add(", ");
    printer.node(
        new_node(context.arena, Kind::kCall, {variable, lowering.typed(column)}, "mysql_set_user_variable"));
    names += (i == 0 ? "\"" : ", \"") + name + "\"";
  }
  for (std::size_t i = 0; i < locking_values(out); ++i) {
    const std::string name = "\"k" + std::to_string(i) + "\"";
    printer.add(", \"_mysql_source\"." + name);
    names += ", " + name;
  }
  printer.add(" FROM (WITH \"_mysql_rows\"(" + names + ") AS (");
  printer.node(query);
  printer.add(") SELECT * FROM \"_mysql_rows\" LIMIT 2) AS \"_mysql_source\"");
  out.steps = {finished(printer)};
  out.into = variables.size();
}

void run_write(Node* tree, Context& context, Statement& out) {
  WriteTranslation translation(context, out);
  if (tree->kind == Kind::kLoad) return translation.load(tree);
  if (tree->kind == Kind::kInsert) return translation.insert(tree);
  if (tree->kind == Kind::kUpdate) return translation.update(tree);
  translation.remove(tree);
}

// "SELECT value" for an expression of a command.
std::string value_sql(Node* value, Context& context, bool bare) {
  if (!bare) {
    Resolver resolver(context);
    resolver.expression(value, Scope{}, "field list");
    if (context.error) return {};
  }
  Lowering lowering(context);
  value = lowering.lower(value);
  if (context.error) return {};
  Printer printer;
  printer.node(value);
  return bare ? printer.text : "SELECT " + printer.text;
}

void run_command(Parsed& parsed, Context& context, Statement& out) {
  if (auto* const set = std::get_if<SetCommand>(&parsed.command)) {
    for (std::size_t i = 0; i < parsed.values.size(); ++i) {
      if (parsed.values[i] != nullptr) set->items[i].value_sql = value_sql(parsed.values[i], context, false);
    }
  } else if (auto* const show = std::get_if<ShowCommand>(&parsed.command)) {
    // The columns of SHOW are the session's; they are taken as they come. So tables would be, unasked.
    if (!parsed.values.empty() && has_query(parsed.values[0])) {
      return context.not_supported("subqueries in SHOW ... WHERE");
    }
    if (!parsed.values.empty()) show->where_sql = value_sql(parsed.values[0], context, true);
  } else if (auto* const kill = std::get_if<KillCommand>(&parsed.command)) {
    kill->id_sql = value_sql(parsed.values[0], context, false);
  }
  out.command = std::move(parsed.command);
}

void run_explain(Node* tree, Context& context, Statement& out) {
  using Format = Statement::ExplainFormat;
  const std::string_view format = tree->kid(1) != nullptr ? tree->kid(1)->text : "TRADITIONAL";
  if (same_name(format, "JSON")) {
    out.explain_format = Format::kJson;
  } else if (same_name(format, "TREE")) {
    out.explain_format = Format::kTree;
  } else if (!same_name(format, "TRADITIONAL")) {
    return context.fail(1791, "HY000", "Unknown EXPLAIN format name: '" + std::string(format) + "'");
  }
  Node* const explained = tree->kid(0);
  if (explained->kind == Kind::kQuery) {
    run_query(explained, context, out);
  } else {
    run_write(explained, context, out);
  }
  out.columns.clear();
  out.locks.clear();
  if (!context.error) out.steps[0].sql.insert(0, "EXPLAIN QUERY PLAN ");
}

void note_databases(Statement& out) {
  for (const TableUse& use : out.tables) {
    if (use.database.empty()) continue;
    if (std::find(out.databases.begin(), out.databases.end(), use.database) == out.databases.end()) {
      out.databases.push_back(use.database);
    }
  }
}

void run(Parsed& parsed, Context& context, Statement& out) {
  Node* const tree = parsed.tree;
  out.file = std::move(parsed.file);
  if (tree->kind == Kind::kQuery) {
    const bool to_client = parsed.into.empty() && !out.file;
    if (to_client && tree->kid(3) == nullptr && !context.settings.select_limit.empty()) {
      Node* const rows = new_node(context.arena, Kind::kInteger, {}, context.settings.select_limit);
      tree->kids[3] = new_node(context.arena, Kind::kLimit, {rows, nullptr});
    }
    run_query(tree, context, out);
    if (!parsed.into.empty() && !context.error) run_into(tree, parsed.into, context, out);
  } else if (!parsed.into.empty() || (out.file && tree->kind != Kind::kLoad)) {
    context.not_supported("INTO in this statement");
  } else if (tree->kind == Kind::kLoad || tree->kind == Kind::kInsert || tree->kind == Kind::kUpdate ||
             tree->kind == Kind::kDelete) {
    run_write(tree, context, out);
  } else if (tree->kind == Kind::kExplain) {
    run_explain(tree, context, out);
  } else if (tree->kind == Kind::kCommand) {
    run_command(parsed, context, out);
  } else {
    DefinitionTranslation(context, out).run(tree);
  }
  out.tables.insert(out.tables.end(), context.uses.begin(), context.uses.end());
  note_databases(out);
}

}  // namespace

std::optional<Statement> StatementReader::next(const Settings& settings, const Catalog& catalog) {
  Arena arena;
  Parser parser(rest_, settings.mode, arena);
  auto parsed = parser.next();
  if (!parsed) {
    rest_ = {};
    return std::nullopt;
  }
  Statement out;
  out.kind = parsed->kind;
  out.text = parsed->text;
  out.parameters = parsed->parameters;
  Context context{arena, settings, catalog, std::move(parsed->error), {}};
  if (!context.error) run(*parsed, context, out);
  rest_.remove_prefix(std::min(parser.end(), rest_.size()));
  if (context.error) {
    out.has_error = true;
    out.error = std::move(*context.error);
    out.steps.clear();
    rest_ = {};
  }
  return out;
}

std::optional<Statement> StatementReader::next_untranslated(const Settings& settings,
                                                            const Catalog& catalog) {
  return is_session_text(rest_) ? next(settings, catalog) : next_sqlite_text(rest_);
}

bool StatementReader::at_end(const SqlMode& mode) const {
  Arena arena;
  return Parser(rest_, mode, arena).at_end();
}

std::vector<Statement> translate(std::string_view text, const Settings& settings, const Catalog& catalog) {
  std::vector<Statement> result;
  StatementReader reader(text);
  while (auto statement = reader.next(settings, catalog)) result.push_back(std::move(*statement));
  if (result.empty()) {
    Statement empty;
    empty.has_error = true;
    empty.error = {1065, "42000", "Query was empty"};
    result.push_back(std::move(empty));
  }
  return result;
}

}  // namespace murmel::sql
