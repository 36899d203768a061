#include "agent/store/table_hash.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/store/full_text.h"
#include "agent/store/quote.h"
#include "agent/store/row_hash.h"
#include "agent/store/schema_state.h"
#include "agent/store/sql.h"
#include "agent/store/table_list.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

Result<TableHash> hash_table(Connection& connection, const TableShape& shape) {
  std::string columns;
  for (const std::string& column : shape.columns)
    columns += (columns.empty() ? "" : ", ") + quote_name(column);
  // A full-text index has its rows by rowid; elsewhere the rowid is the key or means nothing.
  if (shape.kind == TableShape::Kind::kVirtual) columns = "rowid, " + columns;
  TRY_ASSIGN(Statement statement,
             connection.prepare(fmt::format("SELECT {} FROM {}", columns, quote_name(shape.name))));
  TableHash hash;
  hash.table = shape.name;
  RowHasher hasher;
  const int count = statement.columns();
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return hash;
    hasher.begin();
    for (int i = 0; i < count; ++i) hasher.add(statement.value(i));
    add_hash(hash.hash, hasher.finish());
    ++hash.rows;
  }
}

// Which virtual tables have rows of their own that are replicated.
Result<bool> has_replicated_rows(Connection& connection, const SchemaObject& object) {
  if (object.type == ObjectType::kTable) return true;
  if (object.type != ObjectType::kVirtualTable) return false;
  TRY_ASSIGN(const auto tables, read_full_text_tables(connection));
  return std::any_of(tables.begin(), tables.end(), [&](const FullTextTable& table) {
    return table.name == object.name && table.content == FullTextTable::Content::kOwn;
  });
}

}  // namespace

std::string TableHash::to_string() const {
  return fmt::format("{:016x}{:016x}", hash[1], hash[0]);
}

Result<core::VersionVector> read_positions(Connection& connection, NodeId self) {
  core::VersionVector have;
  TRY_ASSIGN(Statement cursors, connection.prepare(sql::kReadCursors));
  for (;;) {
    TRY_ASSIGN(const bool row, cursors.step());
    if (!row) break;
    have[static_cast<NodeId>(cursors.integer(0))] = cursors.integer(1);
  }
  TRY_ASSIGN(Statement last, connection.prepare(sql::kLastLogRow));
  TRY_ASSIGN(const bool row, last.step());
  have[self] = row ? last.integer(2) : 0;
  return have;
}

Result<DatabaseHash> hash_database(Connection& connection, NodeId self, const TableFilter& filter) {
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(connection, Transaction::Kind::kRead));
  DatabaseHash result;
  TRY_ASSIGN(result.have, read_positions(connection, self));
  TRY_ASSIGN(std::vector<SchemaObject> objects, list_objects(connection, "main"));
  result.schema_digest = schema_digest(objects);
  std::sort(objects.begin(), objects.end(),
            [](const SchemaObject& a, const SchemaObject& b) { return a.name < b.name; });
  for (const SchemaObject& object : objects) {
    TRY_ASSIGN(const bool replicated, has_replicated_rows(connection, object));
    if (!replicated || !filter.wants(object.name)) continue;
    TRY_ASSIGN(const auto shape, read_table_shape(connection, object.name));
    if (!shape) continue;
    TRY_ASSIGN(TableHash hash, hash_table(connection, *shape));
    result.tables.push_back(std::move(hash));
  }
  return result;
}

}  // namespace murmel::store
