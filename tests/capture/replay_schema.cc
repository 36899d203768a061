#include "tests/capture/replay_schema.h"

#include <algorithm>

namespace murmel::capture_test {
namespace {

std::string execute(sqlite3* db, const std::string& sql) {
  char* error = nullptr;
  std::string message;
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK)
    message = std::string(error) + " in: " + sql;
  sqlite3_free(error);
  return message;
}

std::vector<std::string> stored_columns(sqlite3* db, const std::string& table) {
  const std::string text = "'" + [&] {
    std::string escaped;
    for (const char c : table) escaped += c == '\'' ? std::string("''") : std::string(1, c);
    return escaped;
  }() + "'";
  return query(db, "SELECT name FROM pragma_table_xinfo(" + text + ") WHERE hidden = 0");
}

// The table's indexes, triggers and views keep their own items in the log, so only rows move here.
std::string rebuild(sqlite3* db, const std::string& table, const std::string& sql) {
  const std::string old = table + "__old";
  query(db, "PRAGMA legacy_alter_table = ON");
  std::string error = execute(db, "ALTER TABLE " + quoted(table) + " RENAME TO " + quoted(old));
  if (error.empty()) error = execute(db, sql);
  if (!error.empty()) return error;
  const auto before = stored_columns(db, old);
  const auto after = stored_columns(db, table);
  std::string from, to;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool same_name = std::find(before.begin(), before.end(), after[i]) != before.end();
    const bool renamed = !same_name && before.size() == after.size();
    if (!same_name && !renamed) continue;
    if (!to.empty()) {
      to += ',';
      from += ',';
    }
    to += quoted(after[i]);
    from += quoted(renamed ? before[i] : after[i]);
  }
  if (!to.empty()) {
    error =
        execute(db, "INSERT INTO " + quoted(table) + "(" + to + ") SELECT " + from + " FROM " + quoted(old));
  }
  if (error.empty()) error = execute(db, "DROP TABLE " + quoted(old));
  return error;
}

}  // namespace

std::string apply_schema(sqlite3* copy, const wire::SchemaChange& change) {
  const std::string name(change.name);
  const std::string type(change.type);
  const std::string new_sql(change.new_sql);
  switch (change.op) {
    case row_stream::kCreate: return execute(copy, new_sql);
    case row_stream::kDrop: return execute(copy, "DROP " + type + " IF EXISTS " + quoted(name));
    case row_stream::kRename:
      return execute(copy, "ALTER TABLE " + quoted(name) + " RENAME TO " + quoted(change.table));
    case row_stream::kChange:
      if (type == "table") return rebuild(copy, name, new_sql);
      if (std::string error = execute(copy, "DROP " + type + " IF EXISTS " + quoted(name)); !error.empty())
        return error;
      return execute(copy, new_sql);
  }
  return "unknown operation";
}

}  // namespace murmel::capture_test
