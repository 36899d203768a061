#include "agent/store/snapshot_content.h"

#include <fmt/format.h>

#include <vector>

#include "agent/store/full_text.h"
#include "agent/store/quote.h"
#include "agent/store/table_list.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

Status drop_all(Connection& connection, const std::vector<SchemaObject>& objects, ObjectType type) {
  for (const SchemaObject& object : objects) {
    if (object.type != type) continue;
    TRY(connection.execute(
        fmt::format("DROP {} IF EXISTS main.{}", object_word(type), quote_name(object.name))));
  }
  return Ok{};
}

std::string column_list(const TableShape& shape, bool with_rowid) {
  std::string list = with_rowid ? shape.rowid : "";
  for (const std::string& column : shape.columns) list += (list.empty() ? "" : ", ") + quote_name(column);
  return list;
}

Status copy_rows(Connection& connection, const TableShape& shape, bool with_rowid) {
  const std::string columns = column_list(shape, with_rowid);
  const std::string name = quote_name(shape.name);
  return connection.execute(
      fmt::format("INSERT INTO main.{0}({1}) SELECT {1} FROM {2}.{0}", name, columns, kSnapshotSchema));
}

Status copy_table(Connection& connection, const SchemaObject& object) {
  TRY(connection.execute_one(object.sql));
  TRY_ASSIGN(const auto shape, read_table_shape(connection, object.name));
  if (!shape) return Error{ErrorCode::kInvalid, "the snapshot's table was not made: " + object.name};
  // With a key of one column that may be the rowid itself.
  return copy_rows(connection, *shape, shape->key.size() != 1 && !shape->rowid.empty());
}

Status copy_virtual_table(Connection& connection, const SchemaObject& object) {
  TRY(connection.execute_one(object.sql));
  TRY_ASSIGN(const auto shape, read_table_shape(connection, object.name));
  if (!shape) return Error{ErrorCode::kInvalid, "the snapshot's table was not made: " + object.name};
  TRY_ASSIGN(const auto tables, read_full_text_tables(connection));
  for (const FullTextTable& table : tables) {
    if (table.name != object.name) continue;
    switch (table.content) {
      case FullTextTable::Content::kOwn: return copy_rows(connection, *shape, true);
      case FullTextTable::Content::kExternal:
        return connection.execute(
            fmt::format("INSERT INTO main.{0}({0}) VALUES('rebuild')", quote_name(table.name)));
      case FullTextTable::Content::kNone: return Ok{};  // what was indexed can't be known; named in status
    }
  }
  return copy_rows(connection, *shape, false);
}

// What applications keep their schema's version in.
Status copy_header(Connection& connection) {
  for (const char* field : {"user_version", "application_id"}) {
    TRY_ASSIGN(const std::int64_t value,
               connection.integer(fmt::format("PRAGMA {}.{}", kSnapshotSchema, field)));
    TRY(connection.execute(fmt::format("PRAGMA main.{} = {}", field, value)));
  }
  return Ok{};
}

Status copy_sequences(Connection& connection) {
  TRY_ASSIGN(
      const std::int64_t sequences,
      connection.integer("SELECT count(*) FROM snapshot.sqlite_schema WHERE name = 'sqlite_sequence'"));
  if (sequences == 0) return Ok{};
  return connection.execute(
      "DELETE FROM main.sqlite_sequence;"
      "INSERT INTO main.sqlite_sequence SELECT * FROM snapshot.sqlite_sequence");
}

}  // namespace

Status drop_content(Connection& connection) {
  TRY_ASSIGN(const std::vector<SchemaObject> objects, list_objects(connection, "main"));
  for (const ObjectType type : {ObjectType::kTrigger, ObjectType::kView, ObjectType::kVirtualTable,
                                ObjectType::kIndex, ObjectType::kTable}) {
    TRY(drop_all(connection, objects, type));
  }
  return Ok{};
}

Status copy_content(Connection& connection, const Progress& progress) {
  TRY_ASSIGN(const std::vector<SchemaObject> objects, list_objects(connection, kSnapshotSchema));
  const auto total = static_cast<std::int64_t>(objects.size());
  std::int64_t done = 0;
  for (const ObjectType type : {ObjectType::kTable, ObjectType::kVirtualTable, ObjectType::kIndex,
                                ObjectType::kView, ObjectType::kTrigger}) {
    for (const SchemaObject& object : objects) {
      if (object.type != type) continue;
      switch (type) {
        case ObjectType::kTable: TRY(copy_table(connection, object)); break;
        case ObjectType::kVirtualTable: TRY(copy_virtual_table(connection, object)); break;
        case ObjectType::kIndex:
        case ObjectType::kTrigger:
        case ObjectType::kView: TRY(connection.execute_one(object.sql)); break;
      }
      if (progress) progress(++done, total);
    }
  }
  TRY(copy_sequences(connection));
  return copy_header(connection);
}

}  // namespace murmel::store
