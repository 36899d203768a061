#include "agent/service/result_columns.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace murmel::service {
namespace {

using mysql::Column;
using mysql::ColumnType;

constexpr std::uint32_t kBytesOfCharacter = 4;

struct DeclaredType {
  std::string_view name;
  ColumnType type;
  std::uint32_t length;  // of the longest value as text; texts: in bytes
  bool sized = false;    // a length in characters may follow
};

constexpr std::array kDeclaredTypes = {
    DeclaredType{"TINYINT", ColumnType::kTiny, 4},
    DeclaredType{"BOOLEAN", ColumnType::kTiny, 1},
    DeclaredType{"BOOL", ColumnType::kTiny, 1},
    DeclaredType{"SMALLINT", ColumnType::kShort, 6},
    DeclaredType{"MEDIUMINT", ColumnType::kInt24, 9},
    DeclaredType{"INTEGER", ColumnType::kLongLong, 20},  // SQLite's own has 64 bits
    DeclaredType{"INT", ColumnType::kLong, 11},
    DeclaredType{"BIGINT", ColumnType::kLongLong, 20},
    DeclaredType{"DECIMAL", ColumnType::kNewDecimal, 11},
    DeclaredType{"NUMERIC", ColumnType::kNewDecimal, 11},
    DeclaredType{"FLOAT", ColumnType::kFloat, 12},
    DeclaredType{"DOUBLE", ColumnType::kDouble, 22},
    DeclaredType{"REAL", ColumnType::kDouble, 22},
    DeclaredType{"DATE", ColumnType::kDate, 10},
    DeclaredType{"DATETIME", ColumnType::kDatetime, 19},
    DeclaredType{"TIMESTAMP", ColumnType::kTimestamp, 19},
    DeclaredType{"TIME", ColumnType::kTime, 10},
    DeclaredType{"YEAR", ColumnType::kYear, 4},
    DeclaredType{"CHAR", ColumnType::kString, 4, true},
    DeclaredType{"VARCHAR", ColumnType::kVarString, 4 * 16'383, true},
    DeclaredType{"TINYTEXT", ColumnType::kBlob, 255},
    DeclaredType{"TEXT", ColumnType::kBlob, 65'535},
    DeclaredType{"MEDIUMTEXT", ColumnType::kBlob, 16'777'215},
    DeclaredType{"LONGTEXT", ColumnType::kBlob, 4'294'967'295U},
    DeclaredType{"JSON", ColumnType::kJson, 4'294'967'295U},
    DeclaredType{"ENUM", ColumnType::kString, 4 * 255},
    DeclaredType{"SET", ColumnType::kString, 4 * 255},
    DeclaredType{"BINARY", ColumnType::kString, 1, true},
    DeclaredType{"VARBINARY", ColumnType::kVarString, 65'535, true},
    DeclaredType{"TINYBLOB", ColumnType::kBlob, 255},
    DeclaredType{"BLOB", ColumnType::kBlob, 65'535},
    DeclaredType{"MEDIUMBLOB", ColumnType::kBlob, 16'777'215},
    DeclaredType{"LONGBLOB", ColumnType::kBlob, 4'294'967'295U},
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool is_character_type(const DeclaredType& type) {
  return (type.type == ColumnType::kString || type.type == ColumnType::kVarString ||
          type.type == ColumnType::kBlob) &&
         type.name.find("BINARY") == std::string_view::npos &&
         type.name.find("BLOB") == std::string_view::npos;
}

void make_number(Column* column) {
  column->flags |= mysql::kBinary;
  column->collation = mysql::kBinaryCharset;
}

// The numbers in "(10,2)".
std::array<std::uint32_t, 2> arguments_of(std::string_view text, int* count) {
  std::array<std::uint32_t, 2> found{};
  *count = 0;
  std::size_t at = text.find('(');
  while (at != std::string_view::npos && *count < 2) {
    ++at;
    while (at < text.size() && text[at] == ' ') ++at;
    const auto [end, failure] =
        std::from_chars(text.data() + at, text.data() + text.size(), found[static_cast<std::size_t>(*count)]);
    if (failure != std::errc{}) break;
    ++*count;
    at = static_cast<std::size_t>(end - text.data());
    if (at >= text.size() || text[at] != ',') break;
  }
  return found;
}

void size_column(const DeclaredType& type, std::string_view declared, Column* column) {
  int count = 0;
  const auto arguments = arguments_of(declared, &count);
  if (count > 0 && type.sized) {
    column->length = arguments[0] * (is_character_type(type) ? kBytesOfCharacter : 1);
  }
  if (type.type == ColumnType::kNewDecimal) {
    const std::uint32_t digits = count > 0 ? arguments[0] : 10;
    column->decimals = static_cast<std::uint8_t>(count > 1 ? arguments[1] : 0);
    column->length = digits + (column->decimals > 0 ? 2 : 1);
  }
  const bool timed = type.type == ColumnType::kDatetime || type.type == ColumnType::kTimestamp ||
                     type.type == ColumnType::kTime;
  if (timed && count > 0 && arguments[0] > 0) {
    column->decimals = static_cast<std::uint8_t>(arguments[0]);
    column->length += arguments[0] + 1;
  }
  constexpr std::uint8_t kNotFixed = 31;
  if (type.type == ColumnType::kFloat || type.type == ColumnType::kDouble) column->decimals = kNotFixed;
}

// Of an expression: what its first value is.
void describe_value(const store::ClientStatement& statement, int index, Column* column) {
  const store::ClientValue value = statement.value(index);
  if (std::holds_alternative<std::int64_t>(value)) {
    (void)declare("BIGINT", column);
  } else if (std::holds_alternative<double>(value)) {
    (void)declare("DOUBLE", column);
  } else if (std::holds_alternative<std::string_view>(value)) {
    (void)declare(statement.is_blob(index) ? "LONGBLOB" : "VARCHAR", column);
  }
}

}  // namespace

bool declare(std::string_view declared, Column* column) {
  const std::string text = upper(declared);
  const std::string_view word = std::string_view(text).substr(0, text.find_first_of(" ("));
  const auto* type = std::find_if(kDeclaredTypes.begin(), kDeclaredTypes.end(),
                                  [word](const DeclaredType& known) { return known.name == word; });
  if (type == kDeclaredTypes.end()) return false;
  column->type = type->type;
  column->length = type->length;
  if (type->type == ColumnType::kBlob) column->flags |= mysql::kBlobFlag;
  if (type->name == "ENUM") column->flags |= mysql::kEnumFlag;
  if (type->name == "SET") column->flags |= mysql::kSetFlag;
  if (text.find(" UNSIGNED") != std::string::npos) column->flags |= mysql::kUnsigned;
  if (!is_character_type(*type)) make_number(column);
  size_column(*type, text, column);
  return true;
}

std::vector<Column> result_columns(const store::ClientStatement& statement, const std::string& database,
                                   bool on_row) {
  std::vector<Column> columns;
  for (int i = 0; i < statement.columns(); ++i) {
    const store::ClientColumn source = statement.column(i);
    Column column;
    column.name = source.name;
    if (!source.table.empty()) {
      column.database = database;
      column.table = source.table;
      column.original_table = source.table;
      column.original_name = source.column;
    }
    if (source.not_null) column.flags |= mysql::kNotNull;
    if (source.primary_key) column.flags |= mysql::kPrimaryKey | mysql::kPartOfKey | mysql::kNotNull;
    if (source.auto_increment) column.flags |= mysql::kAutoIncrement;
    const bool known = declare(source.declared_type, &column);
    if (!known && on_row) describe_value(statement, i, &column);
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace murmel::service
