#include "agent/sql/lower.h"

#include <algorithm>
#include <string>

namespace murmel::sql {
namespace {

const char* comparison_function(Op op) {
  if (op == Op::kEq) return "mysql_eq";
  if (op == Op::kNe) return "mysql_ne";
  if (op == Op::kLt) return "mysql_lt";
  if (op == Op::kLe) return "mysql_le";
  if (op == Op::kGt) return "mysql_gt";
  if (op == Op::kGe) return "mysql_ge";
  return "mysql_nulleq";
}

bool is_comparison(Op op) {
  return op >= Op::kEq && op <= Op::kGe;
}

const char* arithmetic_function(Op op) {
  if (op == Op::kAdd) return "mysql_add";
  if (op == Op::kSub) return "mysql_sub";
  if (op == Op::kMul) return "mysql_mul";
  if (op == Op::kDiv) return "mysql_div";
  if (op == Op::kIntDiv) return "mysql_intdiv";
  if (op == Op::kMod) return "mysql_mod";
  if (op == Op::kBitAnd) return "mysql_bit_and";
  if (op == Op::kBitOr) return "mysql_bit_or";
  if (op == Op::kBitXor) return "mysql_bit_xor";
  if (op == Op::kShiftLeft) return "mysql_shl";
  if (op == Op::kShiftRight) return "mysql_shr";
  return "mysql_xor";
}

// SQLite would take such a constant for the number of a column.
bool is_position(const Node* key) {
  if (key->kind == Kind::kUnary) return is_position(key->kid(0));
  return key->kind == Kind::kInteger || key->kind == Kind::kTrue || key->kind == Kind::kFalse;
}

}  // namespace

std::string_view tag_of(const Type* type) {
  if (type == nullptr) return {};
  if (type->kind == TypeKind::kDecimal) return "decimal";
  if (type->kind == TypeKind::kDate) return "date";
  if (type->kind == TypeKind::kDateTime || type->kind == TypeKind::kTimestamp) return "datetime";
  if (type->kind == TypeKind::kTime) return "time";
  if (type->kind == TypeKind::kYear) return "year";
  if (type->kind == TypeKind::kJson) return "json";
  if (type->kind == TypeKind::kBit) return "bit";
  if (is_integer(type->kind) && type->is_unsigned) return "unsigned";
  return {};
}

Node* Lowering::make(Kind kind, std::initializer_list<Node*> kids, std::string_view text) {
  return new_node(context_.arena, kind, kids, text);
}

Node* Lowering::call(std::string_view name, std::initializer_list<Node*> arguments) {
  return make(Kind::kCall, arguments, name);
}

void Lowering::kids(Node* node) {
  for (std::uint32_t i = 0; i < node->count; ++i) {
    if (node->kids[i] != nullptr) node->kids[i] = lower(node->kids[i]);
  }
}

bool Lowering::is_bare(const Node* node) {
  return node->kind == Kind::kColumn || node->kind == Kind::kSubquery || node->kind == Kind::kOver;
}

Node* Lowering::typed(Node* node) {
  const std::string_view tag = tag_of(node->type);
  if (tag.empty() || !is_bare(node)) return node;
  Node* const result = call("mysql_typed", {node, string(tag)});
  result->type = node->type;
  return result;
}

Node* Lowering::with_collation(Node* node, std::string_view collation) {
  if (collation.empty() || node->kind == Kind::kCollate) return node;
  Node* const result = make(Kind::kCollate, {node}, collation);
  result->type = node->type;
  return result;
}

Node* Lowering::sortable(Node* node) {
  if (stored_timestamp(node) != nullptr) return node->kids[0];
  if (node->type == nullptr || node->kind == Kind::kCollate) return node;
  const Type& type = *node->type;
  if (type.kind == TypeKind::kEnum && !type.members.empty()) {
    Node* const place = call("field", {node});
    for (const std::string& member : type.members) append(context_.arena, place, string(member));
    return place;
  }
  if (type.kind == TypeKind::kSet && node->kind == Kind::kColumn && !type.members.empty())
    return numeric(node);
  if (is_text(type.kind)) return with_collation(node, collation_of(node, context_));
  const bool keyed = type.kind == TypeKind::kDecimal || type.kind == TypeKind::kTime ||
                     type.kind == TypeKind::kJson || (type.kind == TypeKind::kBigInt && type.is_unsigned) ||
                     type.kind == TypeKind::kUnknown;
  return keyed ? call("mysql_sort_key", {typed(node)}) : node;
}

Node* Lowering::numeric(Node* node) {
  if (node->kind != Kind::kColumn || node->type == nullptr || node->type->members.empty()) return node;
  const auto column = [&] { return clone(context_.arena, node); };
  Node* result = nullptr;
  if (node->type->kind == TypeKind::kEnum) {
    result = make(Kind::kCase,
                  {nullptr, sortable(column()), make(Kind::kIs, {column()}, "NULL"), make(Kind::kNull, {})});
  } else {
    if (node->type->members.size() > 63) context_.not_supported("a SET of 64 words as a number");
    std::uint64_t bit = 1;
    for (const std::string& member : node->type->members) {
      Node* const has = make(Kind::kBinary, {call("find_in_set", {string(member), column()}), integer("0")});
      has->op = Op::kGt;
      Node* const worth = make(Kind::kBinary, {has, integer(context_.arena.copy(std::to_string(bit)))});
      worth->op = Op::kMul;
      Node* const sum = result != nullptr ? make(Kind::kBinary, {result, worth}) : worth;
      if (result != nullptr) sum->op = Op::kAdd;
      result = sum;
      bit <<= 1U;
    }
  }
  result->type = simple_type(TypeKind::kBigInt);
  return result;
}

Node* Lowering::condition(Node* node) {
  if (node->kind == Kind::kMatch) return match(node, true);
  Node* const value = lower(node);
  const Type* const type = node->type;
  const bool plain = type != nullptr &&
                     (type->kind == TypeKind::kNull || type->kind == TypeKind::kDouble ||
                      (is_integer(type->kind) && !(type->is_unsigned && type->kind == TypeKind::kBigInt)));
  return plain ? value : call("mysql_bool", {typed(value)});
}

Node* Lowering::literal(Node* node) {
  if (node->kind == Kind::kDecimal) return call("mysql_number", {string(node->text)});
  if (node->kind == Kind::kTemporal) {
    const char* const name = node->op == Op::kDate   ? "mysql_date"
                             : node->op == Op::kTime ? "mysql_time"
                                                     : "mysql_datetime";
    Node* const result = call(name, {string(node->text)});
    const std::size_t point = std::min(node->text.find('.'), node->text.size() - 1);
    const std::size_t end =
        std::min(node->text.find_first_not_of("0123456789", point + 1), node->text.size());
    const std::size_t digits = std::min<std::size_t>(end - point - 1, 6);
    if (digits != 0 && node->op != Op::kDate)
      append(context_.arena, result, integer(context_.arena.copy(std::to_string(digits))));
    return result;
  }
  if (node->kind != Kind::kInteger) return node;
  std::string_view digits = node->text;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  const bool fits = digits.size() < 20 || (digits.size() == 20 && digits <= "18446744073709551615");
  if (fits && (digits.size() == 20 || (digits.size() == 19 && digits > "9223372036854775807")))
    return call("mysql_unsigned", {string(digits)});
  if (!fits) {
    return call("mysql_number", {string(digits)});
  }
  return node;
}

Node* Lowering::unary(Node* node) {
  if (node->op == Op::kNot) {
    node->kids[0] = condition(node->kids[0]);
    return node;
  }
  Node* const operand = lower(node->kids[0]);
  if (node->op == Op::kBitNot) return call("mysql_bit_not", {typed(operand)});
  const bool native = is_small_integer(operand) || operand->kind == Kind::kDouble ||
                      (operand->kind == Kind::kInteger && operand->text.size() < 19);
  if (!native) return call("mysql_neg", {typed(operand)});
  node->kids[0] = operand;
  return node;
}

Node* Lowering::binary(Node* node) {
  if (node->op == Op::kAnd || node->op == Op::kOr) {
    node->kids[0] = condition(node->kids[0]);
    node->kids[1] = condition(node->kids[1]);
    return node;
  }
  if (Node* const rows = row_subquery(node)) return rows;
  Node* left = lower(node->kids[0]);
  Node* right = lower(node->kids[1]);
  if (is_comparison(node->op)) {
    Node* const result = comparison(node->op, left, right);
    result->type = node->type;
    return result;
  }
  left = numeric(left);
  right = numeric(right);
  const bool native = (node->op == Op::kAdd || node->op == Op::kSub || node->op == Op::kMul) &&
                      is_small_integer(left) && is_small_integer(right);
  if (!native) {
    Node* const result = call(arithmetic_function(node->op), {typed(left), typed(right)});
    result->type = node->type;
    return result;
  }
  node->kids[0] = left;
  node->kids[1] = right;
  return node;
}

Node* Lowering::comparison(Op op, Node* left, Node* right) {
  if (left->kind == Kind::kRow || right->kind == Kind::kRow) return row_comparison(op, left, right);
  if (right->type != nullptr && is_number(right->type->kind)) left = numeric(left);
  if (left->type != nullptr && is_number(left->type->kind)) right = numeric(right);
  compare_stored(left, right);
  const Comparable how = comparable(left, right, context_);
  if (how.native) {
    Node* const result = make(Kind::kBinary, {with_collation(left, how.collation), right});
    result->op = op;
    return result;
  }
  Node* const result = call(comparison_function(op), {typed(left), typed(right)});
  for (const Node* side : {left, right}) {
    if (side->kind != Kind::kCollate) continue;
    append(context_.arena, result, string(side->text));
    break;
  }
  return result;
}

// (a, b) = (c, d) is a = c AND b = d; (a, b) < (c, d) is a < c OR (a = c AND b < d).
Node* Lowering::row_comparison(Op op, Node* left, Node* right) {
  if (left->kind != right->kind || left->count != right->count) {
    context_.fail(1241, "21000",
                  "Operand should contain " + std::to_string(left->kind == Kind::kRow ? left->count : 1) +
                      " column(s)");
    return left;
  }
  const auto combine = [&](Op with, Node* a, Node* b) {
    Node* const both = make(Kind::kBinary, {a, b});
    both->op = with;
    return both;
  };
  const bool equal = op == Op::kEq || op == Op::kNullEq;
  const bool strict_less = op == Op::kLt || op == Op::kLe;
  Node* result = nullptr;
  for (std::uint32_t i = left->count; i-- > 0;) {
    Node* const a = left->kids[i];
    Node* const b = right->kids[i];
    if (equal || op == Op::kNe) {
      Node* const here = comparison(op, a, b);
      result = result == nullptr ? here : combine(equal ? Op::kAnd : Op::kOr, here, result);
    } else if (result == nullptr) {
      result = comparison(op, a, b);
    } else {
      Node* const tie = comparison(Op::kEq, clone(context_.arena, a), clone(context_.arena, b));
      result =
          combine(Op::kOr, comparison(strict_less ? Op::kLt : Op::kGt, a, b), combine(Op::kAnd, tie, result));
    }
  }
  return result;
}

Node* Lowering::negated(Node* node, bool negate) {
  if (!negate) return node;
  Node* const result = make(Kind::kUnary, {node});
  result->op = Op::kNot;
  result->type = simple_type(TypeKind::kInt);
  return result;
}

Node* Lowering::between(Node* node) {
  kids(node);
  compare_stored(node, 1, node);
  const Comparable low = comparable(node->kid(0), node->kid(1), context_);
  const Comparable high = comparable(node->kid(0), node->kid(2), context_);
  if (low.native && high.native && low.collation == high.collation) {
    node->kids[0] = with_collation(node->kids[0], low.collation);
    return node;
  }
  return negated(call("mysql_between", {typed(node->kids[0]), typed(node->kids[1]), typed(node->kids[2])}),
                 node->has(kNegated));
}

Node* Lowering::in(Node* node) {
  if (node->kid(1)->kind == Kind::kQuery) return in_query(node);
  Node* x = node->kids[0] = lower(node->kids[0]);
  Node* const list = node->kids[1];
  kids(list);
  if (x->kind == Kind::kRow) {
    Node* result = nullptr;
    for (std::uint32_t i = 0; i < list->count; ++i) {
      Node* const one = row_comparison(Op::kEq, clone(context_.arena, x), list->kids[i]);
      if (result != nullptr) {
        result = make(Kind::kBinary, {result, one});
        result->op = Op::kOr;
      } else {
        result = one;
      }
    }
    return negated(result, node->has(kNegated));
  }
  bool native = true;
  std::string_view collation;
  if (compare_stored(node, 0, list)) x = node->kids[0];
  for (std::uint32_t i = 0; i < list->count; ++i) {
    const Comparable how = comparable(x, list->kids[i], context_);
    native = native && how.native && (i == 0 || how.collation == collation || how.collation.empty());
    if (!how.collation.empty()) collation = how.collation;
  }
  if (native) {
    node->kids[0] = with_collation(x, collation);
    return node;
  }
  Node* const coll = x->kind == Kind::kCollate ? string(x->text) : make(Kind::kNull, {});
  Node* const result = call("mysql_in", {coll, typed(x)});
  for (std::uint32_t i = 0; i < list->count; ++i) append(context_.arena, result, typed(list->kids[i]));
  return negated(result, node->has(kNegated));
}

Node* Lowering::like(Node* node) {
  kids(node);
  Node* const collation = node->kid(0)->kind == Kind::kCollate || node->kid(0)->type == nullptr ||
                                  !is_text(node->kid(0)->type->kind)
                              ? nullptr
                              : string(collation_of(node->kid(0), context_));
  Node* const escape = node->kid(2) != nullptr ? node->kids[2] : make(Kind::kNull, {});
  Node* const result = call("mysql_like", {typed(node->kids[0]), typed(node->kids[1])});
  const bool named = collation != nullptr && !collation->text.empty();
  if (node->kid(2) != nullptr || named) append(context_.arena, result, escape);
  if (named) append(context_.arena, result, collation);
  return negated(result, node->has(kNegated));
}

Node* Lowering::case_of(Node* node) {
  Node* const operand = node->kid(0) != nullptr ? lower(node->kids[0]) : nullptr;
  for (std::uint32_t i = 2; i + 1 < node->count; i += 2) {
    if (operand == nullptr) {
      node->kids[i] = condition(node->kids[i]);
    } else {
      node->kids[i] = comparison(Op::kEq, clone(context_.arena, operand), lower(node->kids[i]));
    }
    node->kids[i + 1] = typed(lower(node->kids[i + 1]));
  }
  node->kids[0] = nullptr;
  if (node->kid(1) != nullptr) node->kids[1] = typed(lower(node->kids[1]));
  return node;
}

Node* Lowering::is(Node* node) {
  Node*& value = node->kids[0];
  if (node->text != "NULL") {
    value = call("mysql_bool", {typed(value)});
  } else if (stored_timestamp(value) != nullptr) {
    value = value->kids[0];
  }
  return node;
}

Node* Lowering::cast(Node* node) {
  Node* const result = call(node->text, {typed(lower(node->kids[0]))});
  for (std::uint32_t i = 1; i < node->count; ++i) append(context_.arena, result, node->kids[i]);
  result->type = node->type;
  return result;
}

Node* Lowering::lower(Node* node) {
  if (node == nullptr || context_.error) return node;
  const Kind kind = node->kind;
  if (kind == Kind::kColumn) return from_utc(node);
  if (kind == Kind::kUnary) return unary(node);
  if (kind == Kind::kBinary) return binary(node);
  if (kind == Kind::kBetween) return between(node);
  if (kind == Kind::kIn) return in(node);
  if (kind == Kind::kSubquery) return subquery(node);
  if (kind == Kind::kQuantified) return quantified(node);
  if (kind == Kind::kLike) return like(node);
  if (kind == Kind::kCase) return case_of(node);
  if (kind == Kind::kCast) return cast(node);
  if (kind == Kind::kCall) return function(node);
  if (kind == Kind::kGroupConcat) return group_concat(node);
  if (kind == Kind::kSelect) {
    if (node->has(kRollup)) return lower(rollup(node, nullptr));
    select(node);
    return node;
  }
  if (kind == Kind::kSetOperation) {
    set_operation(node);
    return node;
  }
  if (kind == Kind::kQuery) {
    query(node);
    return node;
  }
  if (kind == Kind::kValues) return values(node);
  if (kind == Kind::kJoin) {
    node->kids[0] = lower(node->kids[0]);
    node->kids[1] = lower(node->kids[1]);
    if (node->text.starts_with("RIGHT")) json_tables_apart(node);
    if (node->kid(2) != nullptr) node->kids[2] = condition(node->kids[2]);
    return node;
  }
  if (kind == Kind::kWindow) {
    window(node);
    return node;
  }
  if (kind == Kind::kMatch) return match(node, false);
  if (kind == Kind::kDefault || kind == Kind::kValuesOf) {
    context_.not_supported(kind == Kind::kDefault ? "DEFAULT()" : "VALUES() outside ON DUPLICATE KEY UPDATE");
    return node;
  }
  if (kind == Kind::kTable || kind == Kind::kName) return node;
  if (kind == Kind::kJsonTable) return json_table(node);
  if (kind == Kind::kDerived && node->has(kLateral)) return lateral(node);
  if (kind == Kind::kDerived) return derived(node);
  kids(node);
  if (kind == Kind::kOver) return over(node);
  if (kind == Kind::kOrder) {
    node->kids[0] = sortable(node->kids[0]);
    if (is_position(node->kids[0])) node->kids[0] = make(Kind::kNull, {});
    return node;
  }
  if (kind == Kind::kIs) return is(node);
  if (kind == Kind::kRegexp) {
    return negated(call("regexp_like", {typed(node->kids[0]), typed(node->kids[1])}), node->has(kNegated));
  }
  if (kind == Kind::kConvertUsing)
    return call("mysql_convert_using", {typed(node->kids[0]), string(node->text)});
  if (kind == Kind::kUserVariable) return call("mysql_user_variable", {string(node->text)});
  if (kind == Kind::kAssign)
    return call("mysql_set_user_variable", {string(node->text), typed(node->kids[0])});
  if (kind == Kind::kSystemVariable)
    return call("mysql_system_variable", {string(node->text), string(node->qualifier)});
  return literal(node);
}

}  // namespace murmel::sql
