// Names and types of expressions.
#include <algorithm>
#include <utility>

#include "agent/sql/resolve.h"
#include "agent/sql/row_rules.h"

namespace murmel::sql {
namespace {

// (a, b) = (SELECT ...): the query has as many columns.
void expect_row(const Node* comparison) {
  if (comparison->kind != Kind::kBinary) return;
  for (const int side : {0, 1}) {
    const Node* const row = comparison->kids[1 - side];
    Node* const subquery = comparison->kids[side];
    if (subquery->kind == Kind::kSubquery && row->kind == Kind::kRow) subquery->number = row->count;
  }
}

// GROUP_CONCAT(a, b ORDER BY 2): by the second of what it collects.
void replace_places(Node* call, Context& context) {
  const Node* const arguments = call->kid(0);
  const Node* const order = call->kid(1);
  for (std::uint32_t i = 0; order != nullptr && i < order->count; ++i) {
    Node* const key = order->kids[i]->kid(0);
    if (key->kind != Kind::kInteger) continue;
    std::uint32_t place = 0;
    for (const char digit : key->text.substr(0, 9))
      place = place * 10 + static_cast<std::uint32_t>(digit - '0');
    if (place < 1 || place > arguments->count) {
      return context.fail(1054, "42S22", "Unknown column '" + std::string(key->text) + "' in 'order clause'");
    }
    *key = *clone(context.arena, arguments->kids[place - 1]);
  }
}

// The column of that name among those that are grouped by; null: there is none.
const Node* grouped_column(const Node* groups, std::string_view name) {
  for (std::uint32_t i = 0; groups != nullptr && i < groups->count; ++i) {
    const Node* const key = groups->kids[i]->kid(0);
    if (key->kind == Kind::kColumn && !key->has(kQuoted) && same_name(key->text, name)) return key;
  }
  return nullptr;
}

}  // namespace

bool table_matches(const ScopeTable& table, const Node& column) {
  if (column.qualifier.empty()) return true;
  if (!same_name(table.alias, column.qualifier)) return false;
  return column.database.empty() || same_name(column.database, table.database);
}

std::string full_name(const Node& column) {
  std::string name;
  if (!column.database.empty()) name += std::string(column.database) + ".";
  if (!column.qualifier.empty()) name += std::string(column.qualifier) + ".";
  return name + std::string(column.text);
}

bool is_over(const IndexInfo& index, const Node& columns) {
  if (!index.full_text || index.columns.size() != columns.count) return false;
  return std::all_of(columns.kids, columns.kids + columns.count, [&](const Node* column) {
    return std::any_of(index.columns.begin(), index.columns.end(),
                       [&](const std::string& name) { return same_name(name, column->text); });
  });
}

// Is it the alias of an item? Then it stays without a qualifier. Where SQLite would see a column first, or no
// aliases at all, it becomes what it stands for.
bool Resolver::alias(Node* node, const Scope& scope, const char* clause) {
  if (scope.items == nullptr || !node->qualifier.empty()) return false;
  const bool having = std::string_view(clause) == "having clause";
  // The standard's HAVING sees what is grouped by, before aliases.
  if (const Node* const grouped = having ? grouped_column(scope.groups, node->text) : nullptr) {
    *node = *clone(context_.arena, grouped);
    return true;
  }
  for (std::uint32_t i = 0; i < scope.items->count; ++i) {
    const Node* const item = scope.items->kids[i];
    if (item->text.empty() || !same_name(item->text, node->text)) continue;
    const bool hidden = std::any_of(scope.tables.begin(), scope.tables.end(), [&](const ScopeTable& table) {
      return table.find(node->text) != nullptr;
    });
    if (having && (scope.having_rows || hidden)) {
      *node = *clone(context_.arena, item->kid(0));
      return true;
    }
    node->type = item->kid(0)->type;
    node->flags |= kQuoted;
    return true;
  }
  return false;
}

void Resolver::column(Node* node, const Scope& scope, const char* clause) {
  // ORDER BY and HAVING look at aliases first, GROUP BY at columns.
  const bool alias_first = std::string_view(clause) != "group statement";
  if (alias_first && alias(node, scope, clause)) return;
  const auto beyond = [this](const Scope* level) {
    return level->outer != nullptr || level == context_.outermost ? level->outer : context_.outermost;
  };
  for (const Scope* level = &scope; level != nullptr; level = beyond(level)) {
    const ScopeTable* found_in = nullptr;
    const ScopeColumn* found = nullptr;
    for (std::size_t i = level->first; i < level->tables.size(); ++i) {
      const ScopeTable& table = level->tables[i];
      if (!table_matches(table, *node)) continue;
      const ScopeColumn* const column = table.find(node->text);
      if (column == nullptr || (node->qualifier.empty() && table.merges(node->text))) continue;
      if (found != nullptr) {
        return context_.fail(1052, "23000",
                             "Column '" + full_name(*node) + "' in " + clause + " is ambiguous");
      }
      found = column;
      found_in = &table;
    }
    if (found != nullptr) {
      node->type = found->type;
      node->qualifier = found_in->alias;
      node->database = {};
      node->text = found->name;
      if (found_in->numbered) {
        node->flags |= kNumbered;
        node->number = static_cast<std::uint32_t>(found - found_in->columns.data());
      }
      const bool stored = found->info != nullptr && !found_in->computed;
      if (stored && found->type->kind == TypeKind::kTimestamp) node->flags |= kInUtc;
      return;
    }
    if (level == &scope && !alias_first && alias(node, scope, clause)) return;
  }
  context_.fail(1054, "42S22", "Unknown column '" + full_name(*node) + "' in '" + clause + "'");
}

// Finds the index; its table of FTS5's becomes one more child, in the database of the table.
void Resolver::match(Node* match, const Scope& scope) {
  const Node* const columns = match->kid(0);
  if (context_.error) return;
  const auto is_column_of = [&](const Node* node, std::string_view alias) {
    return node->kind == Kind::kColumn && node->qualifier == alias;
  };
  const std::string_view alias = columns->kids[0]->qualifier;
  for (std::uint32_t i = 0; i < columns->count; ++i) {
    if (!is_column_of(columns->kids[i], alias))
      return context_.fail(1210, "HY000", "Incorrect arguments to MATCH");
  }
  if (names_a_column(match->kid(1))) return context_.fail(1210, "HY000", "Incorrect arguments to AGAINST");
  for (const Scope* level = &scope; level != nullptr; level = level->outer) {
    for (const ScopeTable& table : level->tables) {
      if (table.alias != alias || table.name.empty()) continue;
      const std::string_view database =
          table.database == context_.settings.database ? std::string_view() : table.database;
      const TableInfo* const info = context_.catalog.table(database, table.name);
      for (std::size_t i = 0; info != nullptr && i < info->indexes.size(); ++i) {
        if (!is_over(info->indexes[i], *columns)) continue;
        Node* const index =
            new_node(context_.arena, Kind::kTable, {}, context_.arena.copy(info->indexes[i].sqlite_name));
        index->database = database;
        append(context_.arena, match, index);
        return;
      }
    }
  }
  context_.fail(1191, "HY000", "Can't find FULLTEXT index matching the column list");
}

// DEFAULT(column) becomes what stands behind DEFAULT in the column's definition.
void Resolver::default_value(Node* node, const Scope& scope, const char* clause) {
  const Node* const named = node->kids[0];
  column(node->kids[0], scope, clause);
  const ColumnInfo* info = nullptr;
  for (const ScopeTable& table : scope.tables) {
    const ScopeColumn* const found = table.alias == named->qualifier ? table.find(named->text) : nullptr;
    if (found != nullptr) info = found->info;
  }
  if (context_.error) return;
  if (info == nullptr) return context_.not_supported("DEFAULT() of another column than a table's");
  const std::string& text = info->default_value;
  if (!info->has_default && info->not_null)
    return context_.fail(1364, "HY000", "Field '" + info->name + "' doesn't have a default value");
  if (text.starts_with('('))
    return context_.fail(3773, "HY000", "DEFAULT function cannot be used with default value expressions");
  const bool number = is_number(info->type.kind) && text.starts_with('\'');
  Node* const value = !info->has_default
                          ? new_node(context_.arena, Kind::kNull)
                          : parse_expression(number ? text.substr(1, text.size() - 2) : text, context_);
  if (value == nullptr) return context_.not_supported("DEFAULT() of this column");
  expression(value, Scope{}, clause);
  *node = *value;
}

void Resolver::expression(Node* node, const Scope& scope, const char* clause) {
  if (node == nullptr || context_.error) return;
  if (node->kind == Kind::kColumn) return column(node, scope, clause);
  if (node->kind == Kind::kDefault && node->count != 0) return default_value(node, scope, clause);
  if (node->kind == Kind::kQuery) {
    auto kept = std::move(result);
    const auto columns = query(node, &scope);
    result = std::move(kept);
    if (!columns.empty()) node->type = columns[0].type;
    node->number = static_cast<std::uint32_t>(columns.size());
    Node* const list = new_node(context_.arena, Kind::kList);
    for (const ScopeColumn& column : columns) {
      append(context_.arena, list, new_node(context_.arena, Kind::kColumn, {}, column.name));
      list->kids[list->count - 1]->type = column.type;
    }
    if (node->count > 4) {
      node->kids[4] = list;
    } else {
      append(context_.arena, node, list);
    }
    return;
  }
  expect_row(node);
  if (node->kind == Kind::kGroupConcat) replace_places(node, context_);
  for (std::uint32_t i = 0; i < node->count; ++i) expression(node->kids[i], scope, clause);
  if (node->kind == Kind::kMatch) match(node, scope);
  const bool one = node->kind == Kind::kSubquery || node->kind == Kind::kQuantified;
  if (one && !context_.error) {
    const Node* const query = node->kids[node->count - 1];
    const std::uint32_t wanted = std::max(node->number, 1U);
    if (query->number != wanted)
      return context_.fail(1241, "21000", "Operand should contain " + std::to_string(wanted) + " column(s)");
  }
  if (node->kind == Kind::kCollate) check_collation({}, node->text, context_);
  node->type = infer(node, context_);
  merge_branches(node, context_);
}

}  // namespace murmel::sql
