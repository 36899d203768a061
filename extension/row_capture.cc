#include "extension/row_capture.h"

#include "extension/table_snapshot.h"

namespace murmel::extension {
namespace {

// A session is not told the rowid. It is needed only for tables without a key, where it is a hint; for rows
// that a blob handle writes to; and for columns younger than the row.
constexpr std::int64_t kUnknownRowid = 0;
enum class Rowids : bool { kUnknown, kKnown };

using Reader = int (*)(sqlite3*, int, sqlite3_value**);

struct Row {
  Connection& connection;
  DatabaseCapture& database;
  TableInfo& table;
  std::int64_t rowid;
  std::int64_t new_rowid;
  std::size_t rowid_column;  // its value is the rowid and need not be asked for; kNoColumn: none
};

// A column added with a DEFAULT after the row was written: some versions give NULL for it in the old image.
void put_added_column(const Row& row, std::size_t i) {
  sqlite3* db = row.connection.db();
  RecordWriter& out = row.database.rows();
  sqlite3_stmt* current = nullptr;
  Fault& fault = row.connection.fault();
  const bool by_rowid = row.table.has_rowid();
  if (!by_rowid) return out.put_null();
  if (prepare_row_select(db, row.database.schema(), row.table, false, true, &current, fault) != SQLITE_OK) {
    return;
  }
  sqlite3_bind_int64(current, 1, row.rowid);
  if (sqlite3_step(current) == SQLITE_ROW) {
    out.put_value(sqlite3_column_value(current, static_cast<int>(i)), row.table.columns[i].real, false);
  } else {
    fault.fail_with(db, SQLITE_ERROR, "can't read the row that is being changed");
  }
  sqlite3_finalize(current);
}

void no_value(const Row& row, const ColumnInfo& column, int rc) {
  row.connection.fault().fail(rc, "SQLite did not give the value of column %s.%s", row.table.name.c_str(),
                              column.name);
}

// `places`: where each value begins is written there, if not nullptr.
void put_image(const Row& row, Reader read, bool old_image, std::uint32_t* places) {
  sqlite3* db = row.connection.db();
  RecordWriter& out = row.database.rows();
  const bool utf8 = row.database.utf8();
  const bool lacks_defaults = old_image && row.database.quirks().old_lacks_defaults;
  const ColumnInfo* const columns = row.table.columns.data();
  const std::size_t n = row.table.columns.size();
  std::uint8_t* at = out.begin_values(n);
  for (std::size_t i = 0; i < n; i++) {
    if (places != nullptr && at != nullptr) places[i] = static_cast<std::uint32_t>(out.place(at));
    if (i == row.rowid_column) {
      at = out.write_integer_value(at, old_image ? row.rowid : row.new_rowid);
      continue;
    }
    sqlite3_value* value = nullptr;
    const int rc = read(db, columns[i].slot, &value);
    if (rc != SQLITE_OK || value == nullptr) return no_value(row, columns[i], rc);
    if (lacks_defaults && columns[i].has_default && sqlite3_value_type(value) == SQLITE_NULL) {
      out.end_values(at);
      put_added_column(row, i);
      at = out.begin_values(n);
    } else {
      at = out.write_value(at, value, columns[i].real, utf8);
    }
  }
  out.end_values(at);
}

// New image of an update: columns whose stored bytes don't change are said to be the same as in the old
// image, whose values begin at `places`.
void put_changes(const Row& row, const Host& host, const std::uint32_t* places) {
  sqlite3* db = row.connection.db();
  RecordWriter& out = row.database.rows();
  const bool utf8 = row.database.utf8();
  const ColumnInfo* const columns = row.table.columns.data();
  const std::size_t n = row.table.columns.size();
  std::uint8_t* at = out.begin_values(n);
  for (std::size_t i = 0; i < n; i++) {
    if (i == row.rowid_column) {
      at = row.rowid == row.new_rowid ? out.write_same(at) : out.write_integer_value(at, row.new_rowid);
      continue;
    }
    sqlite3_value* value = nullptr;
    const int rc = host.preupdate_new(db, columns[i].slot, &value);
    if (rc != SQLITE_OK || value == nullptr) return no_value(row, columns[i], rc);
    at = out.write_changed(at, value, columns[i].real, utf8, places[i]);
  }
  out.end_values(at);
}

// A row that a blob handle wrote into changes again: what it is now becomes its new image, as an insert after
// the delete that the blob write was.
void put_blob_row(const Row& row, const Host& host) {
  Fault& fault = row.connection.fault();
  if (!row.database.note_blob_write(row.table, row.rowid, false, fault)) return;
  row.database.rows().begin_row(row_stream::kInsert, row.table, row.rowid);
  put_image(row, host.preupdate_old, true, nullptr);
  row.database.rows().end_row(fault);
}

void capture(Connection& connection, int operation, const char* schema, const char* name, Rowids rowids,
             std::int64_t rowid, std::int64_t new_rowid) {
  DatabaseCapture* database = connection.join(schema, name);
  if (database == nullptr || connection.fault().set()) return;
  TableInfo* table = database->find_table(name, connection.fault());
  if (table == nullptr || !table->captured()) return;

  const Host& host = connection.host();
  RecordWriter& out = database->rows();
  const std::size_t rowid_column = rowids == Rowids::kKnown ? table->rowid_column : kNoColumn;
  const Row row{connection, *database, *table, rowid, new_rowid, rowid_column};
  const bool blob_write = operation == SQLITE_DELETE && host.preupdate_blobwrite != nullptr &&
                          host.preupdate_blobwrite(connection.db()) >= 0;
  if (database->wrote_blob(*table, rowid) && operation != SQLITE_INSERT) {
    if (blob_write) return;  // the old image has been taken, the new one is not final
    put_blob_row(row, host);
  }
  switch (operation) {
    case SQLITE_INSERT:
      out.begin_row(row_stream::kInsert, *table, new_rowid);
      put_image(row, host.preupdate_new, false, nullptr);
      break;
    case SQLITE_UPDATE:
      out.begin_row(row_stream::kUpdate, *table, rowid);
      put_image(row, host.preupdate_old, true, table->places.data());
      put_changes(row, host, table->places.data());
      break;
    default:
      if (blob_write && !database->note_blob_write(*table, rowid, true, connection.fault())) return;
      out.begin_row(row_stream::kDelete, *table, rowid);
      put_image(row, host.preupdate_old, true, nullptr);
      break;
  }
  out.end_row(connection.fault());
}

}  // namespace

void capture_session_row(Connection& connection, const char* schema, const char* name) noexcept {
  const Host& host = connection.host();
  if (connection.busy()) return;
  // There is no old image of an insert and no new one of a delete.
  sqlite3_value* value = nullptr;
  const bool has_old = host.preupdate_old(connection.db(), 0, &value) == SQLITE_OK;
  const bool has_new = host.preupdate_new(connection.db(), 0, &value) == SQLITE_OK;
  const int operation = !has_old ? SQLITE_INSERT : has_new ? SQLITE_UPDATE : SQLITE_DELETE;
  capture(connection, operation, schema, name, Rowids::kUnknown, kUnknownRowid, kUnknownRowid);
}

void capture_row(Connection& connection, int operation, const char* schema, const char* name,
                 std::int64_t rowid, std::int64_t new_rowid) noexcept {
  capture(connection, operation, schema, name, Rowids::kKnown, rowid, new_rowid);
}

void capture_missed_row(Connection& connection, int operation, const char* schema, const char* name,
                        std::int64_t rowid) noexcept {
  Fault& fault = connection.fault();
  DatabaseCapture* database = connection.join(schema, name);
  if (database == nullptr || fault.set()) return;
  TableInfo* table = database->find_table(name, fault);
  if (table == nullptr || !table->captured()) return;
  if (operation == SQLITE_INSERT) {
    database->capture_current(*table, rowid, fault);
  } else {
    fault.fail(SQLITE_ABORT,
               "the application has set a preupdate hook of its own, so this change could not be captured; "
               "repeat the transaction");
  }
}

}  // namespace murmel::extension
