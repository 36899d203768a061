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
    {"acos", TypeKind::kDouble},
    {"ascii", TypeKind::kInt},
    {"asin", TypeKind::kDouble},
    {"atan", TypeKind::kDouble},
    {"atan2", TypeKind::kDouble},
    {"bin", TypeKind::kVarChar},
    {"bit_count", TypeKind::kBigInt},
    {"bit_length", TypeKind::kBigInt},
    {"char_length", TypeKind::kInt},
    {"character_length", TypeKind::kInt},
    {"concat", TypeKind::kVarChar},
    {"concat_ws", TypeKind::kVarChar},
    {"connection_id", TypeKind::kBigInt},
    {"conv", TypeKind::kVarChar},
    {"cos", TypeKind::kDouble},
    {"cot", TypeKind::kDouble},
    {"count", TypeKind::kBigInt},
    {"cume_dist", TypeKind::kDouble},
    {"curdate", TypeKind::kDate},
    {"current_date", TypeKind::kDate},
    {"current_user", TypeKind::kVarChar},
    {"database", TypeKind::kVarChar},
    {"date", TypeKind::kDate},
    {"date_format", TypeKind::kVarChar},
    {"datediff", TypeKind::kInt},
    {"day", TypeKind::kInt},
    {"dayname", TypeKind::kVarChar},
    {"dayofmonth", TypeKind::kInt},
    {"dayofweek", TypeKind::kInt},
    {"dayofyear", TypeKind::kInt},
    {"degrees", TypeKind::kDouble},
    {"dense_rank", TypeKind::kBigInt},
    {"exp", TypeKind::kDouble},
    {"export_set", TypeKind::kVarChar},
    {"field", TypeKind::kInt},
    {"find_in_set", TypeKind::kInt},
    {"format", TypeKind::kVarChar},
    {"found_rows", TypeKind::kBigInt},
    {"from_days", TypeKind::kDate},
    {"grouping", TypeKind::kBigInt},
    {"hex", TypeKind::kVarChar},
    {"hour", TypeKind::kInt},
    {"inet6_ntoa", TypeKind::kVarChar},
    {"inet_ntoa", TypeKind::kVarChar},
    {"instr", TypeKind::kInt},
    {"interval", TypeKind::kInt},
    {"is_ipv4", TypeKind::kInt},
    {"is_ipv6", TypeKind::kInt},
    {"is_uuid", TypeKind::kInt},
    {"isnull", TypeKind::kInt},
    {"json_contains", TypeKind::kInt},
    {"json_contains_path", TypeKind::kInt},
    {"json_depth", TypeKind::kBigInt},
    {"json_length", TypeKind::kBigInt},
    {"json_overlaps", TypeKind::kInt},
    {"json_schema_valid", TypeKind::kInt},
    {"json_storage_free", TypeKind::kBigInt},
    {"json_storage_size", TypeKind::kBigInt},
    {"json_valid", TypeKind::kInt},
    {"last_day", TypeKind::kDate},
    {"lcase", TypeKind::kVarChar},
    {"length", TypeKind::kInt},
    {"ln", TypeKind::kDouble},
    {"load_file", TypeKind::kLongBlob},
    {"locate", TypeKind::kInt},
    {"log", TypeKind::kDouble},
    {"log10", TypeKind::kDouble},
    {"log2", TypeKind::kDouble},
    {"lower", TypeKind::kVarChar},
    {"makedate", TypeKind::kDate},
    {"make_set", TypeKind::kVarChar},
    {"md5", TypeKind::kVarChar},
    {"microsecond", TypeKind::kInt},
    {"minute", TypeKind::kInt},
    {"month", TypeKind::kInt},
    {"monthname", TypeKind::kVarChar},
    {"mysql_binary", TypeKind::kLongBlob},
    {"mysql_char", TypeKind::kVarChar},
    {"mysql_date", TypeKind::kDate},
    {"mysql_double", TypeKind::kDouble},
    {"mysql_extract", TypeKind::kBigInt},
    {"mysql_json", TypeKind::kJson},
    {"mysql_signed", TypeKind::kBigInt},
    {"mysql_year", TypeKind::kYear},
    {"oct", TypeKind::kVarChar},
    {"octet_length", TypeKind::kInt},
    {"ord", TypeKind::kInt},
    {"percent_rank", TypeKind::kDouble},
    {"period_add", TypeKind::kBigInt},
    {"period_diff", TypeKind::kBigInt},
    {"pi", TypeKind::kDouble},
    {"pow", TypeKind::kDouble},
    {"power", TypeKind::kDouble},
    {"quarter", TypeKind::kInt},
    {"quote", TypeKind::kVarChar},
    {"radians", TypeKind::kDouble},
    {"rand", TypeKind::kDouble},
    {"rank", TypeKind::kBigInt},
    {"regexp_instr", TypeKind::kInt},
    {"regexp_like", TypeKind::kInt},
    {"regexp_replace", TypeKind::kVarChar},
    {"regexp_substr", TypeKind::kVarChar},
    {"row_count", TypeKind::kBigInt},
    {"row_number", TypeKind::kBigInt},
    {"schema", TypeKind::kVarChar},
    {"second", TypeKind::kInt},
    {"session_user", TypeKind::kVarChar},
    {"sha", TypeKind::kVarChar},
    {"sha1", TypeKind::kVarChar},
    {"sha2", TypeKind::kVarChar},
    {"sign", TypeKind::kInt},
    {"sin", TypeKind::kDouble},
    {"soundex", TypeKind::kVarChar},
    {"space", TypeKind::kVarChar},
    {"sqrt", TypeKind::kDouble},
    {"std", TypeKind::kDouble},
    {"stddev", TypeKind::kDouble},
    {"stddev_pop", TypeKind::kDouble},
    {"stddev_samp", TypeKind::kDouble},
    {"strcmp", TypeKind::kInt},
    {"system_user", TypeKind::kVarChar},
    {"tan", TypeKind::kDouble},
    {"time_format", TypeKind::kVarChar},
    {"time_to_sec", TypeKind::kInt},
    {"timestampdiff", TypeKind::kBigInt},
    {"to_base64", TypeKind::kVarChar},
    {"to_days", TypeKind::kInt},
    {"to_seconds", TypeKind::kBigInt},
    {"ucase", TypeKind::kVarChar},
    {"uncompressed_length", TypeKind::kInt},
    {"upper", TypeKind::kVarChar},
    {"user", TypeKind::kVarChar},
    {"utc_date", TypeKind::kDate},
    {"uuid", TypeKind::kVarChar},
    {"var_pop", TypeKind::kDouble},
    {"var_samp", TypeKind::kDouble},
    {"variance", TypeKind::kDouble},
    {"version", TypeKind::kVarChar},
    {"week", TypeKind::kInt},
    {"weekday", TypeKind::kInt},
    {"weekofyear", TypeKind::kInt},
    {"year", TypeKind::kInt},
    {"yearweek", TypeKind::kInt},
};

constexpr std::string_view kUnsignedFunctions[] = {"crc32", "inet_aton", "mysql_unsigned", "ntile",
                                                   "uuid_short"};

const Type* integer_type(bool is_unsigned) {
  static const Type* const kUnsigned = [] {
    static Type type;
    type.kind = TypeKind::kBigInt;
    type.is_unsigned = true;
    return &type;
  }();
  return is_unsigned ? kUnsigned : simple_type(TypeKind::kBigInt);
}

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

// Functions whose result is a text as their first argument is one (TRIM: the second); null: it is none.
const Type* text_type(const Node* node, Context& context) {
  constexpr std::string_view kNames[] = {"left",   "right",           "substring", "substr",  "mid",
                                         "ltrim",  "rtrim",           "replace",   "reverse", "mysql_trim",
                                         "repeat", "substring_index", "insert",    "lpad",    "rpad",
                                         "upper",  "lower",           "ucase",     "lcase"};
  const std::uint32_t at = node->text == "mysql_trim" ? 1 : 0;
  const Type* const of = node->count > at ? node->kid(at)->type : nullptr;
  if (of == nullptr || !is_text(of->kind)) return nullptr;
  if (std::find(std::begin(kNames), std::end(kNames), node->text) == std::end(kNames)) return nullptr;
  Type type;
  type.kind = of->kind <= TypeKind::kVarChar || of->kind == TypeKind::kEnum || of->kind == TypeKind::kSet
                  ? TypeKind::kVarChar
                  : TypeKind::kLongText;
  type.collation = of->collation;
  return context.arena.type(std::move(type));
}

// GREATEST and LEAST of numbers; null: it is none, or not known.
const Type* extreme_type(const Node* node, Context& context) {
  if (node->text != "greatest" && node->text != "least") return nullptr;
  int scale = 0;
  bool decimal = false;
  for (std::uint32_t i = 0; i < node->count; ++i) {
    const auto digits = exact_scale(node->kid(i)->type);
    if (!digits) return nullptr;
    scale = std::max(scale, *digits);
    decimal = decimal || node->kid(i)->type->kind == TypeKind::kDecimal;
  }
  return decimal ? decimal_type(scale, context) : nullptr;
}

// Is the value of the query a document, whatever its rows are? SQLite does not say so of a subquery's value.
bool makes_json(const Node* query) {
  constexpr std::string_view kNames[] = {"json_array",          "json_arrayagg", "json_object",
                                         "json_objectagg",      "json_remove",   "json_insert",
                                         "json_replace",        "json_set",      "json_merge_patch",
                                         "json_merge_preserve", "json_extract"};
  const Node* const body = query->kid(1);
  if (body->kind == Kind::kQuery) return makes_json(body);
  if (body->kind != Kind::kSelect || body->kid(kItems)->count != 1) return false;
  const Node* const value = body->kid(kItems)->kid(0)->kid(0);
  return value->kind == Kind::kCall &&
         std::find(std::begin(kNames), std::end(kNames), value->text) != std::end(kNames);
}

const Type* call_type(const Node* node, Context& context) {
  if (const Type* const extreme = extreme_type(node, context)) return extreme;
  if (const Type* const text = text_type(node, context)) return text;
  if (const Type* const moment = moment_type(node, context)) return moment;
  if (const Type* const exact = exact_type(node, context)) return exact;
  const auto first = [&]() -> const Type* { return node->count != 0 ? node->kids[0]->type : nullptr; };
  for (const FunctionType& entry : kFunctionTypes) {
    if (entry.name == node->text) return simple_type(entry.kind);
  }
  for (const std::string_view name : kUnsignedFunctions) {
    if (name == node->text) return integer_type(true);
  }
  const bool of_integer = first() != nullptr && is_integer(first()->kind);
  const bool folds = node->text == "bit_and" || node->text == "bit_or" || node->text == "bit_xor";
  if (folds && first() != nullptr && is_number(first()->kind)) return integer_type(true);
  const bool rounds =
      node->text == "ceiling" || node->text == "ceil" || node->text == "floor" || node->text == "abs";
  if (rounds && of_integer) return integer_type(first()->is_unsigned);
  const bool moves = (node->text == "lag" || node->text == "lead") && node->count < 3;
  const bool keeps = moves || node->text == "nullif" || node->text == "min" || node->text == "max" ||
                     node->text == "any_value" || node->text == "first_value" || node->text == "last_value" ||
                     node->text == "nth_value";
  if (keeps && first() != nullptr) return first();
  return simple_type(TypeKind::kUnknown);
}

const Type* integer_literal(const Node* node, Context& context) {
  std::string_view digits = node->text;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  if (digits.size() < 10) return simple_type(TypeKind::kInt);
  if (digits.size() < 19 || (digits.size() == 19 && digits <= "9223372036854775807"))
    return simple_type(TypeKind::kBigInt);
  if (digits.size() == 19 || (digits.size() == 20 && digits <= "18446744073709551615"))
    return integer_type(true);
  return decimal_type(0, context);
}

bool small(const Type* type) {
  return type != nullptr &&
         (type->kind == TypeKind::kTinyInt || type->kind == TypeKind::kSmallInt ||
          type->kind == TypeKind::kMediumInt || type->kind == TypeKind::kInt) &&
         !type->is_unsigned;
}

// + - * DIV % of integers. What is subtracted from an unsigned one depends on sql_mode.
const Type* integer_operator_type(const Node* node) {
  const Type* const a = node->kid(0)->type;
  const Type* const b = node->kid(1)->type;
  if (a == nullptr || b == nullptr || !is_integer(a->kind) || !is_integer(b->kind)) return nullptr;
  const bool is_unsigned = node->op == Op::kMod ? a->is_unsigned : a->is_unsigned || b->is_unsigned;
  return node->op == Op::kSub && is_unsigned ? nullptr : integer_type(is_unsigned);
}

// Numbers are taken as 64 bits, binary strings as they are.
const Type* bits_type(const Node* node) {
  const bool numbers = std::all_of(node->kids, node->kids + node->count, [](const Node* kid) {
    return kid->type != nullptr && (is_number(kid->type->kind) || is_text(kid->type->kind));
  });
  return numbers ? integer_type(true) : simple_type(TypeKind::kUnknown);
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
    case Op::kMod:
      if (const Type* const type = integer_operator_type(node)) return type;
      return exact_operator_type(node, context);
    case Op::kDiv: return exact_operator_type(node, context);
    case Op::kIntDiv:
      if (const Type* const type = integer_operator_type(node)) return type;
      break;
    case Op::kBitOr:
    case Op::kBitAnd:
    case Op::kBitXor:
    case Op::kShiftLeft:
    case Op::kShiftRight:
    case Op::kBitNot: return bits_type(node);
    case Op::kNeg:
      if (small(node->kid(0)->type)) return simple_type(TypeKind::kInt);
      if (node->kid(0)->type != nullptr && node->kid(0)->type->kind == TypeKind::kDecimal)
        return node->kid(0)->type;
      return simple_type(TypeKind::kUnknown);
    case Op::kNone:
    case Op::kConcat:
    case Op::kPlus:
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
  if (kind == Kind::kSubquery && makes_json(node->kid(0))) return simple_type(TypeKind::kJson);
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
