#include "extension/status.h"

#include "extension/capture_api.h"
#include "extension/shadow_tables.h"
#include "extension/version.h"

namespace murmel::extension {
namespace {

void put_json_string(sqlite3_str* out, const char* text) {
  sqlite3_str_appendchar(out, 1, '"');
  for (const char* at = text == nullptr ? "" : text; *at != 0; at++) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\') {
      sqlite3_str_appendf(out, "\\%c", c);
    } else if (c < 0x20) {
      sqlite3_str_appendf(out, "\\u%04x", c);
    } else {
      sqlite3_str_appendchar(out, 1, static_cast<char>(c));
    }
  }
  sqlite3_str_appendchar(out, 1, '"');
}

void put_meta(sqlite3_str* out, sqlite3* db, const char* schema) {
  Statement meta;
  Fault ignored;  // no log, no settings
  const int rc = meta.prepare(
      db, ignored, 0,
      "SELECT key,value FROM \"%w\".__murmel_meta WHERE key IN('mode','out_of_band') ORDER BY 1", schema);
  while (rc == SQLITE_OK && meta.step(ignored) == SQLITE_ROW) {
    sqlite3_str_appendall(out, ",");
    put_json_string(out, meta.text(0));
    sqlite3_str_appendall(out, ":");
    put_json_string(out, meta.text(1));
  }
}

void put_not_captured(sqlite3_str* out, sqlite3* db, const char* schema) {
  Statement tables;
  Fault ignored;  // an unreadable schema has an empty list
  const int rc = tables.prepare(db, ignored, 0,
                                "SELECT name, rootpage=0 FROM \"%w\".sqlite_master WHERE type='table'"
                                " AND name NOT GLOB '__murmel_*' AND name NOT GLOB 'sqlite_*'",
                                schema);
  const char* separator = "";
  while (rc == SQLITE_OK && tables.step(ignored) == SQLITE_ROW) {
    const char* name = tables.text(0);
    const char* why = tables.integer(1) != 0 ? "virtual" : nullptr;
    TableInfo table;
    if (why == nullptr && name != nullptr && classify_shadow(db, schema, name, table, ignored) == SQLITE_OK &&
        table.skip == Skip::kShadow) {
      why = "shadow";
    }
    if (why == nullptr) continue;
    sqlite3_str_appendf(out, "%s{\"table\":", separator);
    put_json_string(out, name);
    sqlite3_str_appendf(out, ",\"why\":\"%s\"}", why);
    separator = ",";
  }
}

}  // namespace

char* status_json(const Connection& connection) noexcept {
  sqlite3* db = connection.db();
  sqlite3_str* out = sqlite3_str_new(db);
  sqlite3_str_appendf(
      out, "{\"version\":\"%s\",\"sqlite\":\"%s\",\"capture\":\"%s\",\"preupdate_found_by\":\"%s\"", kVersion,
      sqlite3_libversion(), connection.captures_by_hook() ? "hook" : "trigger", connection.host().found_by);
  sqlite3_str_appendall(out, ",\"databases\":[");
  Statement databases;
  Fault ignored;  // as above
  const char* separator = "";
  const int rc = databases.prepare(db, ignored, 0, "PRAGMA database_list");
  while (rc == SQLITE_OK && databases.step(ignored) == SQLITE_ROW) {
    const char* name = databases.text(1);
    if (name == nullptr || std::strcmp(name, "temp") == 0) continue;
    sqlite3_str_appendf(out, "%s{\"name\":", separator);
    put_json_string(out, name);
    sqlite3_str_appendf(out, ",\"enabled\":%s", enabled(db, name) ? "true" : "false");
    if (enabled(db, name)) put_meta(out, db, name);
    sqlite3_str_appendall(out, ",\"not_captured\":[");
    put_not_captured(out, db, name);
    sqlite3_str_appendall(out, "]}");
    separator = ",";
  }
  sqlite3_str_appendall(out, "]}");
  return sqlite3_str_finish(out);
}

}  // namespace murmel::extension
