// CAST and CONVERT, literals, and the tags of declared types.
#include <cmath>
#include <limits>

#include "agent/functions/collation.h"
#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/names.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {
namespace {

void as_signed(const Call& call) {
  Value value = call.value(0);
  if (value.kind == Kind::kUnsigned || value.kind == Kind::kBit) return call.result(value.integer);
  call.result(to_integer(value, &call.session()));
}

void as_unsigned(const Call& call) {
  Value value = call.value(0);
  if (value.kind == Kind::kDecimal || value.kind == Kind::kDouble) {
    Decimal exact = to_decimal(value, nullptr).rounded(0);
    if (exact.sign() < 0 && value.kind == Kind::kDecimal) {
      warn_truncated(&call.session(), "UNSIGNED", to_text(value));
      return call.result(Value::of_unsigned(0));
    }
    if (exact.sign() >= 0)
      return call.result(
          Value::of_unsigned(exact.to_uint64().value_or(std::numeric_limits<uint64_t>::max())));
  }
  call.result(Value::of_unsigned(static_cast<uint64_t>(to_integer(value, &call.session()))));
}

void as_decimal(const Call& call) {
  int64_t precision = call.has(1) ? call.integer(1) : 10, scale = call.has(2) ? call.integer(2) : 0;
  if (precision == 0) precision = 10;
  if (precision > Decimal::kDigitsMax) {
    return call.fail(
        1426, "Too-big precision " + std::to_string(precision) + " specified for 'cast'. Maximum is 65.");
  }
  if (scale > Decimal::kScaleMax) {
    return call.fail(
        1425, "Too big scale " + std::to_string(scale) + " specified for column 'cast'. Maximum is 30.");
  }
  if (scale < 0 || scale > precision) {
    return call.fail(1427, "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column 'cast').");
  }
  Decimal value = to_decimal(call.value(0), &call.session()).rounded(static_cast<int>(scale));
  if (value.integer_digits() > precision - scale) {
    call.warn(1264, "Out of range value for column 'cast' at row 1");
    Decimal greatest = Decimal::greatest(static_cast<int>(precision), static_cast<int>(scale));
    value = value.sign() < 0 ? greatest.negated() : greatest;
  }
  call.result(Value::of_decimal(value));
}

void as_double(const Call& call) {
  call.result(call.real(0));
}
void as_float(const Call& call) {
  call.result(static_cast<double>(static_cast<float>(call.real(0))));
}

void as_char(const Call& call) {
  std::string text = call.text(0);
  if (call.has(1)) {
    size_t length = static_cast<size_t>(std::max<int64_t>(0, call.integer(1)));
    size_t bytes = byte_of_character(text, length);
    if (bytes < text.size()) {
      warn_truncated(&call.session(), ("CHAR(" + std::to_string(length) + ")").c_str(), text);
      text.resize(bytes);
    }
  }
  call.result(text);
}

void as_binary(const Call& call) {
  std::string bytes = call.text(0);
  if (call.has(1)) {
    size_t length = static_cast<size_t>(std::max<int64_t>(0, call.integer(1)));
    if (length > call.session().packet_bytes_max()) return;
    if (bytes.size() > length) {
      warn_truncated(&call.session(), ("BINARY(" + std::to_string(length) + ")").c_str(), bytes);
    }
    bytes.resize(length, '\0');
  }
  call.result_binary(bytes);
}

void as_date(const Call& call) {
  auto moment = to_moment(call.value(0), call.session());
  if (!moment) return;
  moment->has_time = false;
  call.result(moment_value(*moment));
}

bool read_digits(const Call& call, int index, int* digits) {
  int64_t asked = call.has(index) ? call.integer(index) : 0;
  if (asked < 0 || asked > 6) {
    call.fail(1426, "Too-big precision " + std::to_string(asked) + " specified for 'cast'. Maximum is 6.");
    return false;
  }
  *digits = static_cast<int>(asked);
  return true;
}

void as_datetime(const Call& call) {
  int digits;
  if (!read_digits(call, 1, &digits)) return;
  auto moment = to_moment(call.value(0), call.session());
  if (!moment) return;
  moment->has_time = true;
  call.result(moment_value(rounded(*moment, digits)));
}

void as_time(const Call& call) {
  int digits;
  if (!read_digits(call, 1, &digits)) return;
  if (auto duration = to_duration(call.value(0), call.session()))
    call.result(duration_value(rounded(*duration, digits)));
}

void as_year(const Call& call) {
  Value value = call.value(0);
  int64_t year = to_integer(value, &call.session());
  if (value.kind == Kind::kDate || value.kind == Kind::kDateTime) {
    auto moment = to_moment(value, call.session());
    if (!moment) return;
    year = moment->year;
  }
  bool two_digits = year < 100 && (year > 0 || value.is_text());
  if (two_digits) year += year < 70 ? 2000 : 1900;
  if (year != 0 && (year < 1901 || year > 2155))
    return warn_truncated(&call.session(), "YEAR", to_text(value));
  Value made = Value::of(year);
  made.kind = Kind::kYear;
  call.result(made);
}

void as_json(const Call& call) {
  if (auto json = json_of(call, 0, true)) give_json(call, *json);
}

void convert_using(const Call& call) {
  std::string charset = call.text(1), text = call.text(0);
  if (charset == "binary") return call.result_binary(text);
  bool ascii = charset == "ascii";
  if (charset != "utf8mb4" && charset != "utf8mb3" && charset != "utf8" && !ascii) {
    return call.fail(1115, "Unknown character set: '" + charset + "'");
  }
  // What the character set does not have becomes a question mark.
  std::string converted;
  char32_t last = ascii ? 0x7F : charset == "utf8mb4" ? 0x10FFFF : 0xFFFF;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    char32_t c = next_character(text, &at);
    bool broken = at == begin + 1 && c >= 0x80;
    append_character(&converted, broken || c > last ? U'?' : c);
  }
  call.result(converted);
}

void number_literal(const Call& call) {
  size_t used;
  call.result(Value::of_decimal(Decimal::parse(call.text(0), &used)));
}

void typed(const Call& call) {
  if (call.null(0)) return;
  Kind kind = kind_named(call.text(1));
  if (kind == Kind::kNull) return call.fail(1210, "Incorrect arguments to mysql_typed");
  call.result(retyped(call.value(0), kind));
}

constexpr const char* kCastsGroup = "Casts and types";

constexpr Function kCastsFunctions[] = {
    scalar(names::kSigned, 1, 1, kNullIn, as_signed, kCastsGroup, "`CAST(x AS SIGNED)`"),
    scalar(names::kUnsigned, 1, 1, kNullIn, as_unsigned, kCastsGroup, "`CAST(x AS UNSIGNED)`"),
    scalar(names::kDecimal, 1, 3, kNullIn, as_decimal, kCastsGroup, "`CAST(x AS DECIMAL(p, s))`"),
    scalar(names::kDouble, 1, 1, kNullIn, as_double, kCastsGroup, "`CAST(x AS DOUBLE)`"),
    scalar(names::kFloat, 1, 1, kNullIn, as_float, kCastsGroup, "`CAST(x AS FLOAT)`"),
    scalar(names::kChar, 1, 2, kNullIn, as_char, kCastsGroup, "`CAST(x AS CHAR(n))`"),
    scalar(names::kBinary, 1, 2, kNullIn, as_binary, kCastsGroup, "`CAST(x AS BINARY(n))`"),
    scalar(names::kDate, 1, 1, kNullIn, as_date, kCastsGroup, "`CAST(x AS DATE)`"),
    scalar(names::kDateTime, 1, 2, kNullIn, as_datetime, kCastsGroup, "`CAST(x AS DATETIME(n))`"),
    scalar(names::kTime, 1, 2, kNullIn, as_time, kCastsGroup, "`CAST(x AS TIME(n))`"),
    scalar(names::kYear, 1, 1, kNullIn, as_year, kCastsGroup, "`CAST(x AS YEAR)`"),
    scalar(names::kJson, 1, 1, kNullIn, as_json, kCastsGroup, "`CAST(x AS JSON)`"),
    scalar(names::kConvertUsing, 2, 2, kNullIn, convert_using, kCastsGroup, "`CONVERT(x USING charset)`"),
    scalar(names::kDecimalLiteral, 1, 1, kNullIn, number_literal, kCastsGroup, "a DECIMAL literal"),
    scalar(names::kTyped, 2, 2, kPlain, typed, kCastsGroup,
           "puts the tag of a declared type on a stored value"),
};

}  // namespace

std::span<const Function> cast_functions() {
  return kCastsFunctions;
}

}  // namespace murmel::functions
