// Queries as values: of one column, of a row, and with IN, ANY and ALL.
#include <algorithm>
#include <array>
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr char kQueryRows[] = "_mysql_query";

bool names_table(const Node* node, std::string_view alias) {
  if (node == nullptr) return false;
  if (node->kind == Kind::kQuery) return true;  // not looked into
  if (node->kind == Kind::kColumn) return node->qualifier == alias || node->has(kQuoted);
  return std::any_of(node->kids, node->kids + node->count,
                     [alias](const Node* kid) { return names_table(kid, alias); });
}

// Is this column equal to one value only, for all rows that pass the condition?
bool holds_one_value(const Node* condition, std::string_view alias, std::string_view name, Context& context) {
  if (condition == nullptr || condition->kind != Kind::kBinary) return false;
  if (condition->op == Op::kAnd) {
    return holds_one_value(condition->kid(0), alias, name, context) ||
           holds_one_value(condition->kid(1), alias, name, context);
  }
  if (condition->op != Op::kEq) return false;
  for (const std::uint32_t side : {0, 1}) {
    const Node* const column = condition->kid(side);
    const Node* const value = condition->kid(1 - side);
    const bool own = column->kind == Kind::kColumn && !column->has(kQuoted) && column->qualifier == alias &&
                     same_name(column->text, name);
    if (!own || column->type == nullptr || names_table(value, alias)) continue;
    const Comparable how = comparable(column, value, context);
    const bool whole = is_integer(column->type->kind) || is_binary(column->type->kind);
    const bool text = is_text(column->type->kind) && how.collation == collation_of(column, context);
    if (how.native && (whole || text)) return true;
  }
  return false;
}

// A table by itself, of which all columns of a unique key are given.
bool finds_by_key(const Node* select, Context& context) {
  const Node* const from = select->kid(kFrom);
  const auto scope = context.scopes.find(select);
  if (from->kind != Kind::kTable || scope == context.scopes.end()) return false;
  const ScopeTable& table = scope->second.tables.front();
  if (table.computed || table.name.empty()) return false;
  const bool current = table.database == context.settings.database;
  const TableInfo* const info =
      context.catalog.table(current ? std::string_view() : table.database, table.name);
  if (info == nullptr) return false;
  return std::any_of(info->indexes.begin(), info->indexes.end(), [&](const IndexInfo& index) {
    return index.unique &&
           std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& column) {
             return holds_one_value(select->kid(kWhere), table.alias, column, context);
           });
  });
}

// Is there an aggregate over this query's rows? One over columns of another query only is that query's.
bool sums_own_rows(const Node* node, const Scope& scope) {
  if (node == nullptr || node->kind == Kind::kQuery || node->kind == Kind::kOver) return false;
  const bool sums =
      node->kind == Kind::kGroupConcat || (node->kind == Kind::kCall && is_aggregate(node->text));
  const bool own = std::any_of(scope.tables.begin(), scope.tables.end(),
                               [&](const ScopeTable& table) { return names_table(node, table.alias); });
  if (sums) return own || !names_a_column(node);
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return sums_own_rows(kid, scope); });
}

bool has_one_row_at_most(const Node* query, Context& context) {
  const Node* body = query->kid(1);
  const Node* const limit = query->kid(3);
  if (limit != nullptr && limit->kid(0)->kind == Kind::kInteger &&
      (limit->kid(0)->text == "1" || limit->kid(0)->text == "0")) {
    return true;
  }
  if (body->kind == Kind::kQuery) return has_one_row_at_most(body, context);
  if (body->kind == Kind::kValues) return body->count == 1;
  if (body->kind != Kind::kSelect) return false;
  if (body->kid(kFrom) == nullptr) return true;
  const auto scope = context.scopes.find(body);
  const bool sums = scope != context.scopes.end() && (sums_own_rows(body->kid(kItems), scope->second) ||
                                                      sums_own_rows(body->kid(kHaving), scope->second));
  return (sums && body->kid(kGroup) == nullptr) || finds_by_key(body, context);
}

}  // namespace

// The query as a table that has a name for each of its columns.
Lowering::Rows Lowering::rows_of(Node* query) {
  Node* const names = make(Kind::kList, {});
  Node* const row = make(Kind::kRow, {});
  for (std::uint32_t i = 0; i < query->number; ++i) {
    Node* const column = make(Kind::kColumn, {}, context_.arena.copy("value" + std::to_string(i)));
    column->qualifier = kQueryRows;
    column->type = query->kid(4)->kids[i]->type;
    append(context_.arena, row, column);
    append(context_.arena, names, make(Kind::kName, {}, column->text));
  }
  return {make(Kind::kWith, {make(Kind::kCommonTable, {query, names}, kQueryRows)}), row};
}

Node* Lowering::value_over(const Rows& rows, Node* value, const Type* type) {
  Node* const items = make(Kind::kList, {make(Kind::kItem, {value})});
  Node* const from = make(Kind::kTable, {}, kQueryRows);
  from->flags |= kQuoted;
  Node* const select = make(Kind::kSelect, {items, from, nullptr, nullptr, nullptr, nullptr});
  Node* const result = make(Kind::kSubquery, {make(Kind::kQuery, {rows.with, select, nullptr, nullptr})});
  result->type = type;
  return result;
}

// SQLite takes the first of several rows, for MySQL they are an error.
Node* Lowering::subquery(Node* node) {
  const bool one = has_one_row_at_most(node->kids[0], context_);
  node->kids[0] = lower(node->kids[0]);
  if (one || context_.error) return node;
  const Rows rows = rows_of(node->kids[0]);
  return value_over(rows, call("mysql_one_row", {rows.values->kids[0]}), node->type);
}

// (a, b) = (SELECT c, d ...), or the other way round; null: it is none.
Node* Lowering::row_subquery(Node* node) {
  const std::uint32_t side = node->kids[1]->kind == Kind::kSubquery ? 1 : 0;
  Node* const found = node->kids[side];
  if (found->kind != Kind::kSubquery || found->number < 2) return nullptr;
  const Rows rows = rows_of(lower(found->kids[0]));
  std::array<Node*, 2> sides = {rows.values, rows.values};
  sides[1 - side] = lower(node->kids[1 - side]);
  Node* const test = comparison(node->op, sides[0], sides[1]);
  return value_over(rows, call("mysql_one_row", {test}), node->type);
}

Node* Lowering::in_query(Node* node) {
  Node* const query = node->kids[1];
  Node* const x = lower(node->kids[0]);
  const std::uint32_t wanted = x->kind == Kind::kRow ? x->count : 1;
  if (query->number != wanted) {
    context_.fail(1241, "21000", "Operand should contain " + std::to_string(wanted) + " column(s)");
    return node;
  }
  if (query->kid(3) != nullptr) {
    context_.not_supported("LIMIT & IN/ALL/ANY/SOME subquery");
    return node;
  }
  if (x->kind == Kind::kRow) return row_in_query(node, x, query);
  const Comparable how = comparable(x, query, context_);
  if (!how.native) return negated(over_query(Op::kEq, false, x, lower(query)), node->has(kNegated));
  node->kids[0] = with_collation(x, how.collation);
  node->kids[1] = lower(query);
  return node;
}

Node* Lowering::row_in_query(Node* node, Node* row, Node* query) {
  const Node* const columns = query->kid(4);
  bool native = true;
  for (std::uint32_t i = 0; i < row->count; ++i)
    native = native && comparable(row->kids[i], columns->kids[i], context_).native;
  if (!native) return negated(over_query(Op::kEq, false, row, lower(query)), node->has(kNegated));
  for (std::uint32_t i = 0; i < row->count; ++i) {
    const Comparable how = comparable(row->kids[i], columns->kids[i], context_);
    row->kids[i] = with_collation(row->kids[i], how.collation);
  }
  node->kids[0] = row;
  node->kids[1] = lower(query);
  return node;
}

// x op ANY (query): true if one is, else NULL if one is unknown, else false; ALL the other way round.
Node* Lowering::over_query(Op op, bool all, Node* left, Node* query) {
  const Rows rows = rows_of(query);
  const Node* const value = left->kind == Kind::kRow ? rows.values : rows.values->kids[0];
  const auto test = [&] { return comparison(op, clone(context_.arena, left), clone(context_.arena, value)); };
  Node* const decided = make(Kind::kBinary, {call(all ? "min" : "max", {test()}), integer(all ? "0" : "1")});
  decided->op = Op::kEq;
  Node* const every = call("count", {});
  every->flags |= kStarArgument;
  Node* const known = make(Kind::kBinary, {every, call("count", {test()})});
  known->op = Op::kEq;
  Node* const verdict = make(
      Kind::kCase, {nullptr, nullptr, decided, integer(all ? "0" : "1"), known, integer(all ? "1" : "0")});
  return value_over(rows, verdict, simple_type(TypeKind::kInt));
}

Node* Lowering::quantified(Node* node) {
  Node* const left = lower(node->kids[0]);
  return over_query(node->op, node->has(kAll), left, lower(node->kids[1]));
}

}  // namespace murmel::sql
