#include "agent/sql/full_group_by.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/sql/lexer.h"
#include "agent/sql/view_query.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kViewQuery = 2;

using Column = std::pair<std::string_view, std::string>;  // alias of the table, name in lower case

Column column_of(const Node* node) {
  return {node->qualifier, lower_case(node->text)};
}

const Node* item_named(const Node* items, std::string_view alias) {
  for (std::uint32_t i = 0; i < items->count; ++i) {
    if (same_name(items->kids[i]->text, alias)) return items->kids[i]->kid(0);
  }
  return nullptr;
}

bool aggregates(const Node* node) {
  return node->kind == Kind::kGroupConcat || (node->kind == Kind::kCall && is_aggregate(node->text));
}

bool sums_rows(const Node* node) {
  if (node == nullptr || node->kind == Kind::kQuery) return false;
  if (node->kind == Kind::kOver) {  // its own call is none, what it is given may have one
    const Node* const call = node->kid(0);
    return std::any_of(call->kids, call->kids + call->count, sums_rows);
  }
  return aggregates(node) || std::any_of(node->kids, node->kids + node->count, sums_rows);
}

bool has_window(const Node* node) {
  return node != nullptr &&
         (node->kind == Kind::kOver || std::any_of(node->kids, node->kids + node->count, has_window));
}

// The columns that have one value in each group.
class Dependence {
 public:
  Dependence(const Node* select, const Scope& scope, Context& context)
      : select_(select), scope_(scope), context_(context) {
    const Node* const group = select->kid(kGroup);
    for (std::uint32_t i = 0; group != nullptr && i < group->count; ++i) {
      const Node* expression = group->kids[i]->kid(0);
      const bool alias = expression->kind == Kind::kColumn && expression->has(kQuoted);
      if (alias) expression = item_named(select->kid(kItems), expression->text);
      if (expression != nullptr) add(expression);
    }
    close();
  }

  // Of a derived table, which of whose columns have one value in each of the groups around it.
  Dependence(const Node* select, const Scope& scope, Context& context, const std::vector<bool>& known_items)
      : select_(select), scope_(scope), context_(context) {
    const Node* const items = select->kid(kItems);
    for (std::uint32_t i = 0; i < items->count; ++i) {
      if (known_items[i]) add(items->kids[i]->kid(0));
    }
    close();
  }

  // Of that derived table: has its column number `at` one value, too?
  bool determines(std::uint32_t at) const {
    const Node* const group = select_->kid(kGroup);
    const Node* const items = select_->kid(kItems);
    const bool grouped = group != nullptr || sums_rows(items) || sums_rows(select_->kid(kHaving));
    bool one_row = grouped;  // one of the query's groups
    for (std::uint32_t i = 0; group != nullptr && i < group->count; ++i) {
      const Node* expression = group->kids[i]->kid(0);
      const bool alias = expression->kind == Kind::kColumn && expression->has(kQuoted);
      if (alias) expression = item_named(items, expression->text);
      one_row =
          one_row && (expression == nullptr || (!sums_rows(expression) && strange(expression) == nullptr));
    }
    const Node* const value = items->kids[at]->kid(0);
    return one_row || (!sums_rows(value) && !has_window(value) && strange(value) == nullptr);
  }

  // The first column that may have several values in a group; null: there is none.
  const Node* strange(const Node* node) const {
    if (node == nullptr || node->kind == Kind::kQuery || aggregates(node)) return nullptr;
    if (node->kind == Kind::kCall && node->text == "grouping") return nullptr;
    const bool grouped = std::any_of(groups_.begin(), groups_.end(),
                                     [&](const Node* group) { return same_tree(group, node); });
    if (grouped) return nullptr;
    if (node->kind == Kind::kColumn) return is_known(node) ? nullptr : node;
    if (node->kind == Kind::kOver) return strange_in_window(node);
    for (std::uint32_t i = 0; i < node->count; ++i) {
      if (const Node* const found = strange(node->kids[i])) return found;
    }
    return nullptr;
  }

 private:
  void add(const Node* expression) {
    groups_.push_back(expression);
    if (expression->kind == Kind::kColumn) known_.insert(column_of(expression));
  }

  // All that follows from what is known.
  void close() {
    for (std::size_t before = known_.size() + 1; before != known_.size();) {
      before = known_.size();
      by_conditions(select_->kid(kWhere));
      if (select_->kid(kFrom) != nullptr) by_joins(select_->kid(kFrom));
      for (const ScopeTable& table : scope_.tables) {
        by_keys(table);
        by_query(table);
      }
    }
  }

  const Node* strange_in_window(const Node* over) const {
    const Node* const call = over->kid(0);
    for (std::uint32_t i = 0; i < call->count; ++i) {
      if (const Node* const found = strange(call->kids[i])) return found;
    }
    return strange(over->kid(1));
  }

  const ScopeTable* table_of(const Node* column) const {
    for (const ScopeTable& table : scope_.tables) {
      if (table.alias == column->qualifier) return &table;
    }
    return nullptr;
  }

  // Also an alias, whose expression is looked at where it stands, and columns of queries around this one.
  bool is_known(const Node* column) const {
    if (column->has(kQuoted)) return true;
    const ScopeTable* const table = table_of(column);
    if (table == nullptr) return true;
    if (table->name.empty() || table->computed) {
      const bool checked = table->numbered ? !table->derived : source_of(*table) != nullptr;
      if (!checked) return true;
    }
    return known_.contains(column_of(column));
  }

  // The body of the query behind it; null: there is none, or it is not looked into.
  const Node* source_of(const ScopeTable& table) const {
    if (table.numbered || table.source != nullptr || !table.computed)
      return table.numbered ? nullptr : table.source;
    const auto kept = views_.find(table.alias);
    if (kept != views_.end()) return kept->second;
    const bool current = table.database == context_.settings.database;
    const TableInfo* const info = current ? context_.catalog.table({}, table.name) : nullptr;
    const Node* const view = info != nullptr ? view_query(*info, {}, context_) : nullptr;
    return views_[table.alias] = view != nullptr ? view->kid(kViewQuery)->kid(1) : nullptr;
  }

  // What depends on known columns of a derived table within its query.
  void by_query(const ScopeTable& table) {
    const Node* source = source_of(table);
    while (source != nullptr && source->kind == Kind::kQuery) source = source->kid(1);
    if (source == nullptr || source->kind != Kind::kSelect) return;
    const auto scope = context_.scopes.find(source);
    std::vector<bool> known;
    for (const ScopeColumn& column : table.columns)
      known.push_back(known_.contains({table.alias, lower_case(column.name)}));
    const bool complete = scope != context_.scopes.end() && source->kid(kItems)->count == known.size();
    const std::optional<Dependence> within =
        complete ? std::optional<Dependence>(std::in_place, source, scope->second, context_, known)
                 : std::nullopt;
    for (std::uint32_t i = 0; i < known.size(); ++i) {
      if (!within || within->determines(i)) known_.insert({table.alias, lower_case(table.columns[i].name)});
    }
  }

  bool is_constant(const Node* node) const {
    if (node == nullptr) return true;
    if (node->kind == Kind::kQuery || aggregates(node)) return false;
    if (node->kind == Kind::kColumn)
      return !node->has(kQuoted) && (table_of(node) == nullptr || is_known(node));
    return std::all_of(node->kids, node->kids + node->count,
                       [this](const Node* kid) { return is_constant(kid); });
  }

  // Equalities that hold for all rows.
  void by_conditions(const Node* condition) {
    if (condition == nullptr || condition->kind != Kind::kBinary) return;
    if (condition->op == Op::kAnd) {
      by_conditions(condition->kid(0));
      by_conditions(condition->kid(1));
    }
    if (condition->op != Op::kEq && condition->op != Op::kNullEq) return;
    for (const std::uint32_t side : {0U, 1U}) {
      const Node* const column = condition->kid(side);
      if (column->kind != Kind::kColumn || column->has(kQuoted) || table_of(column) == nullptr) continue;
      if (is_constant(condition->kid(1 - side))) known_.insert(column_of(column));
    }
  }

  void tables_in(const Node* from, std::set<std::string_view>& aliases) const {
    if (from->kind == Kind::kTable) aliases.insert(from->qualifier.empty() ? from->text : from->qualifier);
    if (from->kind == Kind::kDerived || from->kind == Kind::kJsonTable) aliases.insert(from->text);
    if (from->kind != Kind::kJoin) return;
    tables_in(from->kid(0), aliases);
    tables_in(from->kid(1), aliases);
  }

  bool all_known(const Node* node, const std::set<std::string_view>& aliases) const {
    if (node == nullptr) return true;
    if (node->kind == Kind::kColumn && aliases.contains(node->qualifier) && !is_known(node)) return false;
    return std::all_of(node->kids, node->kids + node->count,
                       [&](const Node* kid) { return all_known(kid, aliases); });
  }

  // What an outer join looks for depends on the rows of its strong side, where these are known.
  void by_joins(const Node* from) {
    if (from->kind != Kind::kJoin) return;
    by_joins(from->kid(0));
    by_joins(from->kid(1));
    std::set<std::string_view> strong;
    if (from->text.starts_with("LEFT")) tables_in(from->kid(0), strong);
    if (from->text.starts_with("RIGHT")) tables_in(from->kid(1), strong);
    if (!all_known(from->kid(2), strong)) return;
    by_conditions(from->kid(2));
  }

  void by_keys(const ScopeTable& table) {
    if (table.name.empty() || table.computed) return;
    const std::string_view database =
        table.database == context_.settings.database ? std::string_view() : table.database;
    const TableInfo* const info = context_.catalog.table(database, table.name);
    if (info == nullptr) return;
    const auto has = [&](std::string_view column) {
      return known_.contains({table.alias, lower_case(column)});
    };
    const auto not_null = [info](std::string_view name) {
      return std::any_of(info->columns.begin(), info->columns.end(), [name](const ColumnInfo& column) {
        return column.not_null && same_name(column.name, name);
      });
    };
    const bool depends = std::any_of(info->indexes.begin(), info->indexes.end(), [&](const IndexInfo& index) {
      if (!index.unique || index.columns.empty()) return false;
      return std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& column) {
        return has(column) && (index.name == "PRIMARY" || not_null(column));
      });
    });
    for (const ColumnInfo& column : info->columns) {
      // What keys a table of SQLite's own has is not known.
      if (depends || column.generated || !info->from_mysql)
        known_.insert({table.alias, lower_case(column.name)});
    }
  }

  const Node* select_;
  const Scope& scope_;
  Context& context_;
  mutable std::map<std::string_view, const Node*> views_;  // by alias
  std::vector<const Node*> groups_;
  std::set<Column> known_;
};

std::string full_name(const Node* column, const Scope& scope) {
  for (const ScopeTable& table : scope.tables) {
    if (table.alias != column->qualifier || table.database.empty()) continue;
    return std::string(table.database) + "." + std::string(table.alias) + "." + std::string(column->text);
  }
  return std::string(column->qualifier) + "." + std::string(column->text);
}

void refuse(const Node* column, const char* clause, std::uint32_t number, bool groups, const Scope& scope,
            Context& context) {
  const std::string which = "xpression #" + std::to_string(number) + " of " + clause;
  if (!groups) {
    return context.fail(1140, "42000",
                        "In aggregated query without GROUP BY, e" + which +
                            " contains nonaggregated column '" + full_name(column, scope) +
                            "'; this is incompatible with sql_mode=only_full_group_by");
  }
  context.fail(
      1055, "42000",
      "E" + which + " is not in GROUP BY clause and contains nonaggregated column '" +
          full_name(column, scope) +
          "' which is not functionally dependent on columns in GROUP BY clause; this is incompatible "
          "with sql_mode=only_full_group_by");
}

const Node* column_beyond(const Node* node, const Node* items) {
  if (node == nullptr || node->kind == Kind::kQuery) return nullptr;
  const bool shown = std::any_of(items->kids, items->kids + items->count,
                                 [node](const Node* item) { return same_tree(item->kid(0), node); });
  if (shown) return nullptr;
  if (node->kind == Kind::kColumn) return node->has(kQuoted) ? nullptr : node;
  for (std::uint32_t i = 0; i < node->count; ++i) {
    if (const Node* const found = column_beyond(node->kids[i], items)) return found;
  }
  return nullptr;
}

// Rows that DISTINCT makes one may differ in what they would be ordered by.
void check_distinct(const Node* select, const Node* order, const Scope& scope, Context& context) {
  for (std::uint32_t i = 0; i < order->count; ++i) {
    const Node* const column = column_beyond(order->kids[i]->kid(0), select->kid(kItems));
    if (column == nullptr) continue;
    return context.fail(3065, "HY000",
                        "Expression #" + std::to_string(i + 1) +
                            " of ORDER BY clause is not in SELECT list, references column '" +
                            full_name(column, scope) +
                            "' which is not in SELECT list; this is incompatible with DISTINCT");
  }
}

}  // namespace

void check_full_group_by(const Node* select, const Node* order, const Scope& scope, Context& context) {
  if (!context.settings.mode.only_full_group_by || context.error) return;
  const Node* const items = select->kid(kItems);
  const bool groups = select->kid(kGroup) != nullptr;
  if (!groups && !sums_rows(items) && !sums_rows(select->kid(kHaving)) && !sums_rows(order)) {
    if (select->has(kDistinct) && order != nullptr) check_distinct(select, order, scope, context);
    return;
  }
  const Dependence dependence(select, scope, context);
  for (std::uint32_t i = 0; i < items->count; ++i) {
    if (const Node* const column = dependence.strange(items->kids[i]->kid(0)))
      return refuse(column, "SELECT list", i + 1, groups, scope, context);
  }
  for (std::uint32_t i = 0; order != nullptr && i < order->count; ++i) {
    if (const Node* const column = dependence.strange(order->kids[i]->kid(0)))
      return refuse(column, "ORDER BY clause", i + 1, groups, scope, context);
  }
}

}  // namespace murmel::sql
