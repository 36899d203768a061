#include "agent/session/describe.h"

#include <algorithm>

#include "agent/sql/mysql_text.h"
#include "agent/sql/resolve.h"
#include "agent/sql/stored_table.h"

namespace murmel::session {
namespace {

using sql::TypeKind;

constexpr std::int64_t kCharacterBytes = 4;

std::int64_t blob_bytes(TypeKind kind) {
  if (kind == TypeKind::kTinyText || kind == TypeKind::kTinyBlob) return 255;
  if (kind == TypeKind::kMediumText || kind == TypeKind::kMediumBlob) return 16'777'215;
  return kind == TypeKind::kLongText || kind == TypeKind::kLongBlob ? 4'294'967'295 : 65'535;
}

void describe_text(const sql::ColumnInfo& column, const sql::TableInfo& table, ColumnFacts& facts) {
  const TypeKind kind = column.type.kind;
  const bool bytes = sql::is_binary(kind);
  if (kind == TypeKind::kEnum || kind == TypeKind::kSet) {
    std::size_t longest = 0;
    std::size_t all = 0;
    for (const std::string& member : column.type.members) {
      longest = std::max(longest, member.size());
      all += member.size() + 1;
    }
    facts.characters = static_cast<std::int64_t>(kind == TypeKind::kEnum ? longest : all - (all > 0 ? 1 : 0));
    facts.bytes = *facts.characters * kCharacterBytes;
  } else if (kind == TypeKind::kChar || kind == TypeKind::kVarChar || kind == TypeKind::kBinary ||
             kind == TypeKind::kVarBinary) {
    facts.characters = column.type.length;
    facts.bytes = bytes ? *facts.characters : *facts.characters * kCharacterBytes;
  } else {
    facts.characters = blob_bytes(kind);
    facts.bytes = facts.characters;
  }
  if (bytes) return;
  facts.charset = column.type.charset.empty() ? table.charset : column.type.charset;
  facts.collation = column.type.collation.empty() ? table.collation : column.type.collation;
}

std::int64_t integer_digits(TypeKind kind, bool is_unsigned) {
  if (kind == TypeKind::kTinyInt) return 3;
  if (kind == TypeKind::kSmallInt) return 5;
  if (kind == TypeKind::kMediumInt) return 7;
  if (kind == TypeKind::kInt) return 10;
  return is_unsigned ? 20 : 19;
}

void describe_number(const sql::ColumnInfo& column, ColumnFacts& facts) {
  const TypeKind kind = column.type.kind;
  if (kind == TypeKind::kYear) return;
  if (kind == TypeKind::kDecimal) {
    facts.precision = column.type.length;
    facts.scale = column.type.decimals;
  } else if (kind == TypeKind::kFloat || kind == TypeKind::kDouble) {
    facts.precision = kind == TypeKind::kFloat ? 12 : 22;
  } else if (kind == TypeKind::kBit) {
    facts.precision = column.type.length;
  } else {
    facts.precision = integer_digits(kind, column.type.is_unsigned);
    facts.scale = 0;
  }
}

// 'x' -> x; DEFAULT's notation is that of SHOW CREATE TABLE.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'') return std::string(text);
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    const bool doubled =
        (text[i] == '\'' || text[i] == '\\') && i + 2 < text.size() && text[i + 1] == text[i];
    if (doubled) ++i;
    result += text[i];
  }
  return result;
}

std::string column_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + sql::mysql_name(name);
  return "(" + text + ")";
}

std::string key_parts(const sql::IndexInfo& index) {
  std::string text = "(";
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    if (i != 0) text += ",";
    text += sql::mysql_name(index.columns[i]);
    if (i < index.lengths.size() && index.lengths[i] != 0)
      text += "(" + std::to_string(index.lengths[i]) + ")";
    if (i < index.descending.size() && index.descending[i]) text += " DESC";
  }
  return text + ")";
}

std::string create_column(const sql::ColumnInfo& column, const sql::TableInfo& table) {
  sql::ColumnInfo shown = column;
  // What the table says need not be said again.
  if (shown.type.collation == table.collation) shown.type.collation.clear();
  if (!shown.type.collation.empty() && !sql::is_text(shown.type.kind)) shown.type.collation.clear();
  std::string text = sql::column_text(shown);
  // TIMESTAMP says that it may be null, as it once meant something else without.
  const bool null_said = column.type.kind == TypeKind::kTimestamp && !column.not_null;
  if (null_said) text.insert(sql::type_text(column.type).size(), " NULL");
  return "  " + sql::mysql_name(column.name) + " " + text;
}

}  // namespace

std::string key_of(const sql::ColumnInfo& column, const sql::TableInfo& table) {
  std::string key;
  for (const sql::IndexInfo& index : table.indexes) {
    const auto at = std::find_if(index.columns.begin(), index.columns.end(),
                                 [&](const std::string& name) { return sql::same_name(name, column.name); });
    if (at == index.columns.end()) continue;
    if (index.name == "PRIMARY") return "PRI";
    if (at != index.columns.begin()) continue;
    if (index.unique && index.columns.size() == 1) {
      key = "UNI";
    } else if (key.empty()) {
      key = "MUL";
    }
  }
  return key;
}

ColumnFacts describe(const sql::ColumnInfo& column, const sql::TableInfo& table) {
  ColumnFacts facts;
  const TypeKind kind = column.type.kind;
  facts.data_type = sql::type_text({kind, false, false, false, 0, 0, {}, {}, {}});
  facts.data_type.resize(std::min(facts.data_type.find('('), facts.data_type.size()));
  if (sql::is_text(kind) || sql::is_binary(kind)) describe_text(column, table, facts);
  if (sql::is_number(kind)) describe_number(column, facts);
  if (sql::is_temporal(kind) && kind != TypeKind::kDate) facts.time_digits = column.type.decimals;
  if (column.has_default && column.default_value != "NULL")
    facts.default_value = unquoted(column.default_value);
  // An expression is told without the parentheses around it.
  if (facts.default_value && facts.default_value->starts_with("(") && column.default_value.starts_with("("))
    facts.default_value = facts.default_value->substr(1, facts.default_value->size() - 2);
  facts.key = key_of(column, table);
  if (column.auto_increment) facts.extra = "auto_increment";
  if (column.generated) facts.extra = column.stored ? "STORED GENERATED" : "VIRTUAL GENERATED";
  const bool computed = facts.default_value && (column.default_value.starts_with("(") ||
                                                column.default_value.starts_with("CURRENT_TIMESTAMP"));
  if (computed) facts.extra = "DEFAULT_GENERATED";
  if (column.on_update_now) {
    facts.extra += facts.extra.empty() ? "" : " ";
    facts.extra += "on update CURRENT_TIMESTAMP";
    if (column.type.decimals != 0) facts.extra += "(" + std::to_string(column.type.decimals) + ")";
  }
  return facts;
}

std::string escaped_quotes(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') result += '\\';
    result += c;
  }
  return result;
}

std::string foreign_key_name(const sql::TableInfo& table, std::size_t index) {
  const std::string& given = table.foreign_keys[index].name;
  return given.empty() ? table.name + "_ibfk_" + std::to_string(index + 1) : given;
}

std::string create_table_text(const sql::TableInfo& table, std::int64_t next_number) {
  std::string text = std::string(table.temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ") +
                     sql::mysql_name(table.name) + " (\n";
  const char* separator = "";
  for (const sql::ColumnInfo& column : table.columns) {
    text += separator + create_column(column, table);
    separator = ",\n";
  }
  for (const sql::IndexInfo& index : table.indexes) {
    text += separator;
    text += index.name == "PRIMARY" ? "  PRIMARY KEY"
            : index.full_text       ? "  FULLTEXT KEY " + sql::mysql_name(index.name)
            : index.unique          ? "  UNIQUE KEY " + sql::mysql_name(index.name)
                                    : "  KEY " + sql::mysql_name(index.name);
    text += " " + key_parts(index);
  }
  for (std::size_t i = 0; i < table.foreign_keys.size(); ++i) {
    const sql::ForeignKeyInfo& key = table.foreign_keys[i];
    text += separator + ("  CONSTRAINT " + sql::mysql_name(foreign_key_name(table, i))) + " FOREIGN KEY " +
            column_list(key.columns) + " REFERENCES " + sql::mysql_name(key.table) + " " +
            column_list(key.table_columns);
    if (!key.on_delete.empty()) text += " ON DELETE " + key.on_delete;
    if (!key.on_update.empty()) text += " ON UPDATE " + key.on_update;
  }
  for (const sql::CheckInfo& check : table.checks) {
    text += separator + ("  CONSTRAINT " + sql::mysql_name(check.name)) + " CHECK (" + check.expression + ")";
    if (!check.enforced) text += " /*!80016 NOT ENFORCED */";
  }
  text += "\n) ENGINE=" + table.engine;
  if (next_number > 1) text += " AUTO_INCREMENT=" + std::to_string(next_number);
  text += " DEFAULT CHARSET=" + table.charset + " COLLATE=" + table.collation;
  if (!table.comment.empty()) text += " COMMENT=" + sql::mysql_string(table.comment);
  return text;
}

void for_each_table(InfoSource& source,
                    const std::function<void(const std::string&, const sql::TableInfo&)>& act) {
  for (const std::string& database : source.databases()) {
    const DatabaseSchema* const schema = source.schema(database);
    if (schema == nullptr) continue;
    for (const auto& [name, table] : schema->tables) {
      if (source.sees(database, name)) act(database, table);
    }
  }
}

}  // namespace murmel::session
