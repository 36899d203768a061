#include "agent/session/columns.h"

#include <sqlite3.h>

#include <algorithm>

#include "agent/functions/collation.h"
#include "agent/functions/value.h"
#include "agent/session/collations.h"
#include "agent/session/describe.h"
#include "agent/sql/resolve.h"

namespace murmel::session {
namespace {

using mysql::Column;
using mysql::ColumnType;
using sql::TypeKind;

constexpr std::uint32_t kCharacterBytesMax = 4;
constexpr std::uint8_t kNotFixed = 31;

struct Wire {
  TypeKind kind;
  ColumnType type;
  std::uint32_t length;  // of the longest value as text; 0: by the declared length
};

constexpr Wire kWires[] = {
    {TypeKind::kUnknown, ColumnType::kVarString, 4 * 16'383},
    {TypeKind::kNull, ColumnType::kNull, 0},
    {TypeKind::kTinyInt, ColumnType::kTiny, 4},
    {TypeKind::kSmallInt, ColumnType::kShort, 6},
    {TypeKind::kMediumInt, ColumnType::kInt24, 9},
    {TypeKind::kInt, ColumnType::kLong, 11},
    {TypeKind::kBigInt, ColumnType::kLongLong, 20},
    {TypeKind::kDecimal, ColumnType::kNewDecimal, 0},
    {TypeKind::kFloat, ColumnType::kFloat, 12},
    {TypeKind::kDouble, ColumnType::kDouble, 22},
    {TypeKind::kBit, ColumnType::kBit, 0},
    {TypeKind::kYear, ColumnType::kYear, 4},
    {TypeKind::kDate, ColumnType::kDate, 10},
    {TypeKind::kTime, ColumnType::kTime, 10},
    {TypeKind::kDateTime, ColumnType::kDatetime, 19},
    {TypeKind::kTimestamp, ColumnType::kTimestamp, 19},
    {TypeKind::kChar, ColumnType::kString, 0},
    {TypeKind::kVarChar, ColumnType::kVarString, 0},
    {TypeKind::kTinyText, ColumnType::kBlob, 4 * 255},
    {TypeKind::kText, ColumnType::kBlob, 4 * 65'535},
    {TypeKind::kMediumText, ColumnType::kBlob, 4 * 16'777'215},
    {TypeKind::kLongText, ColumnType::kBlob, 4'294'967'295U},
    {TypeKind::kEnum, ColumnType::kString, 0},
    {TypeKind::kSet, ColumnType::kString, 0},
    {TypeKind::kJson, ColumnType::kJson, 4'294'967'295U},
    {TypeKind::kBinary, ColumnType::kString, 0},
    {TypeKind::kVarBinary, ColumnType::kVarString, 0},
    {TypeKind::kTinyBlob, ColumnType::kBlob, 255},
    {TypeKind::kBlob, ColumnType::kBlob, 65'535},
    {TypeKind::kMediumBlob, ColumnType::kBlob, 16'777'215},
    {TypeKind::kLongBlob, ColumnType::kBlob, 4'294'967'295U},
};

std::uint32_t declared_length(const sql::Type& type) {
  if (type.kind == TypeKind::kDecimal) {
    const std::uint32_t digits = type.length != 0 ? type.length : 65;
    return digits + (type.decimals != 0 ? 2 : 1) - (type.is_unsigned ? 1 : 0);
  }
  if (type.kind == TypeKind::kBit) return type.length;
  if (sql::is_binary(type.kind)) return type.length != 0 ? type.length : 65'535;
  if (!type.members.empty()) {
    std::size_t longest = 0;
    std::size_t all = type.members.size() - 1;  // a SET's words, with commas between them
    for (const std::string& member : type.members) {
      const std::size_t length = functions::character_count(member);
      longest = std::max(longest, length);
      all += length;
    }
    return static_cast<std::uint32_t>(type.kind == TypeKind::kSet ? all : longest) * kCharacterBytesMax;
  }
  return (type.length != 0 ? type.length : 16'383) * kCharacterBytesMax;
}

void describe_type(const sql::Type& type, Column& column) {
  const Wire& wire = kWires[static_cast<std::size_t>(type.kind)];
  column.type = wire.type;
  column.length = wire.length != 0 ? wire.length : declared_length(type);
  if (sql::is_integer(type.kind) && type.length != 0)
    column.length = type.length;  // TINYINT(1) is a truth value
  if (type.is_unsigned) column.flags |= mysql::kUnsigned;
  if (type.zerofill) column.flags |= mysql::kZerofill;
  if (wire.type == ColumnType::kBlob) column.flags |= mysql::kBlobFlag;
  if (type.kind == TypeKind::kEnum) column.flags |= mysql::kEnumFlag;
  if (type.kind == TypeKind::kSet) column.flags |= mysql::kSetFlag;
  if (type.kind == TypeKind::kTimestamp) column.flags |= mysql::kTimestampFlag;
  const bool real = type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
  column.decimals = real && !type.has_length ? kNotFixed : type.decimals;
  if (sql::is_temporal(type.kind) && type.decimals != 0) column.length += 1U + type.decimals;
  const bool characters = sql::is_text(type.kind) || type.kind == TypeKind::kUnknown;
  if (characters) {
    column.collation = mysql::kUtf8mb40900AiCi;
    if (!type.collation.empty()) column.collation = collation_id(type.collation);
  } else {
    column.flags |= mysql::kBinary;
    column.collation = mysql::kBinaryCharset;
  }
}

// The type of an expression that nobody knew before it was computed.
sql::Type type_of_value(sqlite3_value* given) {
  const functions::Value value = functions::read_value(given);
  sql::Type type;
  switch (value.kind) {
    case functions::Kind::kNull: type.kind = TypeKind::kUnknown; break;
    case functions::Kind::kUnsigned:
    case functions::Kind::kInteger:
      type.kind = TypeKind::kBigInt;
      type.is_unsigned = value.kind == functions::Kind::kUnsigned;
      break;
    case functions::Kind::kBit: type.kind = TypeKind::kBit; break;
    case functions::Kind::kDouble: type.kind = TypeKind::kDouble; break;
    case functions::Kind::kDecimal:
      type.kind = TypeKind::kDecimal;
      type.decimals = static_cast<std::uint8_t>(value.decimal.scale());
      break;
    case functions::Kind::kText: type.kind = TypeKind::kVarChar; break;
    case functions::Kind::kBinary: type.kind = TypeKind::kVarBinary; break;
    case functions::Kind::kDate: type.kind = TypeKind::kDate; break;
    case functions::Kind::kDateTime: type.kind = TypeKind::kDateTime; break;
    case functions::Kind::kTime: type.kind = TypeKind::kTime; break;
    case functions::Kind::kYear: type.kind = TypeKind::kYear; break;
    case functions::Kind::kJson: type.kind = TypeKind::kJson; break;
  }
  return type;
}

void describe_key(const sql::ResultColumn& result, const sql::TableInfo& table, Column& column) {
  for (const sql::ColumnInfo& info : table.columns) {
    if (!sql::same_name(info.name, result.original_name)) continue;
    const std::string key = key_of(info, table);
    if (key == "PRI") column.flags |= mysql::kPrimaryKey;
    if (key == "UNI") column.flags |= mysql::kUniqueKey;
    if (key == "MUL") column.flags |= mysql::kMultipleKey;
    if (!key.empty()) column.flags |= mysql::kPartOfKey;
    if (info.auto_increment) column.flags |= mysql::kAutoIncrement;
    if (!info.has_default && info.not_null && !info.auto_increment) column.flags |= mysql::kNoDefault;
    if (info.on_update_now) column.flags |= mysql::kOnUpdateNow;
  }
}

}  // namespace

std::vector<Column> describe_columns(
    std::span<const sql::ResultColumn> columns, const std::string& current, sqlite3_stmt* first,
    const std::function<const sql::TableInfo*(const std::string&, const std::string&)>& table_of) {
  std::vector<Column> described;
  for (const sql::ResultColumn& result : columns) {
    Column column;
    column.name = result.name;
    column.table = result.table;
    column.original_table = result.original_table;
    column.original_name = result.original_name;
    if (!result.original_table.empty()) column.database = result.database.empty() ? current : result.database;
    const bool unknown = result.type.kind == TypeKind::kUnknown && first != nullptr;
    const int index = static_cast<int>(described.size());
    describe_type(unknown ? type_of_value(sqlite3_column_value(first, index)) : result.type, column);
    if (result.not_null) column.flags |= mysql::kNotNull;
    const sql::TableInfo* const table =
        result.original_table.empty() ? nullptr : table_of(result.database, result.original_table);
    if (table != nullptr) describe_key(result, *table, column);
    described.push_back(std::move(column));
  }
  return described;
}

std::vector<Column> describe_texts(sqlite3_stmt* statement) {
  std::vector<Column> described;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    Column column;
    column.name = sqlite3_column_name(statement, i);
    describe_type({TypeKind::kVarChar, false, false, false, 0, 0, {}, {}, {}}, column);
    described.push_back(std::move(column));
  }
  return described;
}

}  // namespace murmel::session
