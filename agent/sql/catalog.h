// What translation asks about existing tables. The host implements it from what SQLite's schema holds (see
// stored_table.h for reading a table back) and may answer from a cache; the answer must hold until the
// statement is run, so the host translates again when the schema has changed. Not thread-safe by itself: used
// during one call of translate().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/types.h"

namespace murmel::sql {

struct ColumnInfo {
  std::string name;
  Type type;
  bool not_null = false;
  bool auto_increment = false;
  bool has_default = false;
  bool generated = false;
  bool stored = false;     // a generated one: told as STORED, else as VIRTUAL
  std::string generation;  // its expression in MySQL's notation; empty: SQLite computes it itself
  bool on_update_now = false;
  bool invisible = false;
  std::string default_value;  // MySQL's notation, as SHOW CREATE TABLE prints it behind DEFAULT
  std::string comment;
};

struct IndexInfo {
  std::string name;  // MySQL's name, "PRIMARY" for the primary key
  bool unique = false;
  std::vector<std::string> columns;
  std::vector<std::uint32_t> lengths;  // of the prefixes that MySQL was asked to index; 0: all of it
  std::string sqlite_name;             // of the SQLite index; empty for one that is part of CREATE TABLE
  std::vector<bool> descending;        // by column; may be shorter
  bool full_text = false;              // sqlite_name is a table of FTS5's
};

struct ForeignKeyInfo {
  std::string name;  // empty: none was given
  std::vector<std::string> columns;
  std::string table;  // that it refers to
  std::vector<std::string> table_columns;
  std::string on_delete;  // "CASCADE", ...; empty: nothing was written
  std::string on_update;
};

struct CheckInfo {
  std::string name;
  std::string expression;  // in MySQL's notation
  bool enforced = true;
};

struct TriggerInfo {
  std::string name;
  std::string time;   // BEFORE, AFTER
  std::string event;  // INSERT, UPDATE, DELETE
  std::string body;   // in MySQL's SQL
};

struct TableInfo {
  std::string name;
  bool view = false;
  bool temporary = false;
  std::string view_text;    // of one of MySQL's: what follows its name in CREATE VIEW
  bool from_mysql = false;  // MySQL's CREATE TABLE made all of it, so that it can be written again
  std::string charset = "utf8mb4";
  std::string collation = "utf8mb4_0900_ai_ci";
  std::string engine = "InnoDB";
  std::string comment;
  std::vector<ColumnInfo> columns;  // in order
  std::vector<ForeignKeyInfo> foreign_keys;
  std::vector<IndexInfo> indexes;        // the primary key first, if there is one
  std::vector<IndexInfo> exact_indexes;  // by bytes, for foreign keys over texts: none that MySQL knows
  std::vector<CheckInfo> checks;
  std::vector<TriggerInfo> triggers;
};

const ColumnInfo* counting_column(const TableInfo& table);  // AUTO_INCREMENT's; null: there is none

class Catalog {
 public:
  virtual ~Catalog() = default;
  // The table or view, or null. `database` is empty for the current one. The pointer holds until translate()
  // returns.
  virtual const TableInfo* table(std::string_view database, std::string_view table) const = 0;
  // The tables that have foreign keys to this one, which may be one of them, and need not be there.
  virtual std::vector<const TableInfo*> referring_tables(std::string_view /*database*/,
                                                         std::string_view /*table*/) const {
    return {};
  }
  // The table that has this trigger, or null.
  virtual const TableInfo* trigger_table(std::string_view /*database*/, std::string_view /*trigger*/) const {
    return nullptr;
  }
  virtual std::vector<const TableInfo*> tables_with_triggers(std::string_view /*database*/) const {
    return {};
  }
  // By MySQL's name, any case.
  virtual bool has_collation(std::string_view /*name*/) const { return true; }
};

}  // namespace murmel::sql
