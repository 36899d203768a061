#include "extension/schema_delta.h"

#include "extension/record_writer.h"
#include "extension/shadow_tables.h"
#include "extension/statement.h"
#include "extension/table_snapshot.h"

namespace murmel::extension {
namespace {

// What of sqlite_schema is the application's own. Entries without a root page are views, triggers, virtual
// tables.
#define APPLICATION_OBJECT(alias)                \
  alias ".name NOT GLOB '__murmel_*' AND " alias \
        ".name NOT GLOB 'sqlite_*'"              \
        " AND " alias ".tbl_name NOT GLOB '__murmel_*'"

constexpr char kDropped[] =
    "SELECT s.type, s.name, s.tbl_name, s.sql FROM \"%w\".__murmel_schema s WHERE s.type<>'cookie'"
    " AND NOT EXISTS(SELECT 1 FROM \"%w\".sqlite_master m WHERE m.type=s.type AND m.name=s.name)"
    " ORDER BY CASE s.type WHEN 'trigger' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, s.entry "
    "DESC";
// Created, changed, or the same text at another place: old sql is NULL for created objects.
constexpr char kPresent[] =
    "SELECT m.type, m.name, m.tbl_name, s.sql, m.sql, s.name IS NULL, s.entry, m.rowid, s.sql IS NOT m.sql"
    " FROM \"%w\".sqlite_master m LEFT JOIN \"%w\".__murmel_schema s ON s.type=m.type AND s.name=m.name"
    " WHERE " APPLICATION_OBJECT("m") " ORDER BY m.rowid";
constexpr char kStore[] =
    "INSERT INTO \"%w\".__murmel_schema(type,name,tbl_name,rootpage,sql,entry)"
    " SELECT m.type, m.name, m.tbl_name, m.rootpage, m.sql, m.rowid FROM \"%w\".sqlite_master m"
    " WHERE " APPLICATION_OBJECT("m");
constexpr char kStoreCookie[] =
    "INSERT INTO \"%w\".__murmel_schema(type,name,tbl_name,rootpage) VALUES('cookie','','',?1)";

}  // namespace

int read_cookie(sqlite3* db, const char* schema, std::int64_t* cookie, Fault& fault) noexcept {
  Statement statement;
  int rc = statement.prepare(db, fault, 0, "PRAGMA \"%w\".schema_version", schema);
  if (rc != SQLITE_OK) return rc;
  rc = statement.step(fault);
  if (rc == SQLITE_ROW) *cookie = statement.integer(0);
  return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int read_logged_cookie(sqlite3* db, const char* schema, std::int64_t* cookie, Fault& fault) noexcept {
  *cookie = -1;
  Statement statement;
  int rc = statement.prepare(
      db, fault, 0, "SELECT rootpage FROM \"%w\".__murmel_schema WHERE type='cookie' AND name=''", schema);
  if (rc != SQLITE_OK) return rc;
  rc = statement.step(fault);
  if (rc == SQLITE_ROW) *cookie = statement.integer(0);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int is_table_logged(sqlite3* db, const char* schema, const char* name, bool* logged, Fault& fault) noexcept {
  Statement statement;
  int rc = statement.prepare(db, fault, 0,
                             "SELECT 1 FROM \"%w\".__murmel_schema s JOIN \"%w\".sqlite_master m"
                             " ON m.type=s.type AND m.name=s.name AND m.rowid=s.entry"
                             " WHERE s.type='table' AND s.name=?1 COLLATE NOCASE",
                             schema, schema);
  if (rc != SQLITE_OK) return rc;
  statement.bind(1, name);
  rc = statement.step(fault);
  *logged = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

namespace {

// Shadow tables come and go with their virtual table, on every node by itself.
int is_shadow(sqlite3* db, const char* schema, const char* type, const char* name, bool* shadow,
              Fault& fault) {
  *shadow = false;
  if (std::strcmp(type, "table") != 0) return SQLITE_OK;
  TableInfo table;
  const int rc = classify_shadow(db, schema, name, table, fault);
  *shadow = table.skip == Skip::kShadow || (table.flags & row_stream::kShadowContent) != 0;
  return rc;
}

bool is_plain_table(const char* type, const char* sql) {
  return std::strcmp(type, "table") == 0 && sql != nullptr &&
         sqlite3_strlike("CREATE VIRTUAL TABLE%", sql, 0) != 0;
}

int append_dropped(sqlite3* db, const char* schema, RecordWriter& items, Fault& fault) {
  Statement dropped;
  int rc = dropped.prepare(db, fault, 0, kDropped, schema, schema);
  if (rc != SQLITE_OK) return rc;
  while ((rc = dropped.step(fault)) == SQLITE_ROW) {
    // An index or key of a table that is gone went with it; dropping it again is no error for the reader.
    rc = items.put_schema(row_stream::kDrop, dropped.text(0), dropped.text(1), dropped.text(2),
                          dropped.text(3), nullptr, fault);
    if (rc != SQLITE_OK) return rc;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int append_present(sqlite3* db, const char* schema, bool slots_count_virtual, ChangeBuffer& out,
                   Fault& fault) {
  RecordWriter items(out);
  Statement present;
  int rc = present.prepare(db, fault, 0, kPresent, schema, schema);
  if (rc != SQLITE_OK) return rc;
  while ((rc = present.step(fault)) == SQLITE_ROW) {
    const char* type = present.text(0);
    const char* name = present.text(1);
    const char* table = present.text(2);
    const bool created = present.integer(5) != 0;
    const bool plain = is_plain_table(type, present.text(4));
    const bool replaced = !created && plain && present.integer(6) != present.integer(7);
    const bool changed = present.integer(8) != 0;
    if (!created && !changed && !replaced) continue;
    bool shadow = false;
    rc = is_shadow(db, schema, type, name, &shadow, fault);
    if (rc != SQLITE_OK) return rc;
    if (shadow) continue;
    if (replaced) {
      rc = items.put_schema(row_stream::kDrop, type, name, table, present.text(3), nullptr, fault);
    }
    if (rc == SQLITE_OK) {
      const bool in_place = changed && !replaced && !created;
      rc = items.put_schema(in_place ? row_stream::kChange : row_stream::kCreate, type, name, table,
                            in_place ? present.text(3) : nullptr, present.text(4), fault);
    }
    if (rc == SQLITE_OK && plain && (created || replaced)) {
      rc = append_snapshot(db, schema, name, slots_count_virtual, out, fault);
    }
    if (rc != SQLITE_OK) return rc;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace

int append_schema_delta(sqlite3* db, const char* schema, bool slots_count_virtual, ChangeBuffer& out,
                        Fault& fault) noexcept {
  RecordWriter items(out);
  const int rc = append_dropped(db, schema, items, fault);
  return rc == SQLITE_OK ? append_present(db, schema, slots_count_virtual, out, fault) : rc;
}

int store_schema(sqlite3* db, const char* schema, Fault& fault) noexcept {
  std::int64_t cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc == SQLITE_OK) rc = run_sql(db, fault, "DELETE FROM \"%w\".__murmel_schema", schema);
  if (rc == SQLITE_OK) rc = run_sql(db, fault, kStore, schema, schema);
  if (rc != SQLITE_OK) return rc;
  Statement statement;
  rc = statement.prepare(db, fault, 0, kStoreCookie, schema);
  if (rc != SQLITE_OK) return rc;
  statement.bind(1, cookie);
  return statement.run(fault);
}

}  // namespace murmel::extension
