#include "tests/golden/sql/database.h"

#include <algorithm>

#include "agent/base/check.h"
#include "agent/sql/stored_table.h"

namespace murmel::golden {
namespace {

void nothing(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_null(context);
}
void nothing_at_all(sqlite3_context* context) {
  sqlite3_result_null(context);
}

int compare_bytes(void*, int a_bytes, const void* a, int b_bytes, const void* b) {
  const std::string_view x(static_cast<const char*>(a), static_cast<std::size_t>(a_bytes));
  const std::string_view y(static_cast<const char*>(b), static_cast<std::size_t>(b_bytes));
  return x.compare(y);
}

void add_collation(void*, sqlite3* db, int, const char* name) {
  sqlite3_create_collation(db, name, SQLITE_UTF8, nullptr, compare_bytes);
}

std::string column_text(sqlite3_stmt* statement, int column) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text != nullptr ? text : "";
}

}  // namespace

SqlDatabase::SqlDatabase() {
  INVARIANT(sqlite3_open(":memory:", &db_) == SQLITE_OK);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_collation_needed(db_, nullptr, add_collation);
  sqlite3_exec(db_, "ATTACH ':memory:' AS other", nullptr, nullptr, nullptr);
  for (const char* name : {"mysql_group_concat", "mysql_count_distinct", "mysql_min", "mysql_max", "bit_and",
                           "bit_or", "bit_xor", "std", "stddev", "stddev_pop", "stddev_samp", "var_pop",
                           "var_samp", "variance", "json_arrayagg", "json_objectagg", "any_value"}) {
    sqlite3_create_window_function(db_, name, -1, SQLITE_UTF8, nullptr, nothing, nothing_at_all,
                                   nothing_at_all, nothing, nullptr);
  }
}

SqlDatabase::~SqlDatabase() {
  sqlite3_close(db_);
}

bool SqlDatabase::add_function(const std::string& message) {
  for (const std::string_view start : {"no such function: ", "wrong number of arguments to function "}) {
    if (!message.starts_with(start)) continue;
    std::string name = message.substr(start.size());
    if (name.ends_with("()")) name.resize(name.size() - 2);
    return sqlite3_create_function(db_, name.c_str(), -1, SQLITE_UTF8, nullptr, nothing, nullptr, nullptr) ==
           SQLITE_OK;
  }
  return false;
}

std::string SqlDatabase::prepare(const std::string& text, bool run) {
  sqlite3_stmt* statement = nullptr;
  std::string before;
  while (sqlite3_prepare_v2(db_, text.data(), static_cast<int>(text.size()), &statement, nullptr) !=
         SQLITE_OK) {
    std::string message = sqlite3_errmsg(db_);
    if (message == before || !add_function(message)) return message;
    before = message;
  }
  if (run) sqlite3_step(statement);
  return sqlite3_finalize(statement) == SQLITE_OK ? "" : sqlite3_errmsg(db_);
}

void SqlDatabase::read_schema() const {
  tables_.clear();
  for (const char* from : {"main.sqlite_schema", "other.sqlite_schema"}) {
    const std::string query =
        std::string("SELECT type, name, tbl_name, sql FROM ") + from +
        " WHERE sql IS NOT NULL ORDER BY sql LIKE 'CREATE VIRTUAL %', type = 'trigger', type DESC";
    const std::string database = from[0] == 'o' ? "other." : "";
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_, query.c_str(), -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      const std::string type = column_text(statement, 0);
      const std::string table = column_text(statement, 2);
      if (type == "table") {
        if (auto info = sql::read_stored_table(column_text(statement, 3)))
          tables_.emplace(database + table, std::move(*info));
        if (auto index = sql::read_stored_full_text(table, column_text(statement, 3)))
          tables_[database + index->table].indexes.push_back(std::move(index->index));
      } else if (type == "trigger") {
        auto info = sql::read_stored_trigger(column_text(statement, 1), column_text(statement, 3));
        if (info) tables_[database + table].triggers.push_back(std::move(*info));
      } else if (type == "view") {
        sql::TableInfo info;
        info.name = table;
        info.view = true;
        const auto text = sql::read_stored_view(column_text(statement, 3));
        info.from_mysql = text.has_value();
        info.view_text = text.value_or("");
        sqlite3_stmt* view = nullptr;
        sqlite3_prepare_v2(db_, ("SELECT * FROM \"" + table + "\"").c_str(), -1, &view, nullptr);
        for (int i = 0; i < sqlite3_column_count(view); ++i) {
          info.columns.emplace_back();
          info.columns.back().name = sqlite3_column_name(view, i);
        }
        sqlite3_finalize(view);
        tables_.emplace(database + table, std::move(info));
      } else if (type == "index") {
        auto info = sql::read_stored_index(column_text(statement, 1), table, column_text(statement, 3));
        if (info) sql::add_index(tables_[database + table], std::move(*info));
      }
    }
    sqlite3_finalize(statement);
  }
}

const sql::TableInfo* SqlDatabase::table(std::string_view database, std::string_view table) const {
  int version = 0;
  sqlite3_exec(
      db_, "PRAGMA schema_version",
      [](void* to, int, char** row, char**) {
        *static_cast<int*>(to) = std::atoi(row[0]);
        return 0;
      },
      &version, nullptr);
  if (version != schema_version_) read_schema();
  schema_version_ = version;
  const auto found =
      tables_.find(database.empty() ? std::string(table) : std::string(database) + "." + std::string(table));
  return found != tables_.end() ? &found->second : nullptr;
}

const sql::TableInfo* SqlDatabase::trigger_table(std::string_view database, std::string_view trigger) const {
  for (const sql::TableInfo* const table : tables_with_triggers(database)) {
    for (const sql::TriggerInfo& own : table->triggers) {
      if (own.name == trigger) return table;
    }
  }
  return nullptr;
}

std::vector<const sql::TableInfo*> SqlDatabase::tables_with_triggers(std::string_view) const {
  std::vector<const sql::TableInfo*> found;
  table({}, "");  // reads the schema if it has changed
  for (const auto& [name, info] : tables_) {
    if (!info.triggers.empty()) found.push_back(&info);
  }
  return found;
}

std::vector<const sql::TableInfo*> SqlDatabase::referring_tables(std::string_view database,
                                                                 std::string_view table) const {
  std::vector<const sql::TableInfo*> found;
  this->table(database, table);  // reads the schema if it has changed
  for (const auto& [name, info] : tables_) {
    const auto& keys = info.foreign_keys;
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.table == table; }))
      found.push_back(&info);
  }
  return found;
}

}  // namespace murmel::golden
