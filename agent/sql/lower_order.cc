// ORDER BY of a subquery may use columns of the queries around it in MySQL, not in SQLite, where only what is
// selected may. So such keys are selected too, and a query around takes them away again.
#include <algorithm>
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kItems = 0, kOrder = 2;

bool reaches_out(const Node* key, const Scope& scope) {
  if (key == nullptr) return false;
  if (key->kind == Kind::kColumn && !key->has(kQuoted) && !key->qualifier.empty()) {
    return std::none_of(scope.tables.begin(), scope.tables.end(),
                        [key](const ScopeTable& table) { return table.alias == key->qualifier; });
  }
  return std::any_of(key->kids, key->kids + key->count,
                     [&](const Node* kid) { return reaches_out(kid, scope); });
}

}  // namespace

std::uint32_t Lowering::select_outer_keys(Node* query) {
  Node* const select = query->kid(1);
  const Node* const order = query->kid(kOrder);
  if (order == nullptr || select->kind != Kind::kSelect || select->has(kDistinct)) return 0;
  const auto scope = context_.scopes.find(select);
  if (scope == context_.scopes.end()) return 0;
  Node* const items = select->kid(kItems);
  const std::uint32_t own = items->count;
  for (std::uint32_t i = 0; i < order->count; ++i) {
    Node* const entry = order->kids[i];
    Node* const key = entry->kids[0];
    if (!reaches_out(key, scope->second)) continue;
    const std::string_view alias = context_.arena.copy("_mysql_order_" + std::to_string(i));
    append(context_.arena, items, make(Kind::kItem, {key}, alias));
    entry->kids[0] = make(Kind::kColumn, {}, alias);
    entry->kids[0]->flags |= kQuoted;
    entry->kids[0]->type = key->type;
  }
  return items->count == own ? 0 : own;
}

void Lowering::leave_items(Node* query, std::uint32_t count) {
  Node* const inner = make(Kind::kQuery, {nullptr, query->kid(1), query->kid(kOrder), query->kid(3)});
  Node* const items = make(Kind::kList, {});
  for (std::uint32_t i = 0; i < count; ++i) {
    Node* const item = inner->kid(1)->kid(kItems)->kids[i];
    const std::string_view name = item->text.empty() ? item->qualifier : item->text;
    item->text = context_.arena.copy("_mysql_item_" + std::to_string(i));
    append(context_.arena, items, make(Kind::kItem, {make(Kind::kColumn, {}, item->text)}, name));
  }
  query->kids[1] = make(Kind::kSelect, {items, make(Kind::kDerived, {inner}, "_mysql_ordered"), nullptr,
                                        nullptr, nullptr, nullptr});
  query->kids[kOrder] = nullptr;
  query->kids[3] = nullptr;
}

}  // namespace murmel::sql
