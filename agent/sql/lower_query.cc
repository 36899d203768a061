// SELECT, UNION and their clauses; functions whose calls SQLite needs written in another way.
#include <string>
#include <vector>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr char kNamed[] = "_mysql_named";
constexpr char kLevel[] = "_mysql_level";

// The table of that name in FROM; null: it is not there.
const Node* table_named(const Node* from, std::string_view name) {
  if (from == nullptr) return nullptr;
  if (from->kind == Kind::kTable && from->has(kQuoted) && same_name(from->text, name)) return from;
  if (from->kind != Kind::kJoin) return nullptr;
  const Node* const left = table_named(from->kid(0), name);
  return left != nullptr ? left : table_named(from->kid(1), name);
}

// The SELECTs of a chain of UNION ALL; false: it is something else.
bool all_selects(Node* body, std::vector<Node*>& selects) {
  if (body->kind == Kind::kSetOperation && body->text == "UNION" && body->has(kAll))
    return all_selects(body->kids[0], selects) && all_selects(body->kids[1], selects);
  if (body->kind == Kind::kSelect) selects.push_back(body);
  return body->kind == Kind::kSelect;
}

}  // namespace

Node* Lowering::function(Node* node) {
  const std::string_view name = node->text;
  if (name == "if" && node->count == 3) {
    Node* const result = make(Kind::kCase, {nullptr, node->kids[2], node->kids[0], node->kids[1]});
    Node* const type_keeper = case_of(result);
    type_keeper->type = node->type;
    return type_keeper;
  }
  if (name == "nullif" && node->count == 2) {
    Node* const value = lower(node->kids[0]);
    Node* const same = comparison(Op::kEq, clone(context_.arena, value), lower(node->kids[1]));
    Node* const result = make(Kind::kCase, {nullptr, typed(value), same, make(Kind::kNull, {})});
    result->type = node->type;
    return result;
  }
  const bool asks = name == "collation" || name == "charset" || name == "coercibility";
  if (asks && node->count == 1) {
    if (Node* const known = about_collation(node)) return known;
  }
  const bool sums = name == "sum" || name == "avg";
  for (std::uint32_t i = 0; i < node->count; ++i) {
    const Type* const type = node->kids[i]->type;
    Node* const argument = lower(node->kids[i]);
    if (sums && argument->type == nullptr) argument->type = type;  // of a literal
    Node* number = sums ? numeric(argument) : argument;
    if (number != argument) {  // the sum is a DOUBLE, as of other texts
      number = make(Kind::kBinary, {number, make(Kind::kDouble, {}, "0e0")});
      number->op = Op::kAdd;
      number->type = simple_type(TypeKind::kDouble);
    }
    node->kids[i] = typed(number);
  }
  if (name == "grouping") context_.fail(1111, "HY000", "Invalid use of group function");
  if (name == "isnull" && node->count == 1) return make(Kind::kIs, {node->kids[0]}, "NULL");
  if (name == "coalesce" && node->count == 1) return node->kids[0];
  return is_aggregate(name) ? aggregate(node) : node;
}

Node* Lowering::aggregate(Node* node) {
  const std::string_view name = node->text;
  if (node->count == 0) return node;
  if (name == "count" && node->has(kDistinct)) {
    if (node->count == 1 && node->kid(0)->type != nullptr && is_text(node->kid(0)->type->kind)) {
      node->kids[0] = with_collation(node->kids[0], collation_of(node->kid(0), context_));
      return node;
    }
    if (node->count == 1 && node->kid(0)->type != nullptr && is_integer(node->kid(0)->type->kind))
      return node;
    Node* const result = call("mysql_count_distinct", {make(Kind::kNull, {})});
    for (std::uint32_t i = 0; i < node->count; ++i) append(context_.arena, result, node->kids[i]);
    result->type = node->type;
    return result;
  }
  if (name != "min" && name != "max") return node;
  if (stored_timestamp(node->kid(0)) != nullptr) {
    Node* const read = node->kids[0];
    node->kids[0] = read->kids[0];
    read->kids[0] = node;
    return read;
  }
  const Type* const type = node->kid(0)->type;
  if (type == nullptr) return node;
  if (is_text(type->kind) && type->kind != TypeKind::kEnum && type->kind != TypeKind::kSet) {
    node->kids[0] = with_collation(node->kids[0], collation_of(node->kid(0), context_));
    return node;
  }
  const bool native = (is_integer(type->kind) && !type->is_unsigned) || type->kind == TypeKind::kDouble ||
                      type->kind == TypeKind::kDate || type->kind == TypeKind::kDateTime ||
                      type->kind == TypeKind::kTimestamp || is_binary(type->kind);
  if (!native) node->text = name == "min" ? "mysql_min" : "mysql_max";
  return node;
}

Node* Lowering::group_concat(Node* node) {
  Node* value = nullptr;
  Node* const arguments = node->kids[0];
  if (arguments->count == 1) {
    value = typed(lower(arguments->kids[0]));
  } else {
    value = call("concat", {});
    for (std::uint32_t i = 0; i < arguments->count; ++i)
      append(context_.arena, value, typed(lower(arguments->kids[i])));
  }
  Node* const separator = node->kid(2) != nullptr ? node->kids[2] : string(",");
  Node* const result =
      call("mysql_group_concat", {string(node->has(kDistinct) ? "distinct" : ""), separator, value});
  const Node* const order = node->kid(1);
  for (std::uint32_t i = 0; order != nullptr && i < order->count; ++i) {
    Node* key = lower(order->kids[i]->kid(0));
    if (key->type != nullptr && !key->type->members.empty()) key = sortable(key);
    const std::string_view collation = collation_of(key, context_);
    append(context_.arena, result, typed(key));
    append(context_.arena, result, string(order->kids[i]->has(kDescending) ? "desc" : "asc"));
    append(context_.arena, result, collation.empty() ? make(Kind::kNull, {}) : string(collation));
  }
  result->type = node->type;
  return result;
}

// SELECT DISTINCT and UNION compare texts by their collation.
void Lowering::distinct_items(Node* body) {
  if (body->kind == Kind::kSetOperation) {
    distinct_items(body->kid(0));
    return;
  }
  if (body->kind != Kind::kSelect) return;
  Node* const items = body->kid(kItems);
  for (std::uint32_t i = 0; i < items->count; ++i) {
    Node* const value = items->kids[i]->kid(0);
    items->kids[i]->kids[0] = with_collation(value, collation_of(value, context_));
  }
}

void Lowering::select(Node* select) {
  Node* const items = select->kid(kItems);
  for (std::uint32_t i = 0; i < items->count; ++i) items->kids[i]->kids[0] = lower(items->kids[i]->kids[0]);
  if (select->has(kDistinct)) distinct_items(select);
  if (select->kid(kFrom) != nullptr) select->kids[kFrom] = lower(select->kids[kFrom]);
  if (select->kid(kWhere) != nullptr) select->kids[kWhere] = condition(select->kids[kWhere]);
  if (select->kid(kGroup) != nullptr) select->kids[kGroup] = lower(select->kids[kGroup]);
  if (select->kid(kHaving) != nullptr) select->kids[kHaving] = condition(select->kids[kHaving]);
  if (select->kid(kWindows) != nullptr) select->kids[kWindows] = lower(select->kids[kWindows]);
}

void Lowering::set_operation(Node* node) {
  if (node->has(kAll) && node->text != "UNION")
    return context_.not_supported(std::string(node->text) + " ALL");
  node->kids[0] = lower(node->kids[0]);
  node->kids[1] = lower(node->kids[1]);
  if (!node->has(kAll)) distinct_items(node);
}

// How deep a recursive table is: 3636 beyond @@cte_max_recursion_depth. With UNION DISTINCT rows of two
// levels are to be equal, so there it ends with its rows.
void Lowering::count_levels(Node* table) {
  std::vector<Node*> selects;
  if (!all_selects(table->kid(0)->kids[1], selects) || selects.size() < 2) return;
  const bool sees_itself = table_named(selects.back()->kid(kFrom), table->text) != nullptr;
  if (!sees_itself) return;
  if (table->kid(1) == nullptr) {
    Node* const names = make(Kind::kList, {});
    const Node* const items = selects[0]->kid(kItems);
    for (std::uint32_t i = 0; i < items->count; ++i) {
      const Node* const item = items->kids[i];
      append(context_.arena, names, make(Kind::kName, {}, item->text.empty() ? item->qualifier : item->text));
    }
    table->kids[1] = names;
  }
  append(context_.arena, table->kids[1], make(Kind::kName, {}, kLevel));
  for (Node* const select : selects) {
    const Node* const itself = table_named(select->kid(kFrom), table->text);
    Node* level = integer("1");
    if (itself != nullptr) {
      Node* const above = make(Kind::kColumn, {}, kLevel);
      above->qualifier = itself->qualifier.empty() ? itself->text : itself->qualifier;
      Node* const next = make(Kind::kBinary, {above, integer("1")});
      next->op = Op::kAdd;
      Node* const most =
          call("mysql_system_variable", {string("cte_max_recursion_depth"), string("session")});
      Node* const beyond = make(Kind::kBinary, {clone(context_.arena, next), most});
      beyond->op = Op::kGt;
      Node* const sentence = call(
          "concat", {string("Recursive query aborted after "), clone(context_.arena, next),
                     string(" iterations. Try increasing @@cte_max_recursion_depth to a larger value.")});
      level = make(Kind::kCase, {nullptr, next, beyond, call("mysql_signal", {sentence, integer("3636")})});
    }
    append(context_.arena, select->kids[kItems], make(Kind::kItem, {level}, kLevel));
  }
}

void Lowering::query(Node* query) {
  if (Node* const with = query->kid(0)) {
    for (std::uint32_t i = 0; i < with->count && !context_.error; ++i) {
      with->kids[i]->kids[0] = lower(with->kids[i]->kids[0]);
      if (with->has(kRecursive) && !context_.in_view && !context_.error) count_levels(with->kids[i]);
    }
  }
  if (query->kid(1)->kind == Kind::kSelect && query->kid(1)->has(kRollup)) {
    const Node* const whole = rollup(query->kid(1), query->kid(2));
    if (context_.error) return;
    query->kids[1] = whole->kid(1);
    query->kids[2] = whole->kid(2);
  }
  order_by_relevance(query);
  const bool compound = query->kid(1)->kind == Kind::kSetOperation;
  Node* const written = compound && query->kid(2) != nullptr ? clone(context_.arena, query->kid(2)) : nullptr;
  const std::uint32_t without_keys = select_outer_keys(query);
  query->kids[1] = lower(query->kids[1]);
  if (Node* const order = query->kid(2)) query->kids[2] = lower(order);
  if (Node* const limit = query->kid(3)) {
    for (std::uint32_t i = 0; i < limit->count; ++i) {
      Node* const number = limit->kids[i];
      if (number == nullptr || number->kind != Kind::kInteger || number->text.size() < 19) continue;
      // Beyond 64 bits it means all.
      limit->kids[i] = integer(i == 0 ? "-1" : "9223372036854775807");
    }
  }
  if (without_keys != 0) return leave_items(query, without_keys);
  if (written != nullptr && !context_.error) order_compound(query, written);
}

// SQLite gives a query's columns names in WITH only.
Node* Lowering::named(Node* query, Node* names) {
  Node* const common = make(Kind::kCommonTable, {query, names}, kNamed);
  Node* const items = make(Kind::kList, {make(Kind::kStar, {})});
  Node* const from = make(Kind::kTable, {}, kNamed);
  from->flags |= kQuoted;
  Node* const select = make(Kind::kSelect, {items, from, nullptr, nullptr, nullptr, nullptr});
  return make(Kind::kQuery, {make(Kind::kWith, {common}), select, nullptr, nullptr});
}

// As a SELECT, whose columns have names and can be sorted by.
Node* Lowering::values(Node* values) {
  kids(values);
  Node* const names = make(Kind::kList, {});
  Node* const items = make(Kind::kList, {});
  for (std::uint32_t i = 0; i < values->kid(0)->count; ++i) {
    const std::string_view name = context_.arena.copy("column_" + std::to_string(i));
    append(context_.arena, names, make(Kind::kName, {}, name));
    Node* const column = make(Kind::kColumn, {}, name);
    column->qualifier = kNamed;
    column->type = values->kid(0)->kids[i]->type;
    append(context_.arena, items, make(Kind::kItem, {column}, name));
  }
  Node* const rows = named(make(Kind::kQuery, {nullptr, values, nullptr, nullptr}), names);
  Node* const from = make(Kind::kDerived, {rows}, kNamed);
  return make(Kind::kSelect, {items, from, nullptr, nullptr, nullptr, nullptr});
}

Node* Lowering::derived(Node* derived) {
  Node* const names = derived->kid(1);
  derived->kids[0] = lower(derived->kids[0]);
  if (names != nullptr) derived->kids[0] = named(derived->kids[0], names);
  return derived;
}

}  // namespace murmel::sql
