// ORDER BY of a subquery may use columns of the queries around it in MySQL, not in SQLite, where only what is
// selected may. So such keys are selected too, and a query around takes them away again.
#include <algorithm>
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kOrder = 2;  // of a kQuery

bool reaches_out(const Node* key, const Scope& scope) {
  if (key == nullptr) return false;
  if (key->kind == Kind::kColumn && !key->has(kQuoted) && !key->qualifier.empty()) {
    return std::none_of(scope.tables.begin(), scope.tables.end(),
                        [key](const ScopeTable& table) { return table.alias == key->qualifier; });
  }
  return std::any_of(key->kids, key->kids + key->count,
                     [&](const Node* kid) { return reaches_out(kid, scope); });
}

std::string_view name_of(const Node* item) {
  return item->text.empty() ? item->qualifier : item->text;
}

// Columns of a result, by place or name, become those of the same place in a list of names.
void name_places(Node* node, const Node* items, const Node* names) {
  if (node == nullptr || node->kind == Kind::kQuery) return;
  for (std::uint32_t i = 0; i < node->count; ++i) name_places(node->kids[i], items, names);
  const bool place = node->kind == Kind::kAt;
  if (!place && node->kind != Kind::kColumn) return;
  for (std::uint32_t i = 0; i < items->count; ++i) {
    if (place ? node->number != i + 1 : !same_name(name_of(items->kids[i]), node->text)) continue;
    node->kind = Kind::kColumn;
    node->text = names->kids[i]->text;
    node->qualifier = {};
    return;
  }
}

bool is_column(const Node* key) {
  return key->kind == Kind::kCollate ? is_column(key->kid(0))
                                     : key->kind == Kind::kColumn || key->kind == Kind::kAt;
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

const Node* first_items(const Node* body) {
  while (body->kind == Kind::kSetOperation || body->kind == Kind::kQuery)
    body = body->kid(body->kind == Kind::kQuery ? 1 : 0);
  return body->kid(kItems);
}

// SQLite takes columns only there: what needs more is sorted outside. `order`: before it was lowered.
void Lowering::order_compound(Node* query, Node* order) {
  const Node* const lowered = query->kid(2);
  const bool native = std::all_of(lowered->kids, lowered->kids + lowered->count,
                                  [](const Node* entry) { return is_column(entry->kid(0)); });
  if (native) return;
  const Node* const given = first_items(query->kid(1));
  Node* const names = make(Kind::kList, {});
  Node* const items = make(Kind::kList, {});
  for (std::uint32_t i = 0; i < given->count; ++i) {
    const std::string_view name = context_.arena.copy("value" + std::to_string(i));
    append(context_.arena, names, make(Kind::kName, {}, name));
    append(context_.arena, items,
           make(Kind::kItem, {make(Kind::kColumn, {}, name)}, name_of(given->kids[i])));
  }
  for (std::uint32_t i = 0; i < order->count; ++i) name_places(order->kids[i], given, names);
  Node* const rows = named(make(Kind::kQuery, {nullptr, query->kid(1), nullptr, nullptr}), names);
  Node* const from = make(Kind::kDerived, {rows}, "_mysql_union");
  query->kids[1] = make(Kind::kSelect, {items, from, nullptr, nullptr, nullptr, nullptr});
  query->kids[2] = lower(order);
}

}  // namespace murmel::sql
