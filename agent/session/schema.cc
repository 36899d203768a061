#include "agent/session/schema.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>

#include "agent/base/ascii.h"
#include "agent/session/read_statement.h"
#include "agent/sql/resolve.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/table_keys.h"
#include "agent/sql/view_query.h"

namespace murmel::session {
namespace {

constexpr char kOwnTables[] = "__murmel_";

ReadStatement version_statement(sqlite3* connection, const std::string& schema) {
  return prepared(connection, "PRAGMA " + quoted_name(schema) + ".schema_version");
}

std::int64_t step_version(sqlite3_stmt* statement) {
  if (statement == nullptr || sqlite3_step(statement) != SQLITE_ROW) {
    sqlite3_reset(statement);
    return -1;
  }
  const std::int64_t version = sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return version;
}

std::string text_of(const unsigned char* text) {
  return text != nullptr ? reinterpret_cast<const char*>(text) : "";
}

// What follows the AS of CREATE VIEW.
std::string view_body(const std::string& sql) {
  const std::size_t at = sql.find(" AS ");
  return at == std::string::npos ? sql : sql.substr(at + 4);
}

// The columns of a view have the types of the columns that they show.
sql::TableInfo view_info(sqlite3* connection, const std::string& schema, const std::string& name,
                         const DatabaseSchema& tables) {
  sql::TableInfo info;
  info.name = name;
  info.view = true;
  const ReadStatement statement =
      prepared(connection, "SELECT * FROM " + quoted_name(schema) + "." + quoted_name(name));
  for (int i = 0; statement != nullptr && i < sqlite3_column_count(statement.get()); ++i) {
    sql::ColumnInfo column;
    const char* const table = sqlite3_column_table_name(statement.get(), i);
    const char* const origin = sqlite3_column_origin_name(statement.get(), i);
    const sql::TableInfo* const source = table != nullptr ? tables.find(table) : nullptr;
    for (std::size_t j = 0; source != nullptr && origin != nullptr && j < source->columns.size(); ++j) {
      if (sqlite3_stricmp(source->columns[j].name.c_str(), origin) == 0) column = source->columns[j];
    }
    column.auto_increment = false;
    column.name = sqlite3_column_name(statement.get(), i);
    info.columns.push_back(std::move(column));
  }
  return info;
}

class OneDatabase : public sql::Catalog {
 public:
  explicit OneDatabase(const DatabaseSchema& schema) : schema_(schema) {}
  const sql::TableInfo* table(std::string_view database, std::string_view table) const override {
    return database.empty() ? schema_.find(table) : nullptr;
  }

 private:
  const DatabaseSchema& schema_;
};

bool is_untyped(const sql::ColumnInfo& column) {
  return column.type.kind == sql::TypeKind::kUnknown;
}

// What views compute. Those that are made of other views follow these.
void type_views(DatabaseSchema& schema) {
  constexpr int kDepthMax = 16;
  const OneDatabase catalog(schema);
  bool changed = true;
  for (int depth = 0; changed && depth < kDepthMax; ++depth) {
    changed = false;
    for (const std::string& name : schema.mysql_views) {
      std::vector<sql::ColumnInfo>& columns = schema.tables.find(name)->second.columns;
      if (std::none_of(columns.begin(), columns.end(), is_untyped)) continue;
      const std::vector<sql::Type> types = sql::view_types(schema.tables.find(name)->second, catalog);
      for (std::size_t i = 0; i < columns.size() && i < types.size(); ++i) {
        if (!is_untyped(columns[i]) || types[i].kind == sql::TypeKind::kUnknown) continue;
        columns[i].type = types[i];
        changed = true;
      }
    }
  }
}

void read_row(sqlite3_stmt* row, DatabaseSchema& schema) {
  const std::string type = text_of(sqlite3_column_text(row, 0));
  const std::string name = text_of(sqlite3_column_text(row, 1));
  const std::string table = text_of(sqlite3_column_text(row, 2));
  const std::string sql = text_of(sqlite3_column_text(row, 3));
  if (sqlite3_strnicmp(table.c_str(), kOwnTables, sizeof kOwnTables - 1) == 0) return;
  if (sqlite3_strnicmp(table.c_str(), "sqlite_", 7) == 0) return;
  if (type == "table") {
    if (auto info = sql::read_stored_table(sql)) {
      info->name = name;
      schema.tables.emplace(name, std::move(*info));
      return;
    }
    schema.virtual_tables.push_back(name);
    auto index = sql::read_stored_full_text(name, sql);
    const auto owner = index ? schema.tables.find(index->table) : schema.tables.end();
    if (owner != schema.tables.end()) owner->second.indexes.push_back(std::move(index->index));
  } else if (type == "trigger") {
    const auto owner = schema.tables.find(table);
    auto info = sql::read_stored_trigger(name, sql);
    if (owner != schema.tables.end() && info) owner->second.triggers.push_back(std::move(*info));
  } else if (type == "view") {
    const auto text = sql::read_stored_view(sql);
    schema.views.emplace(name, text ? *text : view_body(sql));
    if (text) schema.mysql_views.insert(name);
  } else if (type == "index") {
    const auto owner = schema.tables.find(table);
    auto info = sql::read_stored_index(name, table, sql);
    if (owner != schema.tables.end() && info) sql::add_index(owner->second, std::move(*info));
  }
}

// Those in which virtual tables keep what they have.
void hide_shadow_tables(DatabaseSchema& schema) {
  for (const std::string& name : schema.virtual_tables) {
    for (const char* const behind : {"_data", "_idx", "_docsize", "_config", "_content", "_segments",
                                     "_segdir", "_stat", "_node", "_parent", "_rowid"}) {
      schema.tables.erase(name + behind);
    }
  }
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string quoted_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

bool NameOrder::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return static_cast<unsigned char>(ascii_lower(x)) < static_cast<unsigned char>(ascii_lower(y));
  });
}

const sql::TableInfo* DatabaseSchema::find(std::string_view name) const {
  const auto found = tables.find(name);
  return found != tables.end() ? &found->second : nullptr;
}

const sql::TableInfo* DatabaseSchema::with_trigger(std::string_view trigger) const {
  const auto found = std::find_if(tables.begin(), tables.end(), [trigger](const auto& named) {
    const auto& own = named.second.triggers;
    return std::any_of(own.begin(), own.end(),
                       [trigger](const sql::TriggerInfo& one) { return sql::same_name(one.name, trigger); });
  });
  return found != tables.end() ? &found->second : nullptr;
}

std::int64_t schema_cookie(sqlite3* connection, const std::string& schema) {
  return step_version(version_statement(connection, schema).get());
}

Result<DatabaseSchema> read_schema(sqlite3* connection, const std::string& schema) {
  DatabaseSchema result;
  // Tables before their triggers and indexes, FULLTEXT indexes last.
  const ReadStatement statement =
      prepared(connection, "SELECT type, name, tbl_name, sql FROM " + quoted_name(schema) +
                               ".sqlite_schema WHERE sql IS NOT NULL ORDER BY sql LIKE 'CREATE VIRTUAL %', "
                               "type = 'index', type = 'trigger', rowid");
  if (statement == nullptr) return Error{ErrorCode::kIo, sqlite3_errmsg(connection)};
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) read_row(statement.get(), result);
  if (code != SQLITE_DONE) return Error{ErrorCode::kIo, sqlite3_errmsg(connection)};
  hide_shadow_tables(result);
  for (auto& [name, table] : result.tables) {
    sql::sort_keys(table);
    table.temporary = schema == "temp";
  }
  for (const auto& [name, text] : result.views) {
    sql::TableInfo& view =
        result.tables.emplace(name, view_info(connection, schema, name, result)).first->second;
    view.from_mysql = result.mysql_views.contains(name);
    if (view.from_mysql) view.view_text = text;
  }
  type_views(result);
  return result;
}

std::string SchemaCache::key_of(sqlite3* connection, const std::string& schema) {
  char key[64];
  std::snprintf(key, sizeof key, "%p ", static_cast<void*>(connection));
  return key + schema;
}

void SchemaCache::forget(sqlite3* connection, const std::string& schema) {
  kept_.erase(key_of(connection, schema));
}

Result<SchemaCache::Kept*> SchemaCache::fresh(sqlite3* connection, const std::string& schema) {
  Kept& kept = kept_[key_of(connection, schema)];
  if (kept.round == round_) return &kept;
  if (kept.version == nullptr) kept.version = version_statement(connection, schema);
  const std::int64_t cookie = step_version(kept.version.get());
  if (cookie < 0) return Error{ErrorCode::kIo, sqlite3_errmsg(connection)};
  if (cookie != kept.cookie) {
    TRY_ASSIGN(kept.schema, read_schema(connection, schema));
    kept.cookie = cookie;
  }
  kept.round = round_;
  return &kept;
}

Result<const DatabaseSchema*> SchemaCache::of(sqlite3* connection, const std::string& schema) {
  TRY_ASSIGN(const Kept* const kept, fresh(connection, schema));
  return &kept->schema;
}

std::int64_t SchemaCache::version_of(sqlite3* connection, const std::string& schema) {
  const auto kept = fresh(connection, schema);
  return kept.ok() ? kept.value()->cookie : -1;
}

const DatabaseSchema* SchemaCache::of_file(const std::string& path) {
  Kept& kept = kept_[path];
  if (kept.round == round_) return &kept.schema;
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> owner(connection, &sqlite3_close);
  if (code != SQLITE_OK) return nullptr;
  constexpr int kBusyMs = 1'000;
  sqlite3_busy_timeout(connection, kBusyMs);
  const std::int64_t cookie = schema_cookie(connection, "main");
  if (cookie < 0) return nullptr;
  if (cookie != kept.cookie) {
    auto schema = read_schema(connection, "main");
    if (!schema.ok()) return nullptr;
    kept.schema = std::move(schema).value();
    kept.cookie = cookie;
  }
  kept.round = round_;
  return &kept.schema;
}

}  // namespace murmel::session
