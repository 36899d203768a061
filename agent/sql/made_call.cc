// What MySQL knows of functions before they run: their types, and how long their texts can be.
#include <algorithm>
#include <string>

#include "agent/sql/made_column.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kSumDigits = 22;  // more than its operand has

struct IntegerCall {
  std::string_view name;
  std::uint32_t length;
  bool nullable;  // always; else as its arguments are
};
constexpr IntegerCall kIntegerCalls[] = {
    {"ascii", 3, false},
    {"ord", 7, false},
    {"char_length", 10, false},
    {"character_length", 10, false},
    {"length", 10, false},
    {"octet_length", 10, false},
    {"locate", 11, false},
    {"position", 11, false},
    {"instr", 11, false},
    {"field", 3, false},
    {"find_in_set", 3, false},
    {"strcmp", 2, false},
    {"sign", 2, false},
    {"bit_count", 2, false},
    {"day", 2, true},
    {"dayofmonth", 2, true},
    {"dayofweek", 1, true},
    {"dayofyear", 3, true},
    {"month", 2, true},
    {"quarter", 1, true},
    {"week", 2, true},
    {"weekday", 1, true},
    {"weekofyear", 2, true},
    {"year", 5, true},
    {"yearweek", 6, true},
    {"hour", 2, true},
    {"minute", 2, true},
    {"second", 2, true},
    {"microsecond", 6, true},
    {"to_days", 6, true},
    {"datediff", 7, true},
    {"time_to_sec", 10, true},
    {"timestampdiff", kInteger64, true},
    {"json_length", kInteger64, true},
    {"json_depth", kInteger64, true},
};

struct FixedCall {
  std::string_view name;
  TypeKind kind;
  bool nullable;
};
constexpr FixedCall kFixedCalls[] = {
    {"curdate", TypeKind::kDate, false},
    {"current_date", TypeKind::kDate, false},
    {"utc_date", TypeKind::kDate, false},
    {"last_day", TypeKind::kDate, true},
    {"date", TypeKind::kDate, true},
    {"makedate", TypeKind::kDate, true},
    {"from_days", TypeKind::kDate, true},
    {"sqrt", TypeKind::kDouble, true},
    {"exp", TypeKind::kDouble, true},
    {"ln", TypeKind::kDouble, true},
    {"log", TypeKind::kDouble, true},
    {"log2", TypeKind::kDouble, true},
    {"log10", TypeKind::kDouble, true},
    {"pow", TypeKind::kDouble, true},
    {"power", TypeKind::kDouble, true},
    {"sin", TypeKind::kDouble, true},
    {"cos", TypeKind::kDouble, true},
    {"tan", TypeKind::kDouble, true},
    {"json_object", TypeKind::kJson, true},
    {"json_array", TypeKind::kJson, true},
    {"json_extract", TypeKind::kJson, true},
    {"json_set", TypeKind::kJson, true},
    {"json_insert", TypeKind::kJson, true},
    {"json_replace", TypeKind::kJson, true},
    {"json_remove", TypeKind::kJson, true},
    {"json_keys", TypeKind::kJson, true},
    {"json_merge_patch", TypeKind::kJson, true},
    {"json_merge_preserve", TypeKind::kJson, true},
    {"json_array_append", TypeKind::kJson, true},
};

// "2" of ROUND(x, 2), "-1" of SUBSTRING(x, -1).
std::optional<std::int64_t> literal_integer(const Node* node) {
  const bool negative = node->kind == Kind::kUnary && node->op == Op::kNeg;
  const Node* const digits = negative ? node->kid(0) : node;
  if (digits->kind != Kind::kInteger || digits->text.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (const char digit : digits->text) value = value * 10 + (digit - '0');
  return negative ? -value : value;
}

// Characters that a format of DATE_FORMAT() may become.
std::uint32_t format_length(std::string_view format) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      ++length;
      continue;
    }
    switch (format[++i]) {
      case 'M':
      case 'W': length += 64; break;
      case 'D':
      case 'Y':
      case 'x':
      case 'X': length += 4; break;
      case 'a':
      case 'b': length += 32; break;
      case 'j': length += 3; break;
      case 'k':
      case 'H': length += 7; break;
      case 'r': length += 11; break;
      case 'T': length += 8; break;
      case 'f': length += 6; break;
      case 'w':
      case '%': length += 1; break;
      default: length += 2; break;
    }
  }
  return length;
}

bool has_text(const Made& made) {
  return (is_text(made.kind) || is_exact(made) || is_temporal(made.kind)) && made.length != UINT32_MAX;
}

}  // namespace

// LEFT, RIGHT and SUBSTRING of so many characters.
MadeColumns::Found MadeColumns::cut(const Node* node) {
  Found made = of(node->kid(0));
  if (!made || !has_text(*made)) return std::nullopt;
  if (!is_text(made->kind)) made = text(made->length, made->nullable);
  std::int64_t length = made->length;
  const bool ends = node->text == "left" || node->text == "right";
  for (std::uint32_t i = 1; i < node->count; ++i) {
    const auto number = literal_integer(node->kids[i]);
    if (!number) return std::nullopt;
    if (ends || i == 2) {
      length = std::clamp<std::int64_t>(*number, 0, length);
    } else if (*number < 0) {
      length = -*number > length ? 0 : -*number;
    } else {
      length -= std::clamp<std::int64_t>(*number - 1, 0, length);
    }
  }
  made->kind = TypeKind::kVarChar;
  made->column = nullptr;
  made->length = static_cast<std::uint32_t>(length);
  return made;
}

MadeColumns::Found MadeColumns::text_call(const Node* node) {
  const std::string_view name = node->text;
  const bool keeps = name == "lower" || name == "lcase" || name == "upper" || name == "ucase" ||
                     name == "trim" || name == "ltrim" || name == "rtrim" || name == "reverse" ||
                     name == "substring_index" || name == "mysql_trim" || name == "replace" ||
                     name == "lpad" || name == "rpad";
  const bool joins = name == "concat" || name == "concat_ws";
  if (!keeps && !joins) return std::nullopt;
  std::vector<Made> values;
  for (std::uint32_t i = 0; i < node->count; ++i) {
    const bool side = name == "mysql_trim" && (i == 2 || (i == 0 && node->kid(0)->kind == Kind::kNull));
    const Found one = side ? Found(text(0, false)) : of(node->kids[i]);
    const bool number = i != 0 && (name == "substring_index" || name == "lpad" || name == "rpad");
    if (!one || (!number && !has_text(*one))) return std::nullopt;
    values.push_back(*one);
  }
  const std::size_t first = name == "mysql_trim" ? 1 : 0;
  // All of them have to agree about the collation, or the first one has it.
  Found made =
      merged(Made{}, is_text(values[first].kind) ? values[first] : text(values[first].length, false));
  std::uint64_t length = values[first].length;
  bool nullable = false;
  for (const Made& value : values) nullable = nullable || value.nullable;
  for (std::size_t i = 1; made && joins && i < values.size(); ++i) {
    length += name == "concat" || i > 1 ? values[i].length : 0;
    made = merged(*made, is_text(values[i].kind) ? values[i] : text(values[i].length, false));
  }
  if (!made) return made;
  if (name == "concat_ws") {
    length = values[0].length * (values.size() - 2);
    for (std::size_t i = 1; i < values.size(); ++i) length += values[i].length;
  } else if (name == "replace" && values[2].length > values[1].length && values[1].length != 0) {
    length += values[0].length / values[1].length * (values[2].length - values[1].length);
  } else if (name == "lpad" || name == "rpad") {
    const auto padded = literal_integer(node->kid(1));
    if (!padded || *padded < 0) return std::nullopt;
    length = static_cast<std::uint64_t>(*padded);
  }
  if (length >= UINT32_MAX) return std::nullopt;
  made->kind = TypeKind::kVarChar;
  made->length = static_cast<std::uint32_t>(length);
  made->nullable = nullable;
  return made;
}

MadeColumns::Found MadeColumns::rounded(const Node* node) {
  const Found made = of(node->kid(0));
  if (!made || !is_exact(*made)) return std::nullopt;
  const auto places = node->count == 2 ? literal_integer(node->kid(1)) : 0;
  if (!places || *places < 0) return std::nullopt;
  if (is_integer(made->kind)) {
    if (*places != 0 || made->digits > 18) return std::nullopt;
    Made integer = made_integer(made->length, made->nullable);
    integer.is_unsigned = made->is_unsigned;
    integer.digits = made->digits;
    return integer;
  }
  const auto wanted = static_cast<std::uint32_t>(*places);
  const bool grows = made->decimals > wanted && node->text == "round";
  const std::uint32_t whole = made->digits - made->decimals + (grows ? 1 : 0);
  return made_decimal(whole + wanted, wanted, made->is_unsigned, made->nullable);
}

// A date and an interval.
MadeColumns::Found MadeColumns::moved(const Node* node) {
  Found made = of(node->kid(0));
  const Found amount = made ? of(node->kid(1)) : std::nullopt;
  if (!amount || !is_integer(amount->kind)) return std::nullopt;
  const std::string_view unit = node->kid(2)->text;
  if (unit.find("MICROSECOND") != std::string_view::npos) return std::nullopt;
  const bool is_date = made->kind == TypeKind::kDate;
  if (!is_date && made->kind != TypeKind::kDateTime && made->kind != TypeKind::kTimestamp)
    return std::nullopt;
  made->column = nullptr;
  made->nullable = true;
  made->kind = is_date && counts_days(unit) ? TypeKind::kDate : TypeKind::kDateTime;
  if (is_date && made->kind == TypeKind::kDateTime) made->length = 19;
  return made;
}

MadeColumns::Found MadeColumns::aggregate(const Node* node) {
  const std::string_view name = node->text;
  Made made;
  made.kind = TypeKind::kBigInt;
  made.length = kInteger64;
  made.digits = kInteger64 - 1;
  if (name == "count") return made;
  if (node->count != 1) return std::nullopt;
  const Found of = this->of(node->kid(0));
  if (!of || of->kind == TypeKind::kNull) return std::nullopt;
  if (name.starts_with("bit_")) {
    made.is_unsigned = true;
    return is_integer(of->kind) ? Found(made) : std::nullopt;
  }
  made.nullable = true;
  made.kind = TypeKind::kDouble;
  if (name.starts_with("std") || name.starts_with("var")) return made;
  if (name == "json_arrayagg") made.kind = TypeKind::kJson;
  if (name == "json_arrayagg") return made;
  if (name == "sum" || name == "avg") {
    const bool number = is_exact(*of) || of->kind == TypeKind::kDouble || of->kind == TypeKind::kFloat ||
                        of->kind == TypeKind::kVarChar || of->kind == TypeKind::kChar;
    if (!number || (of->column != nullptr && of->column->type.zerofill)) return std::nullopt;
    if (!is_exact(*of)) return made;
    const auto more = static_cast<std::uint32_t>(context_.settings.div_precision_increment);
    return name == "sum" ? made_decimal(of->digits + kSumDigits, of->decimals, false, true)
                         : made_decimal(of->digits + more, of->decimals + more, false, true);
  }
  if (name != "min" && name != "max") return std::nullopt;
  made = *of;
  made.nullable = true;
  const bool other = made.kind == TypeKind::kEnum || made.kind == TypeKind::kSet ||
                     made.kind == TypeKind::kBit || made.kind == TypeKind::kJson;
  if (other) return std::nullopt;
  if (made.column == nullptr) made.by_length = false;
  made.aggregated = true;
  return made;
}

MadeColumns::Found MadeColumns::over(const Node* node) {
  const Node* const of = node->kid(0);
  if (of->text != "row_number" && of->text != "rank" && of->text != "dense_rank")
    return is_aggregate(of->text) ? aggregate(of) : std::nullopt;
  Made made;
  made.kind = TypeKind::kBigInt;
  made.length = kInteger64;
  made.digits = kInteger64 - 1;
  made.is_unsigned = true;
  return made;
}

// Of a document, as JSON or as text.
MadeColumns::Found MadeColumns::json_part(const Node* node, bool as_text) {
  bool nullable = false;
  const Found of = this->of(node->kid(0));
  if (!of || of->kind != TypeKind::kJson || !known(node, nullable)) return std::nullopt;
  Made made = text(UINT32_MAX / 4, true);
  made.collation = "utf8mb4_bin";
  made.charset = "utf8mb4";
  made.kind = as_text ? TypeKind::kVarChar : TypeKind::kJson;
  return made;
}

MadeColumns::Found MadeColumns::call(const Node* node) {
  if (node->kind == Kind::kBinary) return json_part(node, node->op == Op::kJsonUnquote);
  const std::string_view name = node->text;
  // What merge_types.cc has put around a value, which has its branches' type here.
  const bool wrapped = name == "mysql_decimal" || name == "mysql_char" || name == "mysql_datetime" ||
                       name == "mysql_signed" || name == "mysql_double";
  if (wrapped) return of(node->kid(0));
  if (is_aggregate(name)) return aggregate(node);
  if (name == "if" || name == "ifnull" || name == "coalesce") return branches(node);
  if (name == "mod") return arithmetic(node);
  if (name == "json_unquote") return json_part(node, true);
  if (name == "isnull") return made_integer(1, false);
  if (name == "round" || name == "truncate") return rounded(node);
  if (name == "left" || name == "right" || name == "substring" || name == "substr" || name == "mid")
    return cut(node);
  if (name == "mysql_date_add" || name == "mysql_date_sub") return moved(node);
  Made made;
  if (name == "now" || name == "current_timestamp" || name == "sysdate" || name == "utc_timestamp") {
    const auto digits = node->count == 0 ? 0 : literal_integer(node->kid(0));
    if (!digits) return std::nullopt;
    made.kind = TypeKind::kDateTime;
    made.decimals = static_cast<std::uint32_t>(*digits);
    made.length = made.decimals == 0 ? 19 : 20 + made.decimals;
    return made;
  }
  if (name == "abs") {
    Found of = this->of(node->kid(0));
    if (!of || !is_exact(*of)) return std::nullopt;
    of->column = nullptr;
    const bool integer = is_integer(of->kind);
    of->kind = integer ? TypeKind::kBigInt : of->kind;
    of->by_length = integer;
    of->short_length = 11;
    return of;
  }
  if (name == "date_format") {
    if (node->count != 2 || node->kid(1)->kind != Kind::kString || !of(node->kid(0))) return std::nullopt;
    return text(format_length(node->kid(1)->text), true);
  }
  bool nullable = false;
  for (const IntegerCall& entry : kIntegerCalls) {
    if (entry.name != name) continue;
    if (!known(node, nullable)) return std::nullopt;
    return made_integer(entry.length, nullable || entry.nullable);
  }
  for (const FixedCall& entry : kFixedCalls) {
    if (entry.name != name) continue;
    if (!known(node, nullable)) return std::nullopt;
    made.kind = entry.kind;
    made.length = 10;
    made.nullable = entry.nullable;
    return made;
  }
  if (name == "md5" || name == "sha" || name == "sha1") {
    if (!known(node, nullable)) return std::nullopt;
    return text(name == "md5" ? 32 : 40, nullable);
  }
  return text_call(node);
}

}  // namespace murmel::sql
