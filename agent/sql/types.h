// MySQL's types of columns and expressions, as far as translation, result metadata and SHOW CREATE TABLE need
// them. Values; no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace murmel::sql {

enum class TypeKind : std::uint8_t {
  kUnknown,  // not known before the statement runs: a parameter, a user variable, some functions
  kNull,
  kTinyInt,
  kSmallInt,
  kMediumInt,
  kInt,
  kBigInt,
  kDecimal,
  kFloat,
  kDouble,
  kBit,
  kYear,
  kDate,
  kTime,
  kDateTime,
  kTimestamp,
  kChar,
  kVarChar,
  kTinyText,
  kText,
  kMediumText,
  kLongText,
  kEnum,
  kSet,
  kJson,
  kBinary,
  kVarBinary,
  kTinyBlob,
  kBlob,
  kMediumBlob,
  kLongBlob,
};

struct Type {
  TypeKind kind = TypeKind::kUnknown;
  bool is_unsigned = false;
  bool zerofill = false;
  bool has_length = false;    // was one written
  std::uint32_t length = 0;   // characters, bytes, digits or bits; DECIMAL: all digits
  std::uint8_t decimals = 0;  // DECIMAL: digits after the point; dates: digits of the fraction of a second
  std::string charset;        // empty: the table's
  std::string collation;      // empty: the charset's, or the table's
  std::vector<std::string> members;  // ENUM and SET
};

bool is_integer(TypeKind kind);   // TINYINT ... BIGINT, YEAR
bool is_number(TypeKind kind);    // integers, DECIMAL, FLOAT, DOUBLE, BIT
bool is_text(TypeKind kind);      // character strings, ENUM and SET; not JSON
bool is_binary(TypeKind kind);    // BINARY ... LONGBLOB
bool is_temporal(TypeKind kind);  // DATE, TIME, DATETIME, TIMESTAMP

// What MySQL 8 calls the character set, or collation, `name`: utf8mb3 for utf8.
std::string name_of_today(std::string_view name);
// Of a character set, in small letters.
std::string default_collation(std::string_view charset);

// As SHOW CREATE TABLE writes it: "varchar(50)", "int unsigned", "enum('a','b')".
std::string type_text(const Type& type);

}  // namespace murmel::sql
