// DatabaseSchema: the tables and views of one database as MySQL sees them, read from SQLite's schema.
// Murmel's own tables are not in it. Read on the connection's thread; then a value.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/sql/catalog.h"

struct sqlite3;
struct sqlite3_stmt;

namespace murmel::session {

// SQLite's names: without regard to ASCII case.
struct NameOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// In double quotes, as SQLite reads it.
std::string quoted_name(std::string_view name);
// In single quotes.
std::string quoted_text(std::string_view text);

struct DatabaseSchema {
  std::map<std::string, sql::TableInfo, NameOrder> tables;
  // Their text behind the name in MySQL's words, or behind AS in SQLite's (TableInfo::from_mysql tells).
  std::map<std::string, std::string, NameOrder> views;
  std::set<std::string, NameOrder> mysql_views;
  std::vector<std::string> virtual_tables;

  const sql::TableInfo* find(std::string_view name) const;
  const sql::TableInfo* with_trigger(std::string_view trigger) const;
};

// `schema`: "main", or the name that the database is attached under.
Result<DatabaseSchema> read_schema(sqlite3* connection, const std::string& schema);
// Changes with each change of the schema that the connection can see; -1 if it can't be read.
std::int64_t schema_cookie(sqlite3* connection, const std::string& schema);

// Schemas read once, and again when they have changed. Looks for changes only once in a round, as others may
// change a schema at any time and pointers hold until the round's end.
class SchemaCache {
 public:
  Result<const DatabaseSchema*> of(sqlite3* connection, const std::string& schema);
  // Another number, another schema; -1 if it can't be read.
  std::int64_t version_of(sqlite3* connection, const std::string& schema);
  // Of a database that is not open here. Null: it can't be read now.
  const DatabaseSchema* of_file(const std::string& path);
  void begin_round() { ++round_; }
  void clear() { kept_.clear(); }
  // Another file has this name on the connection now, whose schema may have the same number.
  void forget(sqlite3* connection, const std::string& schema);

 private:
  struct Kept {
    std::uint64_t round = 0;  // of the last look
    std::int64_t cookie = -1;
    DatabaseSchema schema;
    std::shared_ptr<sqlite3_stmt> version;  // reads the cookie
  };
  static std::string key_of(sqlite3* connection, const std::string& schema);
  // Looks, if that was not done in this round.
  Result<Kept*> fresh(sqlite3* connection, const std::string& schema);

  std::uint64_t round_ = 1;
  std::map<std::string, Kept> kept_;
};

}  // namespace murmel::session
