// The types of expressions.
#include <algorithm>
#include <array>
#include <optional>
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
    {"date", TypeKind::kDate},
    {"datediff", TypeKind::kInt},
    {"day", TypeKind::kInt},
    {"dayofmonth", TypeKind::kInt},
    {"dayofweek", TypeKind::kInt},
    {"dayofyear", TypeKind::kInt},
    {"dense_rank", TypeKind::kBigInt},
    {"field", TypeKind::kInt},
    {"find_in_set", TypeKind::kInt},
    {"from_days", TypeKind::kDate},
    {"grouping", TypeKind::kBigInt},
    {"hour", TypeKind::kInt},
    {"instr", TypeKind::kInt},
    {"json_schema_valid", TypeKind::kInt},
    {"json_storage_free", TypeKind::kBigInt},
    {"json_storage_size", TypeKind::kBigInt},
    {"last_day", TypeKind::kDate},
    {"length", TypeKind::kInt},
    {"locate", TypeKind::kInt},
    {"makedate", TypeKind::kDate},
    {"microsecond", TypeKind::kInt},
    {"minute", TypeKind::kInt},
    {"month", TypeKind::kInt},
    {"octet_length", TypeKind::kInt},
    {"ord", TypeKind::kInt},
    {"pi", TypeKind::kDouble},
    {"quarter", TypeKind::kInt},
    {"rank", TypeKind::kBigInt},
    {"rand", TypeKind::kDouble},
    {"row_number", TypeKind::kBigInt},
    {"second", TypeKind::kInt},
    {"sqrt", TypeKind::kDouble},
    {"utc_date", TypeKind::kDate},
    {"week", TypeKind::kInt},
    {"weekday", TypeKind::kInt},
    {"year", TypeKind::kInt},
    {"yearweek", TypeKind::kInt},
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
    {"format", TypeKind::kVarChar},
    {"load_file", TypeKind::kLongBlob},
    {"md5", TypeKind::kVarChar},
    {"database", TypeKind::kVarChar},
};

// "2" of CAST(x AS DECIMAL(10,2)), ROUND(x, 2).
std::optional<int> literal_digits(const Node* node) {
  if (node == nullptr || node->kind != Kind::kInteger || node->text.size() > 2) return std::nullopt;
  int value = 0;
  for (const char digit : node->text) value = value * 10 + (digit - '0');
  return value;
}

// Of functions whose result has as many digits behind the point as their arguments say; null: it is none.
const Type* exact_type(const Node* node, Context& context) {
  const std::string_view name = node->text;
  if (name == "mysql_decimal") {
    if (node->count == 1) return decimal_type(0, context);
    const auto scale = node->count == 3 ? literal_digits(node->kid(2)) : 0;
    return scale ? decimal_type(*scale, context) : nullptr;
  }
  const Type* const of = node->count != 0 ? node->kid(0)->type : nullptr;
  const auto scale = exact_scale(of);
  if (!scale) {
    const bool real = of != nullptr && (of->kind == TypeKind::kDouble || of->kind == TypeKind::kFloat);
    return real && (name == "sum" || name == "avg") ? simple_type(TypeKind::kDouble) : nullptr;
  }
  const bool rounds = name == "round" || name == "truncate";
  if (rounds && is_integer(of->kind)) return of->is_unsigned ? of : simple_type(TypeKind::kBigInt);
  if (name == "sum") return decimal_type(*scale, context);
  if (name == "avg") return decimal_type(*scale + context.settings.div_precision_increment, context);
  if (name == "abs" && of->kind == TypeKind::kDecimal) return of;
  if (rounds && of->kind == TypeKind::kDecimal) {
    const auto digits = node->count == 2 ? literal_digits(node->kid(1)) : 0;
    return digits ? decimal_type(*digits, context) : nullptr;
  }
  return nullptr;
}

bool is_moment(const Type* type) {
  return type != nullptr && (type->kind == TypeKind::kDateTime || type->kind == TypeKind::kTimestamp);
}

// DATE + INTERVAL 1 DAY, DATETIME - INTERVAL 1 HOUR; null where it is not known how many digits of a fraction
// the value will have.
const Type* moved_type(const Node* node, Context& context) {
  const Type* const of = node->kid(0)->type;
  const bool date = of != nullptr && of->kind == TypeKind::kDate;
  if (!date && !is_moment(of)) return nullptr;
  const std::string_view unit = node->kid(2)->text;
  if (date && counts_days(unit)) return of;
  const Type* const amount = node->kid(1)->type;
  const bool whole = amount != nullptr && is_integer(amount->kind);
  const bool fraction = unit.ends_with("MICROSECOND") || (unit.ends_with("SECOND") && !whole);
  constexpr std::uint8_t kAllDigits = 6;
  if (fraction && of->decimals != kAllDigits) return nullptr;
  Type type;
  type.kind = TypeKind::kDateTime;
  type.decimals = of->decimals;
  return context.arena.type(std::move(type));
}

// TIME(x) of what has a time.
const Type* time_type(const Node* node, Context& context) {
  const Type* const of = node->count == 1 ? node->kid(0)->type : nullptr;
  if (!is_moment(of) && (of == nullptr || of->kind != TypeKind::kTime)) return nullptr;
  Type type;
  type.kind = TypeKind::kTime;
  type.decimals = of->decimals;
  return context.arena.type(std::move(type));
}

// CAST(x AS DATETIME(3)), CAST(x AS TIME), NOW(6), CONVERT_TZ of a column; null: it is none.
const Type* moment_type(const Node* node, Context& context) {
  const bool moved = node->text == "mysql_date_add" || node->text == "mysql_date_sub";
  if (moved && node->count == 3) return moved_type(node, context);
  if (node->text == "time") return time_type(node, context);
  const bool now = node->text == "now", time = node->text == "mysql_time";
  Type type;
  type.kind = time ? TypeKind::kTime : TypeKind::kDateTime;
  if (now || time || node->text == "mysql_datetime") {
    const std::uint32_t at = now ? 0 : 1;
    const auto digits = node->count > at ? literal_digits(node->kid(at)) : 0;
    if (!digits) return nullptr;
    type.decimals = static_cast<std::uint8_t>(*digits);
    return context.arena.type(std::move(type));
  }
  const Type* const of = node->text == "convert_tz" && node->count == 3 ? node->kid(0)->type : nullptr;
  if (!is_moment(of)) return nullptr;
  type.decimals = of->decimals;
  return context.arena.type(std::move(type));
}

const Type* call_type(const Node* node, Context& context) {
  if (const Type* const moment = moment_type(node, context)) return moment;
  if (const Type* const exact = exact_type(node, context)) return exact;
  const auto first = [&]() -> const Type* { return node->count != 0 ? node->kids[0]->type : nullptr; };
  for (const FunctionType& entry : kFunctionTypes) {
    if (entry.name == node->text) return simple_type(entry.kind);
  }
  const bool moves = (node->text == "lag" || node->text == "lead") && node->count < 3;
  const bool keeps = moves || node->text == "min" || node->text == "max" || node->text == "any_value" ||
                     node->text == "first_value" || node->text == "last_value" || node->text == "nth_value";
  if (keeps && first() != nullptr) return first();
  return simple_type(TypeKind::kUnknown);
}

const Type* integer_literal(const Node* node, Context& context) {
  std::string_view digits = node->text;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  if (digits.size() < 10) return simple_type(TypeKind::kInt);
  if (digits.size() < 19 || (digits.size() == 19 && digits <= "9223372036854775807"))
    return simple_type(TypeKind::kBigInt);
  static const Type* const kUnsigned = [] {
    static Type type;
    type.kind = TypeKind::kBigInt;
    type.is_unsigned = true;
    return &type;
  }();
  if (digits.size() == 19 || (digits.size() == 20 && digits <= "18446744073709551615")) return kUnsigned;
  return decimal_type(0, context);
}

bool small(const Type* type) {
  return type != nullptr &&
         (type->kind == TypeKind::kTinyInt || type->kind == TypeKind::kSmallInt ||
          type->kind == TypeKind::kMediumInt || type->kind == TypeKind::kInt) &&
         !type->is_unsigned;
}

// + - * / % of exact numbers, one of which is a DECIMAL, or which are divided.
const Type* exact_operator_type(const Node* node, Context& context) {
  const auto a = exact_scale(node->kid(0)->type), b = exact_scale(node->kid(1)->type);
  if (!a || !b) return simple_type(TypeKind::kUnknown);
  if (node->op == Op::kDiv) return decimal_type(*a + context.settings.div_precision_increment, context);
  const bool decimal =
      node->kid(0)->type->kind == TypeKind::kDecimal || node->kid(1)->type->kind == TypeKind::kDecimal;
  if (!decimal) return simple_type(TypeKind::kUnknown);
  return decimal_type(node->op == Op::kMul ? *a + *b : std::max(*a, *b), context);
}

const Type* operator_type(const Node* node, Context& context) {
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
      if (small(node->kid(0)->type) && small(node->kid(1)->type)) return simple_type(TypeKind::kBigInt);
      return exact_operator_type(node, context);
    case Op::kDiv:
    case Op::kMod: return exact_operator_type(node, context);
    case Op::kNeg:
      if (small(node->kid(0)->type)) return simple_type(TypeKind::kInt);
      if (node->kid(0)->type != nullptr && node->kid(0)->type->kind == TypeKind::kDecimal)
        return node->kid(0)->type;
      return simple_type(TypeKind::kUnknown);
    case Op::kNone:
    case Op::kBitOr:
    case Op::kBitAnd:
    case Op::kShiftLeft:
    case Op::kShiftRight:
    case Op::kIntDiv:
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

bool counts_days(std::string_view unit) {
  return unit == "DAY" || unit == "WEEK" || unit == "MONTH" || unit == "QUARTER" || unit == "YEAR" ||
         unit == "YEAR_MONTH";
}

bool is_small_integer(const Node* node) {
  return small(node->type);
}

const Type* infer(const Node* node, Context& context) {
  const Kind kind = node->kind;
  if (kind == Kind::kNull) return simple_type(TypeKind::kNull);
  if (kind == Kind::kTrue || kind == Kind::kFalse) return simple_type(TypeKind::kInt);
  if (kind == Kind::kInteger) return integer_literal(node, context);
  if (kind == Kind::kDecimal) {
    const std::size_t point = node->text.find('.');
    return decimal_type(point == std::string_view::npos ? 0 : static_cast<int>(node->text.size() - point - 1),
                        context);
  }
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
  if (kind == Kind::kUnary || kind == Kind::kBinary) return operator_type(node, context);
  if (kind == Kind::kIs || kind == Kind::kLike || kind == Kind::kRegexp || kind == Kind::kBetween ||
      kind == Kind::kIn || kind == Kind::kQuantified || kind == Kind::kExists) {
    return simple_type(TypeKind::kInt);
  }
  if (kind == Kind::kCall) {
    if ((node->text == "if" && node->count == 3) || node->text == "ifnull" || node->text == "coalesce")
      return branches_type(node, context);
    return call_type(node, context);
  }
  if (kind == Kind::kOver || kind == Kind::kSubquery || kind == Kind::kAssign) return node->kid(0)->type;
  if (kind == Kind::kGroupConcat || kind == Kind::kConvertUsing) return simple_type(TypeKind::kVarChar);
  if (kind == Kind::kCast) return call_type(node, context);
  if (kind == Kind::kCollate) {
    Type type;
    type.kind = TypeKind::kVarChar;
    type.collation = node->text;
    return context.arena.type(std::move(type));
  }
  if (kind == Kind::kCase) return branches_type(node, context);
  return simple_type(TypeKind::kUnknown);
}

}  // namespace murmel::sql
