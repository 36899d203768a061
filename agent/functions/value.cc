#include "agent/functions/value.h"

#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "agent/functions/temporal.h"

namespace murmel::functions {
namespace {

struct KindName {
  Kind kind;
  const char* name;
  unsigned tag;
};

// JSON's tag is SQLite's own.
constexpr KindName kKinds[] = {
    {Kind::kNull, "null", 0},     {Kind::kInteger, "int", 0},       {Kind::kUnsigned, "unsigned", 'u'},
    {Kind::kDouble, "double", 0}, {Kind::kDecimal, "decimal", 'd'}, {Kind::kText, "text", 0},
    {Kind::kBinary, "binary", 0}, {Kind::kDate, "date", 'D'},       {Kind::kDateTime, "datetime", 'T'},
    {Kind::kTime, "time", 't'},   {Kind::kYear, "year", 'y'},       {Kind::kJson, "json", 'J'},
    {Kind::kBit, "bit", 'b'},
};

Kind kind_of_tag(unsigned tag) {
  for (const KindName& entry : kKinds) {
    if (tag != 0 && entry.tag == tag) return entry.kind;
  }
  return Kind::kNull;
}

bool only_blanks(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

// A number of text: a double, told when something was cut off.
double double_of_text(std::string_view text, Session* session) {
  size_t used;
  double value = parse_double(text, &used);
  if (!only_blanks(text.substr(used)) || (used == 0)) warn_truncated(session, "DOUBLE", text);
  return value;
}

int64_t saturated(double value) {
  value = std::rint(value);
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
  if (value < -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

int64_t integer_of_text(std::string_view text, Session* session) {
  size_t begin = std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size());
  size_t end = begin;
  if (end < text.size() && (text[end] == '-' || text[end] == '+')) ++end;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (!only_blanks(text.substr(end)) || end == begin) warn_truncated(session, "INTEGER", text);
  size_t used;
  Decimal whole = Decimal::parse(text.substr(begin, end - begin), &used);
  if (auto value = whole.to_int64()) return *value;
  if (auto value = whole.to_uint64()) return static_cast<int64_t>(*value);
  warn_truncated(session, "INTEGER", text);
  return whole.sign() < 0 ? std::numeric_limits<int64_t>::min() : -1;
}

// JSON numbers and strings as SQL sees them; anything else counts as text that is no number.
Value number_of_json(const std::string& text, Session* session) {
  if (text == "true" || text == "false") return Value::of(text == "true" ? 1 : 0);
  if (text.size() >= 2 && text.front() == '"') {
    return Value::of_double(double_of_text(std::string_view(text).substr(1, text.size() - 2), session));
  }
  int64_t whole;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && end == text.data() + text.size()) return Value::of(whole);
  return Value::of_double(double_of_text(text, session));
}

}  // namespace

Value Value::of(int64_t value) {
  Value made;
  made.kind = Kind::kInteger;
  made.integer = value;
  return made;
}

Value Value::of_unsigned(uint64_t value) {
  Value made = of(static_cast<int64_t>(value));
  made.kind = Kind::kUnsigned;
  return made;
}

Value Value::of_double(double value) {
  Value made;
  made.kind = Kind::kDouble;
  made.real = value;
  return made;
}

Value Value::of_decimal(Decimal value) {
  Value made;
  made.kind = Kind::kDecimal;
  made.decimal = std::move(value);
  return made;
}

Value Value::of_text(std::string text, Kind kind) {
  Value made;
  made.kind = kind;
  made.text = std::move(text);
  return made;
}

unsigned tag_of(Kind kind) {
  return kKinds[static_cast<size_t>(kind)].tag;
}
const char* name_of(Kind kind) {
  return kKinds[static_cast<size_t>(kind)].name;
}

Kind kind_named(std::string_view name) {
  for (const KindName& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return Kind::kNull;
}

Value retyped(const Value& value, Kind kind) {
  if (value.null()) return value;
  Value result = value;
  result.kind = kind;
  switch (kind) {
    case Kind::kDecimal: {
      size_t used;
      if (value.is_integer()) result.decimal = Decimal::of(value.integer);
      if (value.kind == Kind::kDouble) result.decimal = Decimal::of_double(value.real).value_or(Decimal());
      if (!value.text.empty()) result.decimal = Decimal::parse(value.text, &used);
      break;
    }
    case Kind::kInteger:
    case Kind::kUnsigned:
    case Kind::kYear:
    case Kind::kBit:
      if (!value.is_integer()) result.integer = to_integer(value, nullptr);
      break;
    case Kind::kDouble: result.real = to_double(value, nullptr); break;
    case Kind::kNull: break;
    case Kind::kText:
    case Kind::kBinary:
    case Kind::kDate:
    case Kind::kDateTime:
    case Kind::kTime:
    case Kind::kJson: result.text = to_text(value); break;
  }
  return result;
}

Value read_value(sqlite3_value* value) {
  Value plain;
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL: return plain;
    case SQLITE_INTEGER: plain = Value::of(sqlite3_value_int64(value)); break;
    case SQLITE_FLOAT: plain = Value::of_double(sqlite3_value_double(value)); break;
    case SQLITE_BLOB: {
      auto bytes = static_cast<const char*>(sqlite3_value_blob(value));
      plain =
          Value::of_text(std::string(bytes, static_cast<size_t>(sqlite3_value_bytes(value))), Kind::kBinary);
      break;
    }
    default: {
      auto bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
      plain = Value::of_text(std::string(bytes, static_cast<size_t>(sqlite3_value_bytes(value))));
      break;
    }
  }
  Kind tagged = kind_of_tag(sqlite3_value_subtype(value));
  return tagged == Kind::kNull ? plain : retyped(plain, tagged);
}

void write_value(sqlite3_context* context, const Value& value) {
  switch (value.kind) {
    case Kind::kNull: sqlite3_result_null(context); return;
    case Kind::kInteger:
    case Kind::kUnsigned:
    case Kind::kYear:
    case Kind::kBit: sqlite3_result_int64(context, value.integer); break;
    case Kind::kDouble:
      if (!std::isfinite(value.real)) return sqlite3_result_null(context);
      sqlite3_result_double(context, value.real);
      break;
    case Kind::kBinary:
      sqlite3_result_blob64(context, value.text.data(), value.text.size(), SQLITE_TRANSIENT);
      if (value.text.empty()) sqlite3_result_zeroblob(context, 0);
      break;
    case Kind::kDecimal: {
      std::string text = value.decimal.to_string();
      sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      break;
    }
    case Kind::kText:
    case Kind::kDate:
    case Kind::kDateTime:
    case Kind::kTime:
    case Kind::kJson:
      sqlite3_result_text64(context, value.text.data(), value.text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      break;
  }
  if (unsigned tag = tag_of(value.kind)) sqlite3_result_subtype(context, tag);
}

Value to_number(const Value& value, Session* session) {
  switch (value.kind) {
    case Kind::kNull:
    case Kind::kInteger:
    case Kind::kUnsigned:
    case Kind::kDouble:
    case Kind::kDecimal: return value;
    case Kind::kYear: return Value::of(value.integer);
    case Kind::kBit: return Value::of_unsigned(value.bits());
    case Kind::kText:
    case Kind::kBinary: return Value::of_double(double_of_text(value.text, session));
    case Kind::kDate:
    case Kind::kDateTime:
    case Kind::kTime: return temporal_number(value);
    case Kind::kJson: return number_of_json(value.text, session);
  }
  return {};
}

double to_double(const Value& value, Session* session) {
  Value number = to_number(value, session);
  if (number.kind == Kind::kDouble) return number.real;
  if (number.kind == Kind::kDecimal) return number.decimal.to_double();
  return number.kind == Kind::kUnsigned ? static_cast<double>(number.bits())
                                        : static_cast<double>(number.integer);
}

Decimal to_decimal(const Value& value, Session* session) {
  if (value.is_text()) {
    size_t used;
    Decimal read = Decimal::parse(value.text, &used);
    if (used == 0 || !only_blanks(std::string_view(value.text).substr(used))) {
      warn_truncated(session, "DECIMAL", value.text);
    }
    return read;
  }
  Value number = to_number(value, session);
  if (number.kind == Kind::kDecimal) return number.decimal;
  if (number.kind == Kind::kDouble) return Decimal::of_double(number.real).value_or(Decimal());
  return number.kind == Kind::kUnsigned ? Decimal::of_unsigned(number.bits()) : Decimal::of(number.integer);
}

int64_t to_integer(const Value& value, Session* session) {
  if (value.is_text()) return integer_of_text(value.text, session);
  Value number = to_number(value, session);
  if (number.kind == Kind::kDouble) return saturated(number.real);
  if (number.kind != Kind::kDecimal) return number.integer;
  if (auto whole = number.decimal.to_int64()) return *whole;
  return number.decimal.sign() < 0 ? std::numeric_limits<int64_t>::min()
                                   : std::numeric_limits<int64_t>::max();
}

std::string to_text(const Value& value) {
  switch (value.kind) {
    case Kind::kNull: return {};
    case Kind::kInteger: return std::to_string(value.integer);
    case Kind::kUnsigned: return std::to_string(value.bits());
    case Kind::kYear: {
      std::string year = std::to_string(value.integer);
      return year.size() < 4 ? std::string(4 - year.size(), '0') + year : year;
    }
    case Kind::kBit: {
      std::string bytes;
      for (uint64_t bits = value.bits(); bits != 0; bits >>= 8)
        bytes.insert(bytes.begin(), static_cast<char>(bits));
      return bytes.empty() ? std::string(1, '\0') : bytes;
    }
    case Kind::kDouble: return double_text(value.real);
    case Kind::kDecimal: return value.decimal.to_string();
    case Kind::kText:
    case Kind::kBinary:
    case Kind::kDate:
    case Kind::kDateTime:
    case Kind::kTime:
    case Kind::kJson: return value.text;
  }
  return {};
}

bool to_bool(const Value& value, Session* session) {
  Value number = to_number(value, session);
  if (number.kind == Kind::kDouble) return number.real != 0;
  if (number.kind == Kind::kDecimal) return number.decimal.sign() != 0;
  return number.integer != 0;
}

std::string double_text(double value) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 40> buffer;
  char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value),
                            std::chars_format::scientific)
                  .ptr;
  std::string_view shortest(buffer.data(), static_cast<size_t>(end - buffer.data()));
  size_t e = shortest.find('e');
  std::string digits(1, shortest[0]);
  if (e > 2) digits += shortest.substr(2, e - 2);
  // "+05" or "-05": from_chars takes no plus sign.
  int point = 0;
  std::from_chars(shortest.data() + e + 2, shortest.data() + shortest.size(), point);
  point = (shortest[e + 1] == '-' ? -point : point) + 1;  // 0.digits times ten to this
  int count = static_cast<int>(digits.size());
  std::string text;
  if (point > -15 && (point <= 15 || (point == 16 && count == 17))) {
    text = digits;
    if (point <= 0)
      text = "0." + std::string(static_cast<size_t>(-point), '0') + digits;
    else if (count <= point)
      text += std::string(static_cast<size_t>(point - count), '0');
    else
      text.insert(static_cast<size_t>(point), 1, '.');
  } else {
    text = digits;
    if (count > 1) text.insert(1, 1, '.');
    text += "e" + std::to_string(point - 1);
  }
  return value < 0 ? "-" + text : text;
}

double parse_double(std::string_view text, size_t* used) {
  size_t begin = std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size());
  size_t at = begin;
  bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  *used = 0;
  // from_chars also reads "inf" and "nan", which are no numbers here.
  if (at >= text.size() || !((text[at] >= '0' && text[at] <= '9') || text[at] == '.')) return 0;
  double value = 0;
  auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error == std::errc::invalid_argument) return 0;
  *used = static_cast<size_t>(end - text.data());
  if (error == std::errc::result_out_of_range) {
    bool tiny = std::string_view(text.data() + at, static_cast<size_t>(end - text.data()) - at).find("e-") !=
                std::string_view::npos;
    value = tiny ? 0 : std::numeric_limits<double>::max();
  }
  return negative ? -value : value;
}

void warn_truncated(Session* session, const char* type, std::string_view text) {
  if (session == nullptr) return;
  session->diagnose(Level::kWarning, 1292,
                    std::string("Truncated incorrect ") + type + " value: '" + std::string(text) + "'");
}

}  // namespace murmel::functions
