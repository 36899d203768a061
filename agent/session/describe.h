// Facts about columns and keys as information_schema and SHOW word them, and the text of SHOW CREATE TABLE.
// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "agent/session/info_tables.h"

namespace murmel::session {

struct ColumnFacts {
  std::string data_type;  // "varchar"
  std::optional<std::int64_t> characters;
  std::optional<std::int64_t> bytes;
  std::optional<std::int64_t> precision;
  std::optional<std::int64_t> scale;
  std::optional<std::int64_t> time_digits;
  std::optional<std::string> charset;
  std::optional<std::string> collation;
  std::optional<std::string> default_value;  // nothing: NULL, or none
  std::string key;                           // "PRI", "UNI", "MUL"
  std::string extra;
};

ColumnFacts describe(const sql::ColumnInfo& column, const sql::TableInfo& table);
std::string key_of(const sql::ColumnInfo& column, const sql::TableInfo& table);
// As information_schema shows expressions: \' for '.
std::string escaped_quotes(std::string_view text);
// MySQL names foreign keys itself where the statement does not.
std::string foreign_key_name(const sql::TableInfo& table, std::size_t index);

// `next_number`: AUTO_INCREMENT, told above 1.
std::string create_table_text(const sql::TableInfo& table, std::int64_t next_number);

// Every table and view that the client may see.
void for_each_table(InfoSource& source,
                    const std::function<void(const std::string& database, const sql::TableInfo&)>& act);

}  // namespace murmel::session
