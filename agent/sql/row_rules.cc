#include "agent/sql/row_rules.h"

#include <algorithm>
#include <string>

#include "agent/sql/parser.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

bool is_same_column(const Node* a, const Node* b) {
  return same_name(a->text, b->text) && same_name(a->qualifier, b->qualifier);
}

}  // namespace

bool varies(const Node* node) {
  if (node == nullptr) return false;
  if (node->kind == Kind::kAssign) return true;
  if (node->kind == Kind::kCall) {
    for (const std::string_view name : {"rand", "uuid", "uuid_short", "sysdate", "random_bytes",
                                        "last_insert_id", "mysql_set_user_variable"}) {
      if (same_name(node->text, name)) return true;
    }
  }
  return std::any_of(node->kids, node->kids + node->count, varies);
}

void substitute(Arena& arena, Node*& node, std::span<const AssignedColumn> assigned) {
  if (node == nullptr) return;
  if (node->kind == Kind::kColumn) {
    for (auto target = assigned.rbegin(); target != assigned.rend(); ++target) {
      if (!is_same_column(target->column, node)) continue;
      Node* const value = clone(arena, target->value);
      value->type = &target->info->type;
      node = value;
      return;
    }
    return;
  }
  for (std::uint32_t i = 0; i < node->count; ++i) substitute(arena, node->kids[i], assigned);
}

Node* parse_expression(std::string_view text, Context& context) {
  Parser parser(context.arena.copy("SELECT " + std::string(text)), SqlMode{}, context.arena);
  const auto parsed = parser.next();
  if (parsed && !parsed->error) return parsed->tree->kid(1)->kid(0)->kid(0)->kid(0);
  context.not_supported("this expression in the definition of a table");
  return nullptr;
}

RowRules::RowRules(Context& context, const TableInfo& table, std::string_view alias, bool ignore)
    : context_(context), table_(table), alias_(alias), ignore_(ignore) {}

bool RowRules::has_any(const TableInfo& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), is_computed) ||
         std::any_of(table.checks.begin(), table.checks.end(),
                     [](const CheckInfo& check) { return check.enforced; });
}

Node* RowRules::expression(std::string_view text, bool condition) {
  Node* const tree = parse_expression(text, context_);
  if (tree == nullptr) return new_node(context_.arena, Kind::kNull);
  Scope scope;
  ScopeTable row{alias_, {}, {}, {}, {}};
  for (const ColumnInfo& column : table_.columns) row.columns.push_back({column.name, &column.type, &column});
  scope.tables.push_back(std::move(row));
  Resolver(context_).expression(tree, scope, "expression");
  if (context_.error) return tree;
  Lowering lowering(context_);
  return condition ? lowering.condition(tree) : lowering.lower(tree);
}

bool RowRules::concerns(const Node* node, std::span<const AssignedColumn> row) const {
  if (node == nullptr) return false;
  if (node->kind == Kind::kColumn) {
    return std::any_of(row.begin(), row.end(),
                       [&](const AssignedColumn& column) { return is_same_column(column.column, node); });
  }
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return concerns(kid, row); });
}

// The expression with the row's new values, which are evaluated once more in it.
Node* RowRules::over(Node* node, std::span<const AssignedColumn> row) {
  substitute(context_.arena, node, row);
  if (varies(node)) {
    context_.not_supported("a value that varies, where a generated column or CHECK constraint depends on it");
  }
  return node;
}

Node* RowRules::generated(const ColumnInfo& column) {
  Node* const value = expression(column.generation, false);
  if (context_.error) return value;
  Lowering lowering(context_);
  return convert_for_column(column, lowering.typed(value), 1, context_.settings.mode.strict && !ignore_,
                            context_);
}

void RowRules::generate(std::vector<AssignedColumn>& row, bool all) {
  for (const ColumnInfo& column : table_.columns) {
    if (!is_computed(column) || context_.error) continue;
    Node* const target = new_node(context_.arena, Kind::kColumn, {}, column.name);
    target->qualifier = alias_;
    const auto given = std::find_if(row.begin(), row.end(), [&](const AssignedColumn& assigned) {
      return is_same_column(assigned.column, target);
    });
    Node* const value = generated(column);
    if (given != row.end()) {
      given->value = over(value, row);
    } else if (all || concerns(value, row)) {
      row.push_back({target, &column, over(value, row)});
    }
  }
}

std::vector<Node*> RowRules::checks(std::span<const AssignedColumn> row, bool all) {
  std::vector<Node*> result;
  for (const CheckInfo& check : table_.checks) {
    if (!check.enforced || context_.error) continue;
    Node* const condition = expression(check.expression, true);
    if (!all && !concerns(condition, row)) continue;
    Node* const name = new_node(context_.arena, Kind::kString, {}, context_.arena.copy(check.name));
    Node* const call = new_node(context_.arena, Kind::kCall, {over(condition, row), name}, "mysql_check");
    if (ignore_) append(context_.arena, call, new_node(context_.arena, Kind::kString, {}, "ignore"));
    result.push_back(call);
  }
  return result;
}

}  // namespace murmel::sql
