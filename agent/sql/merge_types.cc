// The one type of values that come from several expressions: of CASE and COALESCE, and of the SELECTs of a
// UNION. Where MySQL converts them (1 beside 2.50 is 1.00, a number beside a text is text) they are wrapped.
#include <algorithm>
#include <string>

#include "agent/sql/resolve.h"

namespace murmel::sql {
namespace {

constexpr int kDecimalDigits = 65, kScaleMax = 30;

bool is_real(const Type& type) {
  return type.kind == TypeKind::kDouble || type.kind == TypeKind::kFloat;
}

bool is_word(const Type& type) {
  return type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet;
}

bool is_day(const Type& type) {
  return type.kind == TypeKind::kDate || type.kind == TypeKind::kDateTime ||
         type.kind == TypeKind::kTimestamp;
}

const Type* merged_texts(const Type& a, const Type& b, Context& context) {
  // Without a collation it is the session's, which gives way to a column's.
  if (!a.collation.empty() && !b.collation.empty() && a.collation != b.collation)
    return simple_type(TypeKind::kUnknown);
  Type type;
  type.collation = a.collation.empty() ? b.collation : a.collation;
  const bool is_short = a.kind <= TypeKind::kVarChar && b.kind <= TypeKind::kVarChar;
  type.kind = is_short || is_word(a) || is_word(b) ? TypeKind::kVarChar : TypeKind::kLongText;
  return context.arena.type(std::move(type));
}

// A signed one holds the other if it is larger; what holds none of both is a DECIMAL.
const Type* merged_integers(const Type* a, const Type* b, Context& context) {
  if (a->is_unsigned == b->is_unsigned) return a->kind > b->kind ? a : b;
  const Type* const with_sign = a->is_unsigned ? b : a;
  const Type* const without = a->is_unsigned ? a : b;
  if (with_sign->kind > without->kind && with_sign->kind <= TypeKind::kBigInt) return with_sign;
  if (without->kind >= TypeKind::kBigInt) return decimal_type(0, context);
  return simple_type(TypeKind::kBigInt);
}

Node* integer(int value, Context& context) {
  Node* const node = new_node(context.arena, Kind::kInteger, {}, context.arena.copy(std::to_string(value)));
  node->type = simple_type(TypeKind::kInt);
  return node;
}

}  // namespace

const Type* decimal_type(int scale, Context& context) {
  Type type;
  type.kind = TypeKind::kDecimal;
  type.length = kDecimalDigits;
  type.decimals = static_cast<std::uint8_t>(std::min(scale, kScaleMax));
  return context.arena.type(std::move(type));
}

std::optional<int> exact_scale(const Type* type) {
  if (type == nullptr) return std::nullopt;
  if (is_integer(type->kind)) return 0;
  if (type->kind == TypeKind::kDecimal && type->length != 0) return type->decimals;
  return std::nullopt;
}

const Type* merged_type(const Type* first, const Type* second, Context& context) {
  if (first == nullptr || second == nullptr) return simple_type(TypeKind::kUnknown);
  const Type& a = *first;
  const Type& b = *second;
  if (a.kind == TypeKind::kNull) return second;
  if (b.kind == TypeKind::kNull || type_text(a) == type_text(b)) {
    const bool same = b.kind == TypeKind::kNull || a.collation == b.collation;
    if (same) return first;
  }
  if (is_text(a.kind) && is_text(b.kind)) return merged_texts(a, b, context);
  if (is_integer(a.kind) && is_integer(b.kind)) return merged_integers(first, second, context);
  const auto x = exact_scale(first), y = exact_scale(second);
  if (x && y && (a.kind == TypeKind::kDecimal || b.kind == TypeKind::kDecimal))
    return decimal_type(std::max(*x, *y), context);
  const auto is_exact = [](const Type& type) {
    return is_integer(type.kind) || type.kind == TypeKind::kDecimal;
  };
  if (is_exact(a) && is_exact(b)) return simple_type(TypeKind::kDecimal);  // the digits are not known
  if ((is_real(a) && (is_real(b) || y)) || (is_real(b) && x)) return simple_type(TypeKind::kDouble);
  if (is_day(a) && is_day(b)) {
    Type type;
    type.kind = TypeKind::kDateTime;
    type.decimals = std::max(a.decimals, b.decimals);
    return context.arena.type(std::move(type));
  }
  const bool number = x || y || is_real(a) || is_real(b), moment = is_temporal(a.kind) || is_temporal(b.kind);
  const bool text = is_text(a.kind) || is_text(b.kind);
  if ((text && (number || moment)) || (number && moment)) {
    Type type;
    type.kind = TypeKind::kVarChar;
    if (text) type.collation = is_text(a.kind) ? a.collation : b.collation;
    return context.arena.type(std::move(type));
  }
  return simple_type(TypeKind::kUnknown);
}

// The value as `to` has it, which is what merged_type() gave for its type.
Node* as_merged(Node* value, const Type* to, Context& context) {
  const Type* const from = value->type;
  if (value->kind == Kind::kParameter && (is_integer(to->kind) || is_real(*to))) {
    const char* const name = is_real(*to) ? "mysql_double" : "mysql_signed";
    Node* const call = new_node(context.arena, Kind::kCall, {value}, name);
    call->type = to;
    return call;
  }
  if (from == nullptr || from->kind == TypeKind::kNull || from->kind == TypeKind::kUnknown) return value;
  Node* call = nullptr;
  if (to->kind == TypeKind::kDecimal) {
    const bool known = to->length != 0;
    if (!known || (from->kind == TypeKind::kDecimal && from->decimals == to->decimals)) return value;
    call =
        new_node(context.arena, Kind::kCall,
                 {value, integer(kDecimalDigits, context), integer(to->decimals, context)}, "mysql_decimal");
  } else if (is_real(*to) && from->kind == TypeKind::kDecimal) {
    call = new_node(context.arena, Kind::kCall, {value}, "mysql_double");
  } else if (to->kind == TypeKind::kVarChar && !is_text(from->kind)) {
    call = new_node(context.arena, Kind::kCall, {value}, "mysql_char");
  } else if (to->kind == TypeKind::kDateTime &&
             (from->kind == TypeKind::kDate || from->decimals != to->decimals)) {
    call = new_node(context.arena, Kind::kCall, {value, integer(to->decimals, context)}, "mysql_datetime");
  }
  if (call == nullptr) return value;
  call->type = to;
  return call;
}

// Column number `at` of a SELECT, or of all SELECTs of a UNION.
void merge_column(Node* body, std::uint32_t at, const Type* to, Context& context) {
  if (body->kind == Kind::kQuery) return merge_column(body->kid(1), at, to, context);
  if (body->kind == Kind::kSetOperation) {
    merge_column(body->kid(0), at, to, context);
    return merge_column(body->kid(1), at, to, context);
  }
  if (body->kind == Kind::kSelect) {
    Node*& value = body->kid(0)->kids[at]->kids[0];
    value = as_merged(value, to, context);
    return;
  }
  for (std::uint32_t i = 0; i < body->count; ++i)
    body->kids[i]->kids[at] = as_merged(body->kids[i]->kids[at], to, context);
}

// The kids of a CASE or a call that its value can be.
std::vector<std::uint32_t> branches_of(const Node* node) {
  std::vector<std::uint32_t> branches;
  if (node->kind == Kind::kCase) {
    if (node->kid(1) != nullptr) branches.push_back(1);
    for (std::uint32_t i = 3; i < node->count; i += 2) branches.push_back(i);
  } else if (node->kind == Kind::kCall && node->text == "if" && node->count == 3) {
    branches = {1, 2};
  } else if (node->kind == Kind::kCall && (node->text == "ifnull" || node->text == "coalesce")) {
    for (std::uint32_t i = 0; i < node->count; ++i) branches.push_back(i);
  }
  return branches;
}

// A parameter is of the type that the others have.
const Type* branches_type(const Node* node, Context& context) {
  const Type* type = simple_type(TypeKind::kNull);
  const Type* of_parameters = type;
  for (const std::uint32_t i : branches_of(node)) {
    const Node* const value = node->kids[i];
    const Type*& merged = value->kind == Kind::kParameter ? of_parameters : type;
    merged = merged_type(merged, value->type, context);
  }
  const bool signs_differ = is_integer(type->kind) && type->is_unsigned && is_integer(of_parameters->kind);
  if (signs_differ) return merged_type(type, of_parameters, context);
  return type->kind == TypeKind::kNull ? of_parameters : type;
}

void merge_branches(Node* node, Context& context) {
  if (node->type == nullptr) return;
  for (const std::uint32_t i : branches_of(node))
    node->kids[i] = as_merged(node->kids[i], node->type, context);
}

}  // namespace murmel::sql
