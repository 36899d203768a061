// A table as MySQL's CREATE TABLE.
#include <string>

#include "agent/sql/mysql_text.h"
#include "agent/sql/resolve.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + mysql_name(name);
  return "(" + text + ")";
}

std::string key_text(const IndexInfo& index) {
  std::string text = index.name == "PRIMARY" ? "PRIMARY KEY"
                     : index.full_text       ? "FULLTEXT KEY "
                     : index.unique          ? "UNIQUE KEY "
                                             : "KEY ";
  if (index.name != "PRIMARY") text += mysql_name(index.name);
  text += " (";
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    if (i != 0) text += ",";
    text += mysql_name(index.columns[i]);
    if (index.lengths[i] != 0) text += "(" + std::to_string(index.lengths[i]) + ")";
    if (i < index.descending.size() && index.descending[i]) text += " DESC";
  }
  return text + ")";
}

std::string foreign_key_text(const ForeignKeyInfo& key) {
  std::string text = key.name.empty() ? "" : "CONSTRAINT " + mysql_name(key.name) + " ";
  text += "FOREIGN KEY " + names_text(key.columns) + " REFERENCES " + mysql_name(key.table) + " " +
          names_text(key.table_columns);
  if (!key.on_delete.empty()) text += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) text += " ON UPDATE " + key.on_update;
  return text;
}

}  // namespace

std::string table_text(const TableInfo& table) {
  std::string text = "CREATE TABLE " + mysql_name(table.name) + " (";
  for (const ColumnInfo& column : table.columns) {
    if (&column != &table.columns.front()) text += ", ";
    ColumnInfo own = column;
    if (own.type.collation == table.collation) own.type.collation.clear();
    // What a column has that may be NULL is not said: a key can make it NOT NULL.
    if (own.default_value == "NULL") own.has_default = false;
    text += mysql_name(column.name) + " " + column_text(own);
  }
  for (const IndexInfo& index : table.indexes) text += ", " + key_text(index);
  for (const ForeignKeyInfo& key : table.foreign_keys) text += ", " + foreign_key_text(key);
  for (const CheckInfo& check : table.checks) text += ", " + check_text(check);
  text += ") ENGINE=" + table.engine + " DEFAULT CHARSET=" + table.charset + " COLLATE=" + table.collation;
  return table.comment.empty() ? text : text + " COMMENT=" + mysql_string(table.comment);
}

}  // namespace murmel::sql
