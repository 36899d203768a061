// The declared type of a column, read from MySQL's notation of it ("decimal(10,2) unsigned",
// "enum('a','b')"), as far as storing a value in it has to know. Thread rule: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmel::functions {

struct ColumnType {
  enum class Family : uint8_t {
    kInteger,
    kDecimal,
    kFloat,
    kDouble,
    kBit,
    kYear,
    kDate,
    kTime,
    kDateTime,
    kText,
    kBinary,
    kEnum,
    kSet,
    kJson,
  };
  Family family = Family::kText;
  int bits = 64;          // of integers
  bool fixed = false;     // CHAR, BINARY
  bool sized = false;     // a length was written
  bool of_bytes = false;  // the length counts bytes
  bool is_unsigned = false;
  bool in_utc = false;  // TIMESTAMP
  enum class Characters : uint8_t { kAll, kLatin1, kAscii };
  Characters characters = Characters::kAll;  // that texts may have
  uint64_t length = 0;                       // characters, bytes, digits or bits
  int decimals = 0;
  std::vector<std::string> members;
};

// Nothing for a text that is no type.
std::optional<ColumnType> parse_column_type(std::string_view text);
// The same, kept for the next time. Null for a text that is no type. Lives until this thread asks again.
const ColumnType* known_column_type(std::string_view text);

}  // namespace murmel::functions
