#include "agent/sql/inlined.h"

#include <algorithm>
#include <iterator>

#include "agent/sql/view_query.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kBody = 1, kQueryLimit = 3, kViewQuery = 2;

// Of information_schema, those that are no views in MySQL 8.
constexpr std::string_view kFilledTables[] = {
    "COLUMN_PRIVILEGES", "ENGINES",           "OPTIMIZER_TRACE", "PLUGINS",          "PROCESSLIST",
    "PROFILING",         "SCHEMA_PRIVILEGES", "TABLESPACES",     "TABLE_PRIVILEGES", "USER_PRIVILEGES"};

bool computes_over_rows(const Node* node) {
  if (node == nullptr) return false;
  if (node->kind == Kind::kQuery || node->kind == Kind::kOver || node->kind == Kind::kAssign) return true;
  return std::any_of(node->kids, node->kids + node->count, computes_over_rows);
}

bool is_inlined_table(const ScopeTable& table, Context& context) {
  if (same_name(table.database, "information_schema")) {
    return std::none_of(std::begin(kFilledTables), std::end(kFilledTables),
                        [&](std::string_view filled) { return same_name(table.name, filled); });
  }
  if (!table.computed || table.database != context.settings.database) return table.inlined;
  const TableInfo* const info = context.catalog.table({}, table.name);
  const Node* const view = info != nullptr ? view_query(*info, {}, context) : nullptr;
  return view != nullptr && is_inlined(view->kid(kViewQuery));
}

}  // namespace

bool is_inlined(const Node* query) {
  if (query->kid(kQueryLimit) != nullptr) return false;
  const Node* const body = query->kid(kBody);
  if (body->kind == Kind::kQuery) return is_inlined(body);
  if (body->kind != Kind::kSelect || body->kid(kFrom) == nullptr) return false;
  const bool grouped = body->kid(kGroup) != nullptr || body->kid(kHaving) != nullptr;
  return !grouped && !body->has(kDistinct) && !has_aggregate(body->kid(kItems)) &&
         !computes_over_rows(body->kid(kItems));
}

void name_as_in_views(Node* items, const Scope& scope, Context& context) {
  for (std::uint32_t i = 0; i < items->count; ++i) {
    Node* const item = items->kids[i];
    const Node* const column = item->kid(0);
    if (column->kind != Kind::kColumn || !item->text.empty() || item->qualifier == column->text) continue;
    const auto table =
        std::find_if(scope.tables.begin(), scope.tables.end(),
                     [column](const ScopeTable& one) { return one.alias == column->qualifier; });
    if (table != scope.tables.end() && is_inlined_table(*table, context)) item->qualifier = column->text;
  }
}

}  // namespace murmel::sql
