// The types of expressions.
#include <algorithm>
#include <array>
#include <string_view>

#include "agent/sql/resolve.h"

namespace murmel::sql {
namespace {

struct FunctionType {
  std::string_view name;
  TypeKind kind;
};

// Functions whose result has one type whatever is passed. Others are unknown, which is always safe: they are
// then compared by functions that look at the values.
constexpr FunctionType kFunctionTypes[] = {
    {"ascii", TypeKind::kInt},
    {"bit_length", TypeKind::kBigInt},
    {"char_length", TypeKind::kInt},
    {"character_length", TypeKind::kInt},
    {"connection_id", TypeKind::kBigInt},
    {"count", TypeKind::kBigInt},
    {"curdate", TypeKind::kDate},
    {"current_date", TypeKind::kDate},
    {"datediff", TypeKind::kInt},
    {"day", TypeKind::kInt},
    {"dayofmonth", TypeKind::kInt},
    {"dayofweek", TypeKind::kInt},
    {"dayofyear", TypeKind::kInt},
    {"dense_rank", TypeKind::kBigInt},
    {"field", TypeKind::kInt},
    {"find_in_set", TypeKind::kInt},
    {"grouping", TypeKind::kBigInt},
    {"hour", TypeKind::kInt},
    {"instr", TypeKind::kInt},
    {"length", TypeKind::kInt},
    {"locate", TypeKind::kInt},
    {"microsecond", TypeKind::kInt},
    {"minute", TypeKind::kInt},
    {"month", TypeKind::kInt},
    {"now", TypeKind::kDateTime},
    {"octet_length", TypeKind::kInt},
    {"ord", TypeKind::kInt},
    {"pi", TypeKind::kDouble},
    {"quarter", TypeKind::kInt},
    {"rank", TypeKind::kBigInt},
    {"rand", TypeKind::kDouble},
    {"row_number", TypeKind::kBigInt},
    {"second", TypeKind::kInt},
    {"sqrt", TypeKind::kDouble},
    {"week", TypeKind::kInt},
    {"weekday", TypeKind::kInt},
    {"year", TypeKind::kInt},
    {"mysql_signed", TypeKind::kBigInt},
    {"mysql_double", TypeKind::kDouble},
    {"mysql_date", TypeKind::kDate},
    {"mysql_json", TypeKind::kJson},
    {"isnull", TypeKind::kInt},
    {"strcmp", TypeKind::kInt},
    {"mysql_year", TypeKind::kYear},
    {"concat", TypeKind::kVarChar},
    {"concat_ws", TypeKind::kVarChar},
    {"lower", TypeKind::kVarChar},
    {"upper", TypeKind::kVarChar},
    {"lcase", TypeKind::kVarChar},
    {"ucase", TypeKind::kVarChar},
    {"mysql_binary", TypeKind::kLongBlob},
    {"mysql_char", TypeKind::kVarChar},
    {"date_format", TypeKind::kVarChar},
    {"md5", TypeKind::kVarChar},
    {"database", TypeKind::kVarChar},
};

const Type* call_type(const Node* node) {
  const auto first = [&]() -> const Type* { return node->count != 0 ? node->kids[0]->type : nullptr; };
  for (const FunctionType& entry : kFunctionTypes) {
    if (entry.name == node->text) return simple_type(entry.kind);
  }
  const bool keeps = node->text == "min" || node->text == "max" || node->text == "any_value";
  if (keeps && first() != nullptr) return first();
  return simple_type(TypeKind::kUnknown);
}

const Type* integer_literal(const Node* node) {
  std::string_view digits = node->text;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  if (digits.size() < 10) return simple_type(TypeKind::kInt);
  if (digits.size() < 19 || (digits.size() == 19 && digits <= "9223372036854775807"))
    return simple_type(TypeKind::kBigInt);
  return simple_type(TypeKind::kUnknown);
}

const Type* branches_type(const Node* node, std::uint32_t first, std::uint32_t step) {
  const Type* type = nullptr;
  for (std::uint32_t i = first; i < node->count; i += step) {
    const Type* const kind = node->kids[i]->type;
    if (kind == nullptr) return simple_type(TypeKind::kUnknown);
    if (kind->kind == TypeKind::kNull) continue;
    if (type != nullptr && type->kind != kind->kind) return simple_type(TypeKind::kUnknown);
    type = kind;
  }
  return type != nullptr ? type : simple_type(TypeKind::kNull);
}

bool small(const Type* type) {
  return type != nullptr &&
         (type->kind == TypeKind::kTinyInt || type->kind == TypeKind::kSmallInt ||
          type->kind == TypeKind::kMediumInt || type->kind == TypeKind::kInt) &&
         !type->is_unsigned;
}

const Type* operator_type(const Node* node) {
  switch (node->op) {
    case Op::kOr:
    case Op::kXor:
    case Op::kAnd:
    case Op::kNot:
    case Op::kEq:
    case Op::kNullEq:
    case Op::kNe:
    case Op::kLt:
    case Op::kLe:
    case Op::kGt:
    case Op::kGe: return simple_type(TypeKind::kInt);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return small(node->kid(0)->type) && small(node->kid(1)->type) ? simple_type(TypeKind::kBigInt)
                                                                    : simple_type(TypeKind::kUnknown);
    case Op::kNeg:
      return small(node->kid(0)->type) ? simple_type(TypeKind::kInt) : simple_type(TypeKind::kUnknown);
    case Op::kNone:
    case Op::kBitOr:
    case Op::kBitAnd:
    case Op::kShiftLeft:
    case Op::kShiftRight:
    case Op::kDiv:
    case Op::kIntDiv:
    case Op::kMod:
    case Op::kBitXor:
    case Op::kConcat:
    case Op::kPlus:
    case Op::kBitNot:
    case Op::kBinary:
    case Op::kJson:
    case Op::kJsonUnquote:
    case Op::kDate:
    case Op::kTime:
    case Op::kTimestamp: break;
  }
  return simple_type(TypeKind::kUnknown);
}

}  // namespace

const Type* simple_type(TypeKind kind) {
  static const auto* const kTypes = [] {
    static std::array<Type, 40> types;
    for (std::size_t i = 0; i < types.size(); ++i) types[i].kind = static_cast<TypeKind>(i);
    return &types;
  }();
  return &(*kTypes)[static_cast<std::size_t>(kind)];
}

bool is_small_integer(const Node* node) {
  return small(node->type);
}

const Type* infer(const Node* node, Context& context) {
  const Kind kind = node->kind;
  if (kind == Kind::kNull) return simple_type(TypeKind::kNull);
  if (kind == Kind::kTrue || kind == Kind::kFalse) return simple_type(TypeKind::kInt);
  if (kind == Kind::kInteger) return integer_literal(node);
  if (kind == Kind::kDecimal) return simple_type(TypeKind::kDecimal);
  if (kind == Kind::kDouble) return simple_type(TypeKind::kDouble);
  if (kind == Kind::kString) return simple_type(TypeKind::kVarChar);
  if (kind == Kind::kBlob) return simple_type(TypeKind::kVarBinary);
  if (kind == Kind::kTemporal) {
    return simple_type(node->op == Op::kDate   ? TypeKind::kDate
                       : node->op == Op::kTime ? TypeKind::kTime
                                               : TypeKind::kDateTime);
  }
  if (kind == Kind::kMatch) return simple_type(TypeKind::kDouble);
  if (kind == Kind::kParameter) {
    const auto& bound = context.settings.parameters;
    return simple_type(node->number < bound.size() ? bound[node->number] : TypeKind::kUnknown);
  }
  if (kind == Kind::kUnary || kind == Kind::kBinary) return operator_type(node);
  if (kind == Kind::kIs || kind == Kind::kLike || kind == Kind::kRegexp || kind == Kind::kBetween ||
      kind == Kind::kIn || kind == Kind::kQuantified || kind == Kind::kExists) {
    return simple_type(TypeKind::kInt);
  }
  if (kind == Kind::kCall) {
    if (node->text == "if" && node->count == 3) return branches_type(node, 1, 1);
    if (node->text == "ifnull" || node->text == "coalesce") return branches_type(node, 0, 1);
    return call_type(node);
  }
  if (kind == Kind::kOver || kind == Kind::kSubquery || kind == Kind::kAssign) return node->kid(0)->type;
  if (kind == Kind::kGroupConcat || kind == Kind::kConvertUsing) return simple_type(TypeKind::kVarChar);
  if (kind == Kind::kCast) return call_type(node);
  if (kind == Kind::kCollate) {
    Type type;
    type.kind = TypeKind::kVarChar;
    type.collation = node->text;
    return context.arena.type(std::move(type));
  }
  if (kind == Kind::kCase) {
    const Type* const thens = branches_type(node, 3, 2);
    const Node* const otherwise = node->kid(1);
    if (otherwise == nullptr || otherwise->type == nullptr || otherwise->type->kind == thens->kind)
      return thens;
  }
  return simple_type(TypeKind::kUnknown);
}

}  // namespace murmel::sql
