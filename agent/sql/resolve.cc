#include "agent/sql/resolve.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/base/ascii.h"
#include "agent/sql/full_group_by.h"
#include "agent/sql/inlined.h"
#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

constexpr int kQueryDepthMax = 60;  // of queries in queries; MySQL's is 63

std::string text_of(std::string_view view) {
  return std::string(view);
}

// SUM(SUM(x)), but for the sum of a window over sums.
bool nests_aggregates(const Node* node) {
  if (node == nullptr || node->kind == Kind::kQuery) return false;
  const bool aggregate =
      node->kind == Kind::kGroupConcat || (node->kind == Kind::kCall && is_aggregate(node->text));
  const Node* const from = node->kind == Kind::kOver ? node->kid(0) : node;
  return std::any_of(from->kids, from->kids + from->count, [&](const Node* kid) {
    return nests_aggregates(kid) || (aggregate && has_aggregate(kid));
  });
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool is_aggregate(std::string_view name) {
  for (const std::string_view aggregate :
       {"avg", "bit_and", "bit_or", "bit_xor", "count", "json_arrayagg", "json_objectagg", "max", "min",
        "std", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
        "any_value"}) {
    if (name == aggregate) return true;
  }
  return false;
}

bool has_aggregate(const Node* node) {
  if (node == nullptr || node->kind == Kind::kQuery || node->kind == Kind::kOver) return false;
  if (node->kind == Kind::kGroupConcat || (node->kind == Kind::kCall && is_aggregate(node->text)))
    return true;
  return std::any_of(node->kids, node->kids + node->count, has_aggregate);
}

bool names_a_column(const Node* node) {
  if (node == nullptr) return false;
  return node->kind == Kind::kColumn || std::any_of(node->kids, node->kids + node->count, names_a_column);
}

void Context::not_supported(std::string_view what) {
  if (!error) error = unsupported_error(what);
}

const ScopeColumn* ScopeTable::find(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [column](const ScopeColumn& one) { return same_name(one.name, column); });
  return found != columns.end() ? &*found : nullptr;
}

bool ScopeTable::merges(std::string_view column) const {
  return std::any_of(merged.begin(), merged.end(),
                     [column](std::string_view one) { return same_name(one, column); });
}

std::vector<ScopeColumn> Resolver::query(Node* query, const Scope* outer) {
  if (++depth_ > kQueryDepthMax) {
    context_.fail(1473, "HY000", "Too high level of nesting for select");
    --depth_;
    return {};
  }
  const std::size_t common = common_.size();
  if (query->kid(0) != nullptr) with(query->kid(0), outer);
  std::vector<ScopeColumn> columns = body(query->kid(1), outer, query->kid(2));
  common_.resize(common);
  --depth_;
  return columns;
}

void Resolver::with(Node* with, const Scope* outer) {
  for (std::uint32_t i = 0; i < with->count; ++i) {
    Node* const table = with->kids[i];
    const Node* const names = table->kid(1);
    // A recursive table sees itself: with the columns of its first part.
    if (with->has(kRecursive) && table->kid(0)->kid(1)->kind == Kind::kSetOperation) {
      Resolver first(context_);
      first.common_ = common_;
      CommonTable itself{table->text,
                         first.body(clone(context_.arena, table->kid(0)->kid(1)->kid(0)), outer, nullptr)};
      rename(itself.columns, names);
      // What the first part has no type for, the others may give one.
      for (ScopeColumn& column : itself.columns) {
        if (column.type->kind == TypeKind::kNull) column.type = simple_type(TypeKind::kUnknown);
      }
      common_.push_back(std::move(itself));
      recursive_ = true;
      query(table->kid(0), outer);
      recursive_ = false;
      continue;
    }
    CommonTable entry{table->text, query(table->kid(0), outer), table->kid(0)->kid(1)};
    entry.inlined = is_inlined(table->kid(0));
    rename(entry.columns, names);
    common_.push_back(std::move(entry));
  }
}

void Resolver::rename(std::vector<ScopeColumn>& columns, const Node* names) {
  if (context_.error) return;
  if (names != nullptr && names->count != columns.size()) {
    return context_.fail(1353, "HY000",
                         "In definition of view, derived table or common table expression, SELECT list and "
                         "column names list have different column counts");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (names != nullptr) columns[i].name = names->kids[i]->text;
    const auto end = columns.begin() + static_cast<std::ptrdiff_t>(i);
    const bool twice = std::any_of(columns.begin(), end, [&](const ScopeColumn& other) {
      return same_name(other.name, columns[i].name);
    });
    if (twice)
      return context_.fail(1060, "42S21", "Duplicate column name '" + text_of(columns[i].name) + "'");
  }
}

std::vector<ScopeColumn> Resolver::body(Node* body, const Scope* outer, Node* order) {
  if (body->kind == Kind::kQuery) {
    ++parentheses_;
    std::vector<ScopeColumn> columns = query(body, outer);
    --parentheses_;
    return columns;
  }
  if (body->kind == Kind::kSetOperation) return set_operation(body, outer, order);
  if (body->kind == Kind::kValues) return values(body, outer, order);
  return select(body, outer, order);
}

std::vector<ScopeColumn> Resolver::set_operation(Node* body, const Scope* outer, Node* order) {
  auto left = this->body(body->kid(0), outer, nullptr);
  auto kept = std::move(result);
  const auto right = this->body(body->kid(1), outer, nullptr);
  result = std::move(kept);
  if (left.size() != right.size()) {
    context_.fail(1222, "21000", "The used SELECT statements have a different number of columns");
  }
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
    const Type* const type = merged_type(left[i].type, right[i].type, context_);
    if (type == left[i].type && type_text(*type) == type_text(*right[i].type)) continue;
    left[i].type = type;
    if (!recursive_) merge_column(body, static_cast<std::uint32_t>(i), type, context_);
    if (outermost() && i < result.size()) result[i].type = *left[i].type;
  }
  order_result(order, left);
  return left;
}

// ORDER BY of what has no tables of its own: by the columns of the result.
void Resolver::order_result(Node* order, const std::vector<ScopeColumn>& columns) {
  if (order == nullptr) return;
  Scope scope;
  scope.tables.push_back({});
  scope.tables.back().columns = columns;
  this->order(order, scope, "order clause");
  for (std::uint32_t i = 0; i < order->count; ++i) {
    if (order->kids[i]->kid(0)->kind == Kind::kColumn) order->kids[i]->kid(0)->flags |= kQuoted;
  }
}

std::vector<ScopeColumn> Resolver::values(Node* body, const Scope* outer, Node* order) {
  std::vector<ScopeColumn> columns;
  Scope scope;
  scope.outer = outer;
  for (std::uint32_t i = 0; i < body->count; ++i) {
    expression(body->kids[i], scope, "field list");
    if (body->kids[i]->count != body->kids[0]->count) {
      context_.fail(1136, "21S01", "Column count doesn't match value count at row " + std::to_string(i + 1));
    }
  }
  for (std::uint32_t i = 0; i < body->kid(0)->count; ++i) {
    const Type* const type = body->kid(0)->kids[i]->type;
    columns.push_back({context_.arena.copy("column_" + std::to_string(i)),
                       type != nullptr ? type : simple_type(TypeKind::kUnknown), nullptr});
  }
  order_result(order, columns);
  if (!outermost()) return columns;
  result.clear();
  for (const ScopeColumn& column : columns)
    result.push_back({text_of(column.name), {}, {}, {}, {}, *column.type, false});
  return columns;
}

std::vector<ScopeColumn> Resolver::select(Node* select, const Scope* outer, Node* order) {
  Scope scope;
  scope.outer = outer;
  const std::size_t optional = std::exchange(optional_, 0);
  const std::size_t outside = std::exchange(outside_, 0);
  if (select->kid(1) != nullptr) from(select->kid(1), scope);
  optional_ = optional;
  outside_ = outside;
  if (!context_.error) expand_stars(select, scope);
  if (context_.error) return {};
  Node* const items = select->kid(0);
  for (std::uint32_t i = 0; i < items->count; ++i) expression(items->kids[i]->kid(0), scope, "field list");
  if (select->kid(2) != nullptr) expression(select->kid(2), scope, "where clause");
  scope.items = items;
  if (select->kid(3) != nullptr) this->order(select->kid(3), scope, "group statement");
  scope.groups = select->kid(3);
  having(select, scope);
  if (select->kid(5) != nullptr) {
    for (std::uint32_t i = 0; i < select->kid(5)->count; ++i)
      expression(select->kid(5)->kids[i], scope, "window");
  }
  if (order != nullptr) this->order(order, scope, "order clause");
  const bool misused = nests_aggregates(items) || (outer == nullptr && has_aggregate(select->kid(2)));
  if (misused) context_.fail(1111, "HY000", "Invalid use of group function");
  check_full_group_by(select, order, scope, context_);
  name_as_in_views(items, scope, context_);
  std::vector<ScopeColumn> columns;
  for (std::uint32_t i = 0; i < items->count; ++i) {
    const Node* const item = items->kids[i];
    const Type* const type = item->kid(0)->type;
    columns.push_back({item->text.empty() ? item->qualifier : item->text,
                       type != nullptr ? type : simple_type(TypeKind::kUnknown), nullptr});
  }
  if (outer != nullptr || depth_ > 1 || context_.views != 0) context_.scopes.insert_or_assign(select, scope);
  if (!outermost()) return columns;
  note_result(items, scope);
  for (ResultColumn& column : result) column.not_null = column.not_null && !select->has(kRollup);
  return columns;
}

void Resolver::note_result(const Node* items, const Scope& scope) {
  result.clear();
  for (std::uint32_t i = 0; i < items->count; ++i) {
    const Node* const item = items->kids[i];
    const Node* const value = item->kid(0);
    ResultColumn column;
    column.name = text_of(item->text.empty() ? item->qualifier : item->text);
    if (value->type != nullptr) column.type = *value->type;
    if (value->kind == Kind::kColumn) {
      column.original_name = text_of(value->text);
      column.table = text_of(value->qualifier);
      for (const ScopeTable& table : scope.tables) {
        if (!same_name(table.alias, value->qualifier)) continue;
        column.original_table = text_of(table.name);
        column.database = text_of(table.database);
        const ScopeColumn* const found = table.find(value->text);
        if (found != nullptr && found->info != nullptr) column.not_null = found->info->not_null;
      }
    }
    result.push_back(std::move(column));
  }
}

void Resolver::from(Node* from, Scope& scope) {
  if (from->kind == Kind::kJoin) return join(from, scope);
  if (from->kind == Kind::kTable) {
    table(from, scope);
  } else if (from->kind == Kind::kJsonTable) {
    json_table(from, scope);
  } else {
    derived(from, scope);
  }
  if (context_.error) return;
  const std::size_t table = scope.tables.size() - 1;
  for (std::size_t i = 0; i < scope.tables[table].columns.size(); ++i) scope.visible.push_back({table, i});
}

void Resolver::derived(Node* from, Scope& scope) {
  auto kept = std::move(result);
  ScopeTable entry{from->text, {}, {}, query(from->kid(0), from->has(kLateral) ? &scope : scope.outer), {}};
  result = std::move(kept);
  entry.source = from->kid(0)->kid(1);
  entry.inlined = is_inlined(from->kid(0));
  if (from->has(kLateral)) lateral(from, scope, entry);
  rename(entry.columns, from->kid(1));
  scope.tables.push_back(std::move(entry));
}

void Resolver::table(Node* table, Scope& scope) {
  ScopeTable entry;
  entry.alias = table->qualifier.empty() ? table->text : table->qualifier;
  if (table->database.empty()) {
    const auto common = std::find_if(common_.rbegin(), common_.rend(),
                                     [&](const CommonTable& c) { return same_name(c.name, table->text); });
    if (common != common_.rend()) {
      entry.columns = common->columns;
      entry.source = common->source;
      entry.inlined = common->inlined;
      table->flags |= kQuoted;  // not a table of the database
      scope.tables.push_back(std::move(entry));
      return;
    }
  }
  if (same_name(table->database, context_.settings.database)) table->database = {};
  if (table->database.empty() && context_.settings.database.empty()) {
    return context_.fail(1046, "3D000", "No database selected");
  }
  const TableInfo* const info = context_.catalog.table(table->database, table->text);
  entry.database = table->database.empty() ? std::string_view(context_.settings.database) : table->database;
  if (info == nullptr) {
    return context_.fail(
        1146, "42S02", "Table '" + text_of(entry.database) + "." + text_of(table->text) + "' doesn't exist");
  }
  for (const ScopeTable& other : scope.tables) {
    if (same_name(other.alias, entry.alias) && other.database == entry.database) {
      return context_.fail(1066, "42000", "Not unique table/alias: '" + text_of(entry.alias) + "'");
    }
  }
  entry.name = info->name;
  entry.computed = info->view;
  context_.uses.push_back({text_of(table->database), info->name, "SELECT"});
  for (const ColumnInfo& column : info->columns)
    entry.columns.push_back({column.name, &column.type, &column});
  scope.tables.push_back(std::move(entry));
}

void Resolver::order(Node* list, const Scope& scope, const char* clause) {
  for (std::uint32_t i = 0; i < list->count; ++i) {
    Node* const value = list->kids[i]->kid(0);
    if (value->kind != Kind::kInteger) {
      expression(value, scope, clause);
      continue;
    }
    const Node* const items = scope.items;
    const auto count =
        items != nullptr
            ? items->count
            : static_cast<std::uint32_t>(scope.tables.empty() ? 0 : scope.tables[0].columns.size());
    std::uint64_t position = 0;
    for (const char digit : value->text.substr(0, 9))
      position = position * 10 + static_cast<std::uint64_t>(digit - '0');
    if (position < 1 || position > count) {
      return context_.fail(1054, "42S22",
                           "Unknown column '" + text_of(value->text) + "' in '" + clause + "'");
    }
    if (items != nullptr) {
      *value = *clone(context_.arena, items->kids[position - 1]->kid(0));
      continue;
    }
    value->kind = Kind::kAt;
    value->number = static_cast<std::uint32_t>(position);
    value->type = scope.tables[0].columns[position - 1].type;
  }
}

// Outside of aggregates HAVING sees the columns that are selected or grouped by, and those of queries around.
const Node* Resolver::unseen_in_having(const Node* written, const Node* resolved, const Node* select,
                                       const Scope& scope) const {
  if (written == nullptr || resolved == nullptr || written->kind != resolved->kind) return nullptr;
  if (written->kind == Kind::kQuery || written->kind == Kind::kGroupConcat) return nullptr;
  if (written->kind == Kind::kCall && is_aggregate(written->text)) return nullptr;
  if (written->kind == Kind::kColumn) {
    const auto is_it = [resolved](const Node* entry) {
      const Node* const value = entry->kid(0);
      return value->kind == Kind::kColumn && value->qualifier == resolved->qualifier &&
             same_name(value->text, resolved->text);
    };
    const bool own = std::any_of(scope.tables.begin(), scope.tables.end(),
                                 [&](const ScopeTable& table) { return table.alias == resolved->qualifier; });
    if (resolved->has(kQuoted) || !own) return nullptr;
    for (const std::uint32_t list : {0U, 3U}) {
      const Node* const entries = select->kid(list);
      if (entries != nullptr && std::any_of(entries->kids, entries->kids + entries->count, is_it))
        return nullptr;
    }
    return written;
  }
  for (std::uint32_t i = 0; i < written->count; ++i) {
    if (const Node* const found = unseen_in_having(written->kids[i], resolved->kid(i), select, scope))
      return found;
  }
  return nullptr;
}

// Without groups it is about single rows, for which SQLite takes WHERE only.
void Resolver::having(Node* select, Scope& scope) {
  Node* const condition = select->kid(4);
  if (condition == nullptr) return;
  scope.having_rows =
      select->kid(3) == nullptr && !has_aggregate(select->kid(0)) && !has_aggregate(condition);
  const Node* const written = clone(context_.arena, condition);
  expression(condition, scope, "having clause");
  if (context_.error) return;
  if (const Node* const unseen = unseen_in_having(written, condition, select, scope))
    return context_.fail(1054, "42S22", "Unknown column '" + full_name(*unseen) + "' in 'having clause'");
  if (!scope.having_rows) return;
  select->kids[4] = nullptr;
  if (Node* const where = select->kid(2)) {
    select->kids[2] = new_node(context_.arena, Kind::kBinary, {where, condition});
    select->kids[2]->op = Op::kAnd;
    select->kids[2]->type = infer(select->kids[2], context_);
  } else {
    select->kids[2] = condition;
  }
}

}  // namespace murmel::sql
