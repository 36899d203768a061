// GROUP BY ... WITH ROLLUP: one SELECT for each number of leading group expressions, the others NULL, put
// together by UNION ALL. Keys that order the whole go along as columns that the outer SELECT leaves out, and
// so does what window functions are given, which are called outside, over all rows.
// Without ORDER BY a super-aggregate row follows the rows it is about, as MySQL's manual shows it.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kSelectItems = 0, kSelectFrom = 1, kSelectWhere = 2, kSelectGroup = 3,
                        kSelectHaving = 4, kSelectWindows = 5;
constexpr char kRows[] = "_mysql_rollup";

bool any_node(const Node* node, bool (*wanted)(const Node*)) {
  if (node == nullptr) return false;
  if (wanted(node)) return true;
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return any_node(kid, wanted); });
}

// Each of the SELECTs would give it another value, or do it again.
bool differs_each_time(const Node* node) {
  if (node->kind == Kind::kAssign) return true;
  return node->kind == Kind::kCall &&
         (node->text == "rand" || node->text == "uuid" || node->text == "random_bytes");
}

bool is_window(const Node* node) {
  return node->kind == Kind::kOver;
}

}  // namespace

// One SELECT's rollup: its group expressions, and what the SELECT of a level has for an expression.
class Rollup {
 public:
  Rollup(Context& context, const Node* select) : context_(context), select_(select) {
    const Node* const group = select->kid(kSelectGroup);
    for (std::uint32_t i = 0; i < group->count; ++i) groups_.push_back(without_alias(group->kids[i]->kid(0)));
  }

  const std::vector<Node*>& groups() const { return groups_; }

  // A copy in which the group expressions from number `level` on are NULL.
  Node* at_level(const Node* expression, std::size_t level) {
    return replaced(without_alias(expression), level);
  }

  // The expression over the rows of all levels: what each level has to compute becomes a column of theirs.
  Node* outside(const Node* expression) { return over_parts(without_alias(expression)); }
  const std::vector<const Node*>& parts() const { return parts_; }

 private:
  Node* over_parts(const Node* node) {
    if (node == nullptr) return nullptr;
    if (!any_node(node, is_window)) return part(node);
    Node* const copy = clone(context_.arena, node);
    if (node->kind != Kind::kOver) {
      for (std::uint32_t i = 0; i < node->count; ++i) copy->kids[i] = over_parts(node->kids[i]);
      return copy;
    }
    Node* const function = copy->kid(0);
    for (std::uint32_t i = 0; i < function->count; ++i) function->kids[i] = part(function->kids[i]);
    Node* const window = copy->kid(1);
    if (!window->text.empty()) context_.not_supported("WITH ROLLUP and named windows");
    Node* const partition = window->kid(0);
    for (std::uint32_t i = 0; partition != nullptr && i < partition->count; ++i)
      partition->kids[i] = part(partition->kids[i]);
    Node* const order = window->kid(1);
    for (std::uint32_t i = 0; order != nullptr && i < order->count; ++i)
      order->kids[i]->kids[0] = part(order->kids[i]->kid(0));
    return copy;
  }

  Node* part(const Node* node) {
    Node* const column =
        new_node(context_.arena, Kind::kColumn, {}, context_.arena.copy("c" + std::to_string(parts_.size())));
    column->qualifier = kRows;
    column->type = node->type;
    parts_.push_back(node);
    return column;
  }

  // Aliases of items become what they stand for.
  Node* without_alias(const Node* expression) {
    Node* const copy = clone(context_.arena, expression);
    return unaliased(copy);
  }

  Node* unaliased(Node* node) {
    if (node == nullptr || node->kind == Kind::kQuery) return node;
    if (node->kind == Kind::kColumn && node->has(kQuoted)) {
      const Node* const items = select_->kid(kSelectItems);
      for (std::uint32_t i = 0; i < items->count; ++i) {
        if (same_name(items->kids[i]->text, node->text)) return clone(context_.arena, items->kids[i]->kid(0));
      }
    }
    for (std::uint32_t i = 0; i < node->count; ++i) node->kids[i] = unaliased(node->kids[i]);
    return node;
  }

  Node* replaced(Node* node, std::size_t level) {
    if (node == nullptr) return node;
    const auto group = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const Node* candidate) { return same_tree(candidate, node); });
    if (group != groups_.end()) {
      if (static_cast<std::size_t>(group - groups_.begin()) < level) return node;
      Node* const null = new_node(context_.arena, Kind::kNull);
      null->type = node->type;
      return null;
    }
    if (node->kind == Kind::kCall && node->text == "grouping") return grouping(node, level);
    if (node->kind == Kind::kGroupConcat || (node->kind == Kind::kCall && is_aggregate(node->text)))
      return node;
    if (node->kind == Kind::kColumn) {
      context_.not_supported("WITH ROLLUP and a column that is not grouped");
    } else if (node->kind == Kind::kQuery) {
      context_.not_supported("WITH ROLLUP and a subquery");
    }
    for (std::uint32_t i = 0; i < node->count; ++i) node->kids[i] = replaced(node->kids[i], level);
    return node;
  }

  Node* grouping(const Node* call, std::size_t level) {
    std::uint64_t bits = 0;
    for (std::uint32_t i = 0; i < call->count; ++i) {
      const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Node* candidate) {
        return same_tree(candidate, call->kids[i]);
      });
      if (group == groups_.end()) {
        context_.fail(3580, "HY000",
                      "Argument #" + std::to_string(i + 1) + " of GROUPING function is not in GROUP BY");
      }
      bits = bits << 1 | (static_cast<std::size_t>(group - groups_.begin()) >= level ? 1U : 0U);
    }
    Node* const value =
        new_node(context_.arena, Kind::kInteger, {}, context_.arena.copy(std::to_string(bits)));
    value->type = simple_type(TypeKind::kBigInt);
    return value;
  }

  Context& context_;
  const Node* select_;
  std::vector<Node*> groups_;
  std::vector<const Node*> parts_;
};

namespace {

bool can_roll_up(const Node* select, const Rollup& rollup, Context& context) {
  if (select->kid(kSelectWindows) != nullptr) context.not_supported("WITH ROLLUP and named windows");
  if (any_node(select, differs_each_time)) context.not_supported("WITH ROLLUP and such a function");
  const auto& groups = rollup.groups();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (same_tree(groups[i], groups[j])) context.not_supported("WITH ROLLUP by one expression twice");
    }
  }
  return !context.error;
}

std::string_view numbered(Context& context, const char* name, std::size_t number) {
  return context.arena.copy(name + std::to_string(number));
}

}  // namespace

// What the rows are ordered by: ORDER BY, or the groups, each after a 1 in rows that sum them up.
std::vector<Node*> Lowering::rollup_keys(const Node* order, const std::vector<Node*>& groups) {
  std::vector<Node*> keys;
  for (std::uint32_t i = 0; order != nullptr && i < order->count; ++i) keys.push_back(order->kids[i]->kid(0));
  if (order != nullptr) return keys;
  for (Node* const group : groups) {
    Node* const grouping = call("grouping", {clone(context_.arena, group)});
    grouping->type = simple_type(TypeKind::kBigInt);
    keys.push_back(grouping);
    keys.push_back(group);
  }
  return keys;
}

Node* Lowering::rollup_level(const Node* select, Rollup& rollup, std::size_t level) {
  Node* const items = make(Kind::kList, {});
  for (std::size_t i = 0; i < rollup.parts().size(); ++i) {
    append(context_.arena, items,
           make(Kind::kItem, {rollup.at_level(rollup.parts()[i], level)}, numbered(context_, "c", i)));
  }
  // Makes one group of the last level, whatever the items are.
  Node* const every = call("count", {});
  every->flags |= kStarArgument;
  append(context_.arena, items, make(Kind::kItem, {every}, "n"));
  Node* const group = level != 0 ? make(Kind::kList, {}) : nullptr;
  for (std::size_t i = 0; i < level; ++i) {
    append(context_.arena, group, make(Kind::kOrder, {clone(context_.arena, rollup.groups()[i])}));
  }
  Node* const having =
      select->kid(kSelectHaving) != nullptr ? rollup.at_level(select->kid(kSelectHaving), level) : nullptr;
  return make(Kind::kSelect, {items, clone(context_.arena, select->kid(kSelectFrom)),
                              clone(context_.arena, select->kid(kSelectWhere)), group, having, nullptr});
}

// The query that takes the place of a SELECT and its ORDER BY.
Node* Lowering::rollup(Node* select, const Node* order) {
  Rollup rollup(context_, select);
  if (!can_roll_up(select, rollup, context_)) return select;
  Node* const items = make(Kind::kList, {});
  const Node* const given = select->kid(kSelectItems);
  for (std::uint32_t i = 0; i < given->count; ++i) {
    Node* const item = make(Kind::kItem, {rollup.outside(given->kids[i]->kid(0))}, given->kids[i]->text);
    item->qualifier = given->kids[i]->qualifier;
    append(context_.arena, items, item);
  }
  const std::vector<Node*> keys = rollup_keys(order, rollup.groups());
  Node* const ordered = make(Kind::kList, {});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Node* const key = make(Kind::kOrder, {rollup.outside(keys[i])});
    if (order != nullptr) key->flags = order->kids[i]->flags;
    append(context_.arena, ordered, key);
  }
  Node* all = nullptr;
  for (std::size_t level = rollup.groups().size() + 1; level-- > 0;) {
    Node* const one = rollup_level(select, rollup, level);
    if (context_.error) return select;
    all = all == nullptr ? one : make(Kind::kSetOperation, {all, one}, "UNION");
    if (all != one) all->flags |= kAll;
  }
  Node* const rows = make(Kind::kDerived, {make(Kind::kQuery, {nullptr, all, nullptr, nullptr})}, kRows);
  Node* const outer = make(Kind::kSelect, {items, rows, nullptr, nullptr, nullptr, nullptr});
  outer->flags = select->flags & ~static_cast<std::uint32_t>(kRollup);
  return make(Kind::kQuery, {nullptr, outer, ordered, nullptr});
}

}  // namespace murmel::sql
