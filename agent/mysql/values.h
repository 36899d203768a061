// Values of rows and of statements' parameters, and columns as results describe them.
//
// Times travel as text ("2024-02-29 10:11:12.500000", "-12:30:00") on our side of the border and become the
// protocol's packed forms in binary rows only. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "agent/mysql/bytes.h"
#include "agent/mysql/protocol.h"

namespace murmel::mysql {

// Text and blobs point into memory of whoever made the value; monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string_view>;
using OwnedValue = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string>;

struct Column {
  std::string database;
  std::string table;           // its alias
  std::string original_table;  // empty: not a column of a table, as are the other two
  std::string name;
  std::string original_name;
  ColumnType type = ColumnType::kVarString;
  std::uint16_t flags = 0;
  std::uint8_t decimals = 0;
  std::uint32_t length = 0;  // in bytes, of the longest value as text
  std::uint16_t collation = kUtf8mb40900AiCi;
};

// As MySQL prints them: the shortest digits that give the same number again, "1e15" from there on.
std::string number_text(double value);
std::string number_text(float value);

bool is_number(ColumnType type);
// As a text row has it; nothing: NULL. `space`: for what is made.
std::optional<std::string_view> text_of(const Column& column, const Value& value, std::string& space);
void put_column(std::string& out, const Column& column);
void put_text_row(std::string& out, std::span<const Column> columns, std::span<const Value> row);
// False: a value does not fit its column's type ("abc" in a number); `out` is then of no use.
[[nodiscard]] bool put_binary_row(std::string& out, std::span<const Column> columns,
                                  std::span<const Value> row);

// One parameter's value of the type that the client says; `reader` fails if there is no such type, or no such
// value.
OwnedValue read_parameter(Reader& reader, ColumnType type, bool is_unsigned);

}  // namespace murmel::mysql
