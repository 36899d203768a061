// How a MySQL table is kept in SQLite's schema, and read back. The CREATE TABLE text that SQLite keeps
// verbatim (and carries along in ALTER TABLE) has MySQL's notation of every column in a comment behind its
// name, and its options and CHECK constraints before the first column,
//
//   CREATE TABLE "t" (/*mysql ENGINE=InnoDB COMMENT='x'*/ /*mysql CONSTRAINT `c` CHECK ((`id` > 0))*/
//   "id" /*mysql bigint unsigned NOT NULL*/ INTEGER NOT NULL, ...)
//
// so the file is an ordinary SQLite database, and its schema replicates as text. A table that a SQLite
// application made has no such comments; its columns get MySQL types by SQLite's rules of affinity. Indexes
// are named "table.index", and so is one beside a primary key over prefixes: "table.PRIMARY". Inside a
// comment "*/" of a string is written "*\/". No thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/sql/ast.h"
#include "agent/sql/catalog.h"

namespace murmel::sql {

// From sqlite_schema.sql of a table; nothing if it is not a CREATE TABLE.
std::optional<TableInfo> read_stored_table(std::string_view sql);
// From sqlite_schema of an index; nothing for an automatic one.
std::optional<IndexInfo> read_stored_index(std::string_view name, std::string_view table,
                                           std::string_view sql);
// To those that MySQL knows, or to those by bytes.
void add_index(TableInfo& table, IndexInfo index);
// How names of indexes by bytes begin, behind the table's: over a key that is referred to, and over columns
// that refer to one.
inline constexpr char kExactKey = '=';
inline constexpr char kExactColumns = '+';
// From sqlite_schema of a table of FTS5's that is a FULLTEXT index of `table`, named "table.index"; else
// nothing.
struct StoredFullText {
  std::string table;
  IndexInfo index;
};
std::optional<StoredFullText> read_stored_full_text(std::string_view name, std::string_view sql);

// From sqlite_schema of a view: what stands behind its name in MySQL's SQL; nothing if it is none of MySQL's.
std::optional<std::string> read_stored_view(std::string_view sql);

// From sqlite_schema of a trigger; nothing if it is none of MySQL's.
std::optional<TriggerInfo> read_stored_trigger(std::string_view name, std::string_view sql);

// The constant DEFAULT of a DECIMAL column with all digits of its scale; nothing: it is none.
std::optional<std::string> scaled_default(const Type& type, const Node* value);
// A column definition's attributes as a ColumnInfo.
ColumnInfo column_info(const Node* definition);
// MySQL's notation of a column without its name, as SHOW CREATE TABLE has it.
std::string column_text(const ColumnInfo& column);
// CREATE TABLE in MySQL's notation, which reads back as the table.
std::string table_text(const TableInfo& table);
std::string mysql_string(std::string_view value);
std::string check_text(const CheckInfo& check);     // CONSTRAINT `name` CHECK (...)
std::string stored_comment(std::string_view text);  // /*mysql text*/
std::string sqlite_index_name(std::string_view table, std::string_view index);

}  // namespace murmel::sql
