// STATISTICS, KEY_COLUMN_USAGE, TABLE_CONSTRAINTS, REFERENTIAL_CONSTRAINTS, CHECK_CONSTRAINTS, TRIGGERS.
#include <algorithm>
#include <utility>

#include "agent/session/describe.h"
#include "agent/session/info_groups.h"
#include "agent/sql/resolve.h"

namespace murmel::session {
namespace {

constexpr std::monostate kNone;
constexpr char kDef[] = "def";

Cell word(std::string value) {
  return Cell(std::move(value));
}
Cell whole(std::size_t value) {
  return Cell(static_cast<std::int64_t>(value));
}

bool may_be_null(const sql::TableInfo& table, const std::string& name) {
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const sql::ColumnInfo& column) {
    return sql::same_name(column.name, name) && !column.not_null;
  });
}

// How many values the first columns of an index have: what ANALYZE of SQLite's has found; of a UNIQUE index
// as a whole as many as there are rows; else as its first entries tell.
Cell cardinality(const TableSize& size, const sql::IndexInfo& index, std::size_t columns) {
  const auto known = size.rows_to_value.find(index.sqlite_name);
  if (known != size.rows_to_value.end() && columns <= known->second.size()) {
    return Cell(size.rows / std::max<std::int64_t>(known->second[columns - 1], 1));
  }
  if (index.unique && columns == index.columns.size()) return Cell(size.rows);
  const auto seen = size.values.find(index.name);
  const bool estimated = seen != size.values.end() && columns <= seen->second.size();
  return estimated ? Cell(seen->second[columns - 1]) : Cell(kNone);
}

void index_rows(const std::string& database, const sql::TableInfo& table, const TableSize& size, Rows& rows) {
  for (const sql::IndexInfo& index : table.indexes) {
    for (std::size_t i = 0; i < index.columns.size(); ++i) {
      const std::uint32_t prefix = i < index.lengths.size() ? index.lengths[i] : 0;
      const bool descending = i < index.descending.size() && index.descending[i];
      rows.push_back({word(kDef), word(database), word(table.name), whole(index.unique ? 0 : 1),
                      word(database), word(index.name), whole(i + 1), word(index.columns[i]),
                      index.full_text ? Cell(kNone) : word(descending ? "D" : "A"),
                      cardinality(size, index, i + 1), prefix != 0 ? whole(prefix) : Cell(kNone), kNone,
                      word(may_be_null(table, index.columns[i]) ? "YES" : ""),
                      word(index.full_text ? "FULLTEXT" : "BTREE"), word(""), word(""), word("YES"), kNone});
    }
  }
}

void statistics(InfoSource& source, Rows& rows) {
  std::string measured;
  TableSizes sizes;
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    if (std::exchange(measured, database) != database) sizes = source.sizes(database, true);
    index_rows(database, table, sizes[table.name], rows);
  });
}

void temporary_statistics(InfoSource& source, Rows& rows) {
  const DatabaseSchema* const schema = source.temporary();
  if (schema == nullptr) return;
  for (const auto& [name, table] : schema->tables)
    index_rows(source.state().current_database, table, {}, rows);
}

void key_column_usage(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    for (const sql::IndexInfo& index : table.indexes) {
      for (std::size_t i = 0; index.unique && i < index.columns.size(); ++i) {
        rows.push_back({word(kDef), word(database), word(index.name), word(kDef), word(database),
                        word(table.name), word(index.columns[i]), whole(i + 1), kNone, kNone, kNone, kNone});
      }
    }
    for (std::size_t k = 0; k < table.foreign_keys.size(); ++k) {
      const sql::ForeignKeyInfo& key = table.foreign_keys[k];
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        const bool named = i < key.table_columns.size();
        rows.push_back({word(kDef), word(database), word(foreign_key_name(table, k)), word(kDef),
                        word(database), word(table.name), word(key.columns[i]), whole(i + 1), whole(i + 1),
                        word(database), word(key.table), named ? word(key.table_columns[i]) : Cell(kNone)});
      }
    }
  });
}

void table_constraints(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    const auto add = [&](const std::string& name, const char* type, bool enforced = true) {
      rows.push_back({word(kDef), word(database), word(name), word(database), word(table.name), word(type),
                      word(enforced ? "YES" : "NO")});
    };
    for (const sql::IndexInfo& index : table.indexes) {
      if (index.unique) add(index.name, index.name == "PRIMARY" ? "PRIMARY KEY" : "UNIQUE");
    }
    for (std::size_t k = 0; k < table.foreign_keys.size(); ++k)
      add(foreign_key_name(table, k), "FOREIGN KEY");
    for (const sql::CheckInfo& check : table.checks) add(check.name, "CHECK", check.enforced);
  });
}

void check_constraints(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    for (const sql::CheckInfo& check : table.checks)
      rows.push_back({word(kDef), word(database), word(check.name), word(escaped_quotes(check.expression))});
  });
}

void triggers(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    for (const sql::TriggerInfo& trigger : table.triggers) {
      rows.push_back({word(kDef), word(database), word(trigger.name), word(trigger.event), word(kDef),
                      word(database), word(table.name), whole(1), word(trigger.body), word("ROW"),
                      word(trigger.time), kNone, word(""), word("root@%"), word("utf8mb4"),
                      word("utf8mb4_0900_ai_ci"), word("utf8mb4_0900_ai_ci")});
    }
  });
}

// SQLite's default is NO ACTION as well.
std::string rule(const std::string& action) {
  return action.empty() ? "NO ACTION" : action;
}

// The key of the parent that a foreign key refers to.
std::string unique_key(InfoSource& source, const std::string& database, const sql::ForeignKeyInfo& key) {
  std::string name = "PRIMARY";
  for_each_table(source, [&](const std::string& home, const sql::TableInfo& table) {
    if (home != database || !sql::same_name(table.name, key.table)) return;
    const auto found = std::find_if(table.indexes.begin(), table.indexes.end(), [&](const auto& index) {
      return index.unique &&
             std::is_permutation(index.columns.begin(), index.columns.end(), key.table_columns.begin(),
                                 key.table_columns.end(), [](const std::string& a, const std::string& b) {
                                   return sql::same_name(a, b);
                                 });
    });
    if (found != table.indexes.end()) name = found->name;
  });
  return name;
}

void referential_constraints(InfoSource& source, Rows& rows) {
  for_each_table(source, [&](const std::string& database, const sql::TableInfo& table) {
    for (std::size_t k = 0; k < table.foreign_keys.size(); ++k) {
      const sql::ForeignKeyInfo& key = table.foreign_keys[k];
      rows.push_back({word(kDef), word(database), word(foreign_key_name(table, k)), word(kDef),
                      word(database), word(unique_key(source, database, key)), word("NONE"),
                      word(rule(key.on_update)), word(rule(key.on_delete)), word(table.name),
                      word(key.table)});
    }
  });
}

constexpr InfoColumn kStatistics[] = {
    {"TABLE_CATALOG", "varchar(64)"}, {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},    {"NON_UNIQUE", "int"},
    {"INDEX_SCHEMA", "varchar(64)"},  {"INDEX_NAME", "varchar(64)"},
    {"SEQ_IN_INDEX", "int"},          {"COLUMN_NAME", "varchar(64)"},
    {"COLLATION", "varchar(1)"},      {"CARDINALITY", "bigint"},
    {"SUB_PART", "bigint"},           {"PACKED", "binary(0)"},
    {"NULLABLE", "varchar(3)"},       {"INDEX_TYPE", "varchar(11)"},
    {"COMMENT", "varchar(8)"},        {"INDEX_COMMENT", "varchar(2048)"},
    {"IS_VISIBLE", "varchar(3)"},     {"EXPRESSION", "longtext"},
};
constexpr InfoColumn kKeyColumnUsage[] = {
    {"CONSTRAINT_CATALOG", "varchar(64)"},    {"CONSTRAINT_SCHEMA", "varchar(64)"},
    {"CONSTRAINT_NAME", "varchar(64)"},       {"TABLE_CATALOG", "varchar(64)"},
    {"TABLE_SCHEMA", "varchar(64)"},          {"TABLE_NAME", "varchar(64)"},
    {"COLUMN_NAME", "varchar(64)"},           {"ORDINAL_POSITION", "int"},
    {"POSITION_IN_UNIQUE_CONSTRAINT", "int"}, {"REFERENCED_TABLE_SCHEMA", "varchar(64)"},
    {"REFERENCED_TABLE_NAME", "varchar(64)"}, {"REFERENCED_COLUMN_NAME", "varchar(64)"},
};
constexpr InfoColumn kTableConstraints[] = {
    {"CONSTRAINT_CATALOG", "varchar(64)"},
    {"CONSTRAINT_SCHEMA", "varchar(64)"},
    {"CONSTRAINT_NAME", "varchar(64)"},
    {"TABLE_SCHEMA", "varchar(64)"},
    {"TABLE_NAME", "varchar(64)"},
    {"CONSTRAINT_TYPE", "varchar(11)"},
    {"ENFORCED", "varchar(3)"},
};
constexpr InfoColumn kReferentialConstraints[] = {
    {"CONSTRAINT_CATALOG", "varchar(64)"},
    {"CONSTRAINT_SCHEMA", "varchar(64)"},
    {"CONSTRAINT_NAME", "varchar(64)"},
    {"UNIQUE_CONSTRAINT_CATALOG", "varchar(64)"},
    {"UNIQUE_CONSTRAINT_SCHEMA", "varchar(64)"},
    {"UNIQUE_CONSTRAINT_NAME", "varchar(64)"},
    {"MATCH_OPTION", "varchar(7)"},
    {"UPDATE_RULE", "varchar(11)"},
    {"DELETE_RULE", "varchar(11)"},
    {"TABLE_NAME", "varchar(64)"},
    {"REFERENCED_TABLE_NAME", "varchar(64)"},
};

constexpr InfoColumn kCheckConstraints[] = {
    {"CONSTRAINT_CATALOG", "varchar(64)"},
    {"CONSTRAINT_SCHEMA", "varchar(64)"},
    {"CONSTRAINT_NAME", "varchar(64)"},
    {"CHECK_CLAUSE", "longtext"},
};

constexpr InfoColumn kTriggers[] = {
    {"TRIGGER_CATALOG", "varchar(64)"},
    {"TRIGGER_SCHEMA", "varchar(64)"},
    {"TRIGGER_NAME", "varchar(64)"},
    {"EVENT_MANIPULATION", "varchar(6)"},
    {"EVENT_OBJECT_CATALOG", "varchar(64)"},
    {"EVENT_OBJECT_SCHEMA", "varchar(64)"},
    {"EVENT_OBJECT_TABLE", "varchar(64)"},
    {"ACTION_ORDER", "int"},
    {"ACTION_STATEMENT", "longtext"},
    {"ACTION_ORIENTATION", "varchar(3)"},
    {"ACTION_TIMING", "varchar(6)"},
    {"CREATED", "timestamp"},
    {"SQL_MODE", "varchar(512)"},
    {"DEFINER", "varchar(288)"},
    {"CHARACTER_SET_CLIENT", "varchar(64)"},
    {"COLLATION_CONNECTION", "varchar(64)"},
    {"DATABASE_COLLATION", "varchar(64)"},
};
constexpr InfoTable kKeyTables[] = {
    {"STATISTICS", kStatistics, statistics},
    {"MURMEL_TEMPORARY_STATISTICS", kStatistics, temporary_statistics},
    {"KEY_COLUMN_USAGE", kKeyColumnUsage, key_column_usage},
    {"TABLE_CONSTRAINTS", kTableConstraints, table_constraints},
    {"REFERENTIAL_CONSTRAINTS", kReferentialConstraints, referential_constraints},
    {"CHECK_CONSTRAINTS", kCheckConstraints, check_constraints},
    {"TRIGGERS", kTriggers, triggers},
};

}  // namespace

std::span<const InfoTable> key_tables() {
  return kKeyTables;
}

}  // namespace murmel::session
