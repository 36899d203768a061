#include "agent/store/eviction_probe.h"

#include <sqlite3.h>

#include <algorithm>
#include <string_view>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

struct Probe {
  const TableShape& shape;
  const std::vector<int>& key_columns;  // positions in the table
  std::vector<EvictedRow> evicted;
};

// The value is copied: SQLite takes it back when the hook returns.
void keep_value(EvictedRow& row, sqlite3_value* value) {
  wire::Value kept;
  std::string bytes;
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      kept.tag = row_stream::kInt64;
      kept.integer = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      kept.tag = row_stream::kReal;
      kept.real = sqlite3_value_double(value);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      kept.tag = sqlite3_value_type(value) == SQLITE_TEXT ? row_stream::kText : row_stream::kBlob;
      const auto* start = static_cast<const char*>(sqlite3_value_blob(value));
      if (start != nullptr) bytes.assign(start, static_cast<std::size_t>(sqlite3_value_bytes(value)));
      break;
    }
    default: break;
  }
  row.key.push_back(kept);
  row.key_bytes.push_back(std::move(bytes));
}

void on_row(void* context, sqlite3* db, int op, const char* schema, const char* table, sqlite3_int64 rowid,
            sqlite3_int64 /*new_rowid*/) noexcept {
  auto& probe = *static_cast<Probe*>(context);
  if (op != SQLITE_DELETE || std::string_view(schema) != "main") return;
  if (fold_name(table) != fold_name(probe.shape.name)) return;
  EvictedRow row;
  row.rowid = rowid;
  for (const int column : probe.key_columns) {
    sqlite3_value* value = nullptr;
    if (sqlite3_preupdate_old(db, column, &value) != SQLITE_OK) return;
    keep_value(row, value);
  }
  probe.evicted.push_back(std::move(row));
}

Result<std::vector<int>> key_columns(Connection& connection, const TableShape& shape) {
  std::vector<int> columns;
  if (!shape.without_rowid) return columns;
  TRY_ASSIGN(Statement statement,
             connection.prepare("SELECT cid FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk"));
  statement.bind(1, std::string_view(shape.name));
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return columns;
    columns.push_back(static_cast<int>(statement.integer(0)));
  }
}

}  // namespace

Result<std::vector<EvictedRow>> probe_evictions(Connection& connection, const TableShape& shape,
                                                Statement& replace) {
  TRY_ASSIGN(const std::vector<int> columns, key_columns(connection, shape));
  Probe probe{shape, columns, {}};
  TRY(connection.execute("SAVEPOINT probe"));
  sqlite3_preupdate_hook(connection.handle(), on_row, &probe);
  const Status tried = replace.run();
  sqlite3_preupdate_hook(connection.handle(), nullptr, nullptr);
  if (!connection.in_transaction()) return tried.error();  // disk full and the like end the whole transaction
  TRY(connection.execute("ROLLBACK TO probe; RELEASE probe"));
  if (!tried.ok()) return tried.error();
  for (EvictedRow& row : probe.evicted) {
    for (std::size_t i = 0; i < row.key.size(); ++i) row.key[i].bytes = as_bytes(row.key_bytes[i]);
  }
  return std::move(probe.evicted);
}

}  // namespace murmel::store
