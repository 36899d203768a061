#include "extension/schema_delta.h"

#include "extension/record_writer.h"
#include "extension/schema_diff.h"
#include "extension/shadow_tables.h"
#include "extension/statement.h"
#include "extension/table_snapshot.h"

namespace murmel::extension {
namespace {

constexpr char kStore[] =
    "INSERT INTO \"%w\".__murmel_schema(type,name,tbl_name,rootpage,sql,entry)"
    " SELECT type, name, tbl_name, rootpage, sql, rowid FROM \"%w\".sqlite_master"
    " WHERE name NOT GLOB '__murmel_*' AND name NOT GLOB 'sqlite_*' AND tbl_name NOT GLOB '__murmel_*'";
constexpr char kStoreCookie[] =
    "INSERT INTO \"%w\".__murmel_schema(type,name,tbl_name,rootpage) VALUES('cookie','','',?1)";

// Shadow tables come and go with their virtual table, on every node by itself.
int is_shadow(sqlite3* db, const char* schema, const SchemaObject& object, bool* shadow, Fault& fault) {
  *shadow = false;
  if (!object.is_table()) return SQLITE_OK;
  TableInfo table;
  const int rc = classify_shadow(db, schema, object.name, table, fault);
  *shadow = table.skip == Skip::kShadow || (table.flags & row_stream::kShadowContent) != 0;
  return rc;
}

int put_object(RecordWriter& items, const SchemaObject& object, Fault& fault) {
  int rc = SQLITE_OK;
  switch (object.fate) {
    case SchemaFate::kUnchanged: return SQLITE_OK;
    case SchemaFate::kDropped:
      return items.put_schema(row_stream::kDrop, object.type, object.name, object.table, object.old_sql,
                              nullptr, fault);
    case SchemaFate::kRenamed:
      return items.put_schema(row_stream::kRename, object.type, object.name, object.renamed_to,
                              object.old_sql, object.new_sql, fault);
    case SchemaFate::kChanged:
      return items.put_schema(row_stream::kChange, object.type, object.name, object.table, object.old_sql,
                              object.new_sql, fault);
    case SchemaFate::kReplaced:
      rc = items.put_schema(row_stream::kDrop, object.type, object.name, object.table, object.old_sql,
                            nullptr, fault);
      break;
    case SchemaFate::kCreated: break;
  }
  if (rc != SQLITE_OK) return rc;
  return items.put_schema(row_stream::kCreate, object.type, object.name, object.table, nullptr,
                          object.new_sql, fault);
}

int append_diff(sqlite3* db, const char* schema, const SchemaDiff& diff, bool slots_count_virtual,
                ChangeBuffer& out, NameSet* whole, Fault& fault) {
  int rc = SQLITE_OK;
  RecordWriter items(out);
  for (const SchemaObject& object : diff.objects()) {
    if (rc != SQLITE_OK) return rc;
    if (object.fate == SchemaFate::kUnchanged) continue;
    bool shadow = false;
    rc = is_shadow(db, schema, object, &shadow, fault);
    if (rc != SQLITE_OK || shadow) continue;
    rc = put_object(items, object, fault);
    if (rc != SQLITE_OK || !object.needs_snapshot()) continue;
    if (whole != nullptr && !whole->add(object.name)) return fault.fail(SQLITE_NOMEM, "out of memory");
    rc = append_snapshot(db, schema, object.name, slots_count_virtual, out, fault);
  }
  return rc;
}

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

int awaits_snapshot(sqlite3* db, const char* schema, const char* name, std::int64_t steps, bool* awaits,
                    Fault& fault) noexcept {
  SchemaDiff diff;
  const int rc = diff.read(db, schema, steps, fault);
  if (rc != SQLITE_OK) return rc;
  const SchemaObject* table = diff.find_table(name);
  *awaits = table != nullptr && table->needs_snapshot();
  return SQLITE_OK;
}

int append_schema_delta(sqlite3* db, const char* schema, std::int64_t steps, bool slots_count_virtual,
                        ChangeBuffer& out, Fault& fault, NameSet* whole) noexcept {
  SchemaDiff diff;
  const int rc = diff.read(db, schema, steps, fault);
  return rc == SQLITE_OK ? append_diff(db, schema, diff, slots_count_virtual, out, whole, fault) : rc;
}

int append_table_again(sqlite3* db, const char* schema, const char* table, bool slots_count_virtual,
                       ChangeBuffer& out, Fault& fault) noexcept {
  SchemaDiff diff;
  const int rc = diff.read(db, schema, 0, fault);
  if (rc != SQLITE_OK) return rc;
  diff.replace_only(table);
  return append_diff(db, schema, diff, slots_count_virtual, out, nullptr, fault);
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
