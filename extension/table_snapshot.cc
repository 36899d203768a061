#include "extension/table_snapshot.h"

#include <strings.h>

#include "extension/record_writer.h"

namespace murmel::extension {
namespace {

// The name under which the rowid can be read, given that columns may shadow it. nullptr when all are taken.
const char* rowid_name(const TableInfo& table) {
  constexpr const char* kNames[] = {"rowid", "_rowid_", "oid"};
  for (const char* name : kNames) {
    bool taken = false;
    for (const ColumnInfo& column : table.columns) taken = taken || strcasecmp(column.name, name) == 0;
    if (!taken) return name;
  }
  return nullptr;
}

}  // namespace

int prepare_row_select(sqlite3* db, const char* schema, const TableInfo& table, bool with_rowid, bool one_row,
                       sqlite3_stmt** statement, Fault& fault) noexcept {
  sqlite3_str* sql = sqlite3_str_new(db);
  const char* rowid = rowid_name(table);
  sqlite3_str_appendall(sql, "SELECT ");
  if (with_rowid) sqlite3_str_appendf(sql, "%s,", rowid == nullptr ? "0" : rowid);
  const char* separator = "";
  for (const ColumnInfo& column : table.columns) {
    sqlite3_str_appendf(sql, "%s\"%w\"", separator, column.name);
    separator = ",";
  }
  sqlite3_str_appendf(sql, " FROM \"%w\".\"%w\"", schema, table.name.c_str());
  if (one_row && rowid != nullptr) sqlite3_str_appendf(sql, " WHERE %s=?1", rowid);
  if (one_row && rowid == nullptr) sqlite3_str_appendall(sql, " WHERE 0");
  char* text = sqlite3_str_finish(sql);
  if (text == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
  const int rc = sqlite3_prepare_v2(db, text, -1, statement, nullptr);
  sqlite3_free(text);
  return rc == SQLITE_OK ? SQLITE_OK : fault.fail_with(db, rc, "can't read a table");
}

int append_snapshot(sqlite3* db, const char* schema, const char* name, bool slots_count_virtual,
                    ChangeBuffer& out, Fault& fault) noexcept {
  TableInfo table;
  int rc = load_table(db, schema, name, slots_count_virtual, table, fault);
  if (rc == SQLITE_NOTFOUND || (rc == SQLITE_OK && !table.captured())) return SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  sqlite3_stmt* rows = nullptr;
  const bool with_rowid = !table.has_key();
  rc = prepare_row_select(db, schema, table, with_rowid, false, &rows, fault);
  if (rc != SQLITE_OK) return rc;
  RecordWriter writer(out);
  while ((rc = sqlite3_step(rows)) == SQLITE_ROW) {
    const std::int64_t rowid = with_rowid ? sqlite3_column_int64(rows, 0) : 0;
    writer.begin_row(row_stream::kInsert, table, rowid);
    for (std::size_t i = 0; i < table.columns.size(); i++) {
      writer.put_value(sqlite3_column_value(rows, static_cast<int>(i) + with_rowid), table.columns[i].real,
                       false);
    }
    if (writer.end_row(fault) != SQLITE_OK) break;
  }
  if (rc != SQLITE_DONE && !fault.set()) fault.fail_with(db, rc, "can't read a table");
  sqlite3_finalize(rows);
  return fault.set() ? fault.code : SQLITE_OK;
}

}  // namespace murmel::extension
