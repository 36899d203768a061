#include "agent/session/info_tables.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "agent/session/info_groups.h"
#include "agent/sql/resolve.h"
#include "agent/sql/stored_table.h"

namespace murmel::session {
namespace {

struct Module {
  const InfoTable* table;
  InfoSource* source;
};
struct Table {
  sqlite3_vtab base;
  const Module* module;
};
struct Cursor {
  sqlite3_vtab_cursor base;
  Rows rows;
  std::size_t at;
};

int connect(sqlite3* db, void* module, int, const char* const*, sqlite3_vtab** out, char**) noexcept {
  const auto* const own = static_cast<const Module*>(module);
  std::string sql = "CREATE TABLE x(";
  for (const InfoColumn& column : own->table->columns) {
    if (sql.back() != '(') sql += ", ";
    sql += '"' + std::string(column.name) + '"';
  }
  const int code = sqlite3_declare_vtab(db, (sql + ")").c_str());
  if (code != SQLITE_OK) return code;
  auto table = std::make_unique<Table>();
  table->base = {};
  table->module = own;
  *out = &table.release()->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) noexcept {
  delete reinterpret_cast<Table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  constexpr double kRows = 1'000;
  info->estimatedCost = kRows;
  info->estimatedRows = static_cast<sqlite3_int64>(kRows);
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** out) noexcept {
  auto cursor = std::make_unique<Cursor>();
  cursor->base = {};
  cursor->at = 0;
  *out = &cursor.release()->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) noexcept {
  delete reinterpret_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) noexcept {
  auto* const own = reinterpret_cast<Cursor*>(cursor);
  const Module& module = *reinterpret_cast<const Table*>(cursor->pVtab)->module;
  own->rows.clear();
  own->at = 0;
  module.table->rows(*module.source, own->rows);
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) noexcept {
  ++reinterpret_cast<Cursor*>(cursor)->at;
  return SQLITE_OK;
}

int eof(sqlite3_vtab_cursor* cursor) noexcept {
  const auto* const own = reinterpret_cast<const Cursor*>(cursor);
  return own->at >= own->rows.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) noexcept {
  const auto* const own = reinterpret_cast<const Cursor*>(cursor);
  const Cell& cell = own->rows[own->at][static_cast<std::size_t>(index)];
  if (const auto* const number = std::get_if<std::int64_t>(&cell)) {
    sqlite3_result_int64(context, *number);
  } else if (const auto* const text = std::get_if<std::string>(&cell)) {
    sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) noexcept {
  *out = static_cast<sqlite3_int64>(reinterpret_cast<const Cursor*>(cursor)->at);
  return SQLITE_OK;
}

// Without xCreate a module is a table of its own name, in every database.
const sqlite3_module& methods() {
  static const sqlite3_module kMethods = [] {
    sqlite3_module made{};
    made.xConnect = connect;
    made.xBestIndex = best_index;
    made.xDisconnect = disconnect;
    made.xOpen = open;
    made.xClose = close;
    made.xFilter = filter;
    made.xNext = next;
    made.xEof = eof;
    made.xColumn = column;
    made.xRowid = rowid;
    return made;
  }();
  return kMethods;
}

// As if it was kept in a file: so there is one way to a table's description.
sql::TableInfo described(const InfoTable& table) {
  std::string text = "CREATE TABLE \"" + std::string(table.name) + "\" (" +
                     sql::stored_comment("ENGINE=MEMORY DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci") +
                     " ";
  const char* separator = "";
  for (const InfoColumn& column : table.columns) {
    text += separator + ('"' + std::string(column.name)) + "\" " + sql::stored_comment(column.type) + " TEXT";
    separator = ", ";
  }
  auto info = sql::read_stored_table(text + ")");
  INVARIANT(info.has_value());
  return std::move(*info);
}

constexpr const char* kInfoDatabases[] = {kInformationSchema, kMysqlSchema, kPerformanceSchema, kSysSchema};

}  // namespace

bool is_info_database(std::string_view name) {
  return std::any_of(std::begin(kInfoDatabases), std::end(kInfoDatabases),
                     [name](const char* one) { return sql::same_name(name, one); });
}

std::span<const char* const> info_databases() {
  return kInfoDatabases;
}

std::span<const std::span<const InfoTable>> info_tables() {
  static const std::array kLists = {schema_tables(),  key_tables(),     server_tables(), cluster_tables(),
                                    account_tables(), keyword_tables(), empty_tables()};
  return kLists;
}

const sql::TableInfo* info_table(std::string_view database, std::string_view name) {
  struct Entry {
    const char* schema;
    sql::TableInfo table;
  };
  static const auto* const kTables = [] {
    auto* const made = new std::map<std::string, Entry, NameOrder>();
    for (const auto list : info_tables()) {
      for (const InfoTable& table : list) made->emplace(table.name, Entry{table.schema, described(table)});
    }
    return made;
  }();
  const auto found = kTables->find(name);
  return found != kTables->end() && sql::same_name(found->second.schema, database) ? &found->second.table
                                                                                   : nullptr;
}

Status install_info_tables(sqlite3* connection, InfoSource& source) {
  for (const auto list : info_tables()) {
    for (const InfoTable& table : list) {
      auto module = std::make_unique<Module>(Module{&table, &source});
      const int code = sqlite3_create_module_v2(connection, table.name, &methods(), module.release(),
                                                [](void* made) { delete static_cast<Module*>(made); });
      if (code != SQLITE_OK) return Error{ErrorCode::kInternal, std::string("table ") + table.name};
    }
  }
  return Ok{};
}

}  // namespace murmel::session
