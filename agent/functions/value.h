// A MySQL value: what a sqlite3_value says, plus the type that its tag (SQLite's subtype) tells; and the
// conversions between types that functions ask for. Dates and times are kept as text in MySQL's notation;
// temporal.h takes them apart. Warnings of a conversion go to the session: 1292 "Truncated incorrect DOUBLE
// value: '1abc'".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/functions/decimal.h"
#include "agent/functions/session.h"

struct sqlite3_value;
struct sqlite3_context;

namespace murmel::functions {

enum class Kind : uint8_t {
  kNull,
  kInteger,
  kUnsigned,
  kDouble,
  kDecimal,
  kText,
  kBinary,
  kDate,
  kDateTime,
  kTime,
  kYear,
  kJson,
  kBit,
};

struct Value {
  Kind kind = Kind::kNull;
  int64_t integer = 0;  // kInteger, kYear; the bits of kUnsigned and kBit
  double real = 0;
  Decimal decimal;
  std::string text;  // kText, kBinary, kJson and the three of time

  bool null() const { return kind == Kind::kNull; }
  bool is_text() const { return kind == Kind::kText || kind == Kind::kBinary; }
  bool is_temporal() const { return kind == Kind::kDate || kind == Kind::kDateTime || kind == Kind::kTime; }
  bool is_integer() const {
    return kind == Kind::kInteger || kind == Kind::kUnsigned || kind == Kind::kYear || kind == Kind::kBit;
  }
  bool is_unsigned() const { return kind == Kind::kUnsigned || kind == Kind::kBit; }
  uint64_t bits() const { return static_cast<uint64_t>(integer); }

  static Value of(int64_t value);
  static Value of_unsigned(uint64_t value);
  static Value of_double(double value);
  static Value of_decimal(Decimal value);
  static Value of_text(std::string text, Kind kind = Kind::kText);
};

// The tag of a kind, 0 if SQLite's own type says it all; and back.
unsigned tag_of(Kind kind);
// Kind of a type's name as `mysql_typed` and user variables have it ("decimal"); kNull for an unknown one.
Kind kind_named(std::string_view name);
const char* name_of(Kind kind);

Value read_value(sqlite3_value* value);
// `value` again as a value of `kind`, without check: a number for kDecimal may be TEXT, INTEGER or REAL.
Value retyped(const Value& value, Kind kind);
void write_value(sqlite3_context* context, const Value& value);

// A number (kInteger, kUnsigned, kDecimal or kDouble) for arithmetic and comparison; text becomes a double.
// With a null session nothing is said about what was cut off.
Value to_number(const Value& value, Session* session);
double to_double(const Value& value, Session* session);
Decimal to_decimal(const Value& value, Session* session);
// Rounded to an integer; text by its integer prefix. Out of range saturates. The bits of an unsigned value
// stay.
int64_t to_integer(const Value& value, Session* session);
std::string to_text(const Value& value);
// Truth for WHERE: value is not NULL.
bool to_bool(const Value& value, Session* session);

std::string double_text(double value);
// The number at the begin of a text after blanks; `used` is how many bytes it took.
double parse_double(std::string_view text, size_t* used);
// "Truncated incorrect DOUBLE value: '...'"
void warn_truncated(Session* session, const char* type, std::string_view text);

}  // namespace murmel::functions
