// Joins: which columns `*` shows and in what order, and what USING and NATURAL compare.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/sql/resolve.h"

namespace murmel::sql {

void Resolver::expand_stars(Node* select, const Scope& scope) {
  Node* const items = select->kid(0);
  Node* const expanded = new_node(context_.arena, Kind::kList);
  for (std::uint32_t i = 0; i < items->count; ++i) {
    Node* const item = items->kids[i];
    if (item->kind != Kind::kStar) {
      append(context_.arena, expanded, item);
      continue;
    }
    bool any = false;
    std::vector<Scope::Place> places;
    if (item->qualifier.empty()) places = scope.visible;
    for (std::size_t table = 0; table < scope.tables.size(); ++table) {
      if (!table_matches(scope.tables[table], *item)) continue;
      any = true;
      if (item->qualifier.empty()) continue;
      for (std::size_t column = 0; column < scope.tables[table].columns.size(); ++column)
        places.push_back({table, column});
    }
    for (const Scope::Place& place : places) {
      const ScopeColumn& column = scope.at(place);
      if (column.info != nullptr && column.info->invisible) continue;
      Node* const value = new_node(context_.arena, Kind::kColumn, {}, column.name);
      value->qualifier = scope.tables[place.table].alias;
      Node* const copy = new_node(context_.arena, Kind::kItem, {value});
      copy->qualifier = column.name;
      append(context_.arena, expanded, copy);
    }
    if (any) continue;
    if (item->qualifier.empty()) return context_.fail(1096, "HY000", "No tables used");
    return context_.fail(1051, "42S02", "Unknown table '" + std::string(item->qualifier) + "'");
  }
  select->kids[0] = expanded;
}

void Resolver::join(Node* join, Scope& scope) {
  const std::size_t begin = scope.tables.size();
  const std::size_t left_begin = scope.visible.size();
  from(join->kid(0), scope);
  const std::size_t left_end = scope.tables.size();
  const std::size_t right_begin = scope.visible.size();
  const std::size_t optional =
      std::exchange(optional_, join->text.starts_with("RIGHT") ? left_end : optional_);
  const std::size_t outside =
      std::exchange(outside_, join->kid(1)->kind == Kind::kJoin ? left_end : outside_);
  from(join->kid(1), scope);
  optional_ = optional;
  outside_ = outside;
  if (!context_.error) merge(join, scope, left_begin, right_begin);
  if (context_.error || join->kid(2) == nullptr) return;
  const std::size_t first = std::exchange(scope.first, begin);
  expression(join->kid(2), scope, "on clause");
  scope.first = first;
}

// USING and NATURAL: an ON that compares the columns of the same name. `*` and names without a table see one
// of each two, that of the table whose rows all stay; such columns come first, in the order of that table.
void Resolver::merge(Node* join, Scope& scope, std::size_t left_begin, std::size_t right_begin) {
  const Node* const names = join->kid(3);
  if (names == nullptr && !join->has(kNatural)) return;
  const auto wanted = [names](std::string_view column) {
    return names == nullptr || std::any_of(names->kids, names->kids + names->count,
                                           [&](const Node* name) { return same_name(name->text, column); });
  };
  const auto begin = scope.visible.begin();
  std::vector<Scope::Place> kept(begin + static_cast<std::ptrdiff_t>(left_begin),
                                 begin + static_cast<std::ptrdiff_t>(right_begin));
  std::vector<Scope::Place> hidden(begin + static_cast<std::ptrdiff_t>(right_begin), scope.visible.end());
  if (join->text.starts_with("RIGHT")) std::swap(kept, hidden);
  std::vector<Scope::Place> common;
  std::vector<Scope::Place> rest;
  for (const Scope::Place& place : kept) {
    const std::string_view name = scope.at(place).name;
    const auto has_name = [&](const Scope::Place& other) { return same_name(scope.at(other).name, name); };
    const auto other = std::find_if(hidden.begin(), hidden.end(), has_name);
    if (!wanted(name) || other == hidden.end()) {
      // Its partner may be gone already: then it is the second one of that name here.
      const bool twice = wanted(name) && std::any_of(common.begin(), common.end(), has_name);
      if (twice) return ambiguous(name);
      rest.push_back(place);
      continue;
    }
    if (std::any_of(other + 1, hidden.end(), has_name)) return ambiguous(name);
    compare(join, scope, place, *other);
    scope.tables[other->table].merged.push_back(name);
    hidden.erase(other);
    common.push_back(place);
  }
  for (std::uint32_t i = 0; names != nullptr && i < names->count; ++i) {
    const bool found = std::any_of(common.begin(), common.end(), [&](const Scope::Place& place) {
      return same_name(scope.at(place).name, names->kids[i]->text);
    });
    if (found) continue;
    return context_.fail(1054, "42S22",
                         "Unknown column '" + std::string(names->kids[i]->text) + "' in 'from clause'");
  }
  scope.visible.resize(left_begin);
  for (const auto* const part : {&common, &rest, &hidden})
    scope.visible.insert(scope.visible.end(), part->begin(), part->end());
  join->flags &= ~static_cast<std::uint32_t>(kNatural);
  join->kids[3] = nullptr;
}

void Resolver::ambiguous(std::string_view column) {
  context_.fail(1052, "23000", "Column '" + std::string(column) + "' in from clause is ambiguous");
}

void Resolver::compare(Node* join, const Scope& scope, const Scope::Place& a, const Scope::Place& b) {
  const auto column = [&](const Scope::Place& place) {
    Node* const node = new_node(context_.arena, Kind::kColumn, {}, scope.at(place).name);
    node->qualifier = scope.tables[place.table].alias;
    node->database = scope.tables[place.table].database;
    return node;
  };
  Node* equal = new_node(context_.arena, Kind::kBinary, {column(a), column(b)});
  equal->op = Op::kEq;
  if (join->kid(2) != nullptr) {
    equal = new_node(context_.arena, Kind::kBinary, {join->kid(2), equal});
    equal->op = Op::kAnd;
  }
  join->kids[2] = equal;
}

}  // namespace murmel::sql
