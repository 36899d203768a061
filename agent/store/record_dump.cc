#include "agent/store/record_dump.h"

#include <nlohmann/json.hpp>

#include "agent/store/row_json.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {
namespace {

using Json = nlohmann::ordered_json;

const char* op_name(row_stream::Item op) {
  switch (op) {
    case row_stream::kInsert: return "insert";
    case row_stream::kUpdate: return "update";
    case row_stream::kDelete: return "delete";
    case row_stream::kTable:
    case row_stream::kRenamedTable:
    case row_stream::kSchema: break;
  }
  return "";
}

const char* schema_op_name(row_stream::SchemaOp op) {
  switch (op) {
    case row_stream::kCreate: return "create";
    case row_stream::kDrop: return "drop";
    case row_stream::kChange: return "change";
    case row_stream::kRename: return "rename";
  }
  return "";
}

Json row_item(const wire::RowChange& row) {
  Json item{{"op", op_name(row.op)}, {"table", std::string(row.table->name)}};
  if (row.rowid) item["rowid"] = *row.rowid;
  if (!row.before.empty()) item["before"] = row_to_json(*row.table, row.before);
  if (!row.after.empty()) item["after"] = row_to_json(*row.table, row.after);
  return item;
}

Json schema_item(const wire::SchemaChange& change) {
  return {{"op", schema_op_name(change.op)},        {"type", std::string(change.type)},
          {"name", std::string(change.name)},       {"table", std::string(change.table)},
          {"old_sql", std::string(change.old_sql)}, {"new_sql", std::string(change.new_sql)}};
}

Result<Json> items_of(const core::ChangeSet& change) {
  Json items = Json::array();
  wire::RowReader reader(change.rows.view());
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return items;
    items.push_back(item == wire::RowReader::Item::kRow ? row_item(reader.row())
                                                        : schema_item(reader.schema()));
  }
}

}  // namespace

Result<std::string> record_to_json(const core::ChangeSet& change) {
  Json depends = Json::array();
  for (const core::Position& position : change.depends) {
    depends.push_back({{"origin", node_of_origin(position.origin)},
                       {"decided", is_decided_origin(position.origin)},
                       {"seq", position.seq}});
  }
  TRY_ASSIGN(Json items, items_of(change));
  const Json record{{"origin", node_of_origin(change.origin)},
                    {"decided", is_decided_origin(change.origin)},
                    {"seq", change.seq},
                    {"hlc", change.hlc.value},
                    {"time_ms", change.hlc.wall_ms()},
                    {"more", change.more},
                    {"schema_version", change.schema_version},
                    {"depends", std::move(depends)},
                    {"items", std::move(items)}};
  return json_text(record);
}

}  // namespace murmel::store
