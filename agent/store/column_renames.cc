#include "agent/store/column_renames.h"

#include "agent/store/quote.h"
#include "agent/store/schema_history.h"
#include "agent/store/sql.h"
#include "agent/store/table_names.h"
#include "agent/store/table_shape.h"
#include "extension/create_columns.h"

namespace murmel::store {

Status ColumnRenames::load(Connection& connection, NodeId self, LogState& state) {
  renames_.clear();
  TRY_ASSIGN(const SchemaHistory history, read_schema_history(connection, self));
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadRecordFrom));
  for (const SchemaChangeAt& made : history.recent) {
    if (made.hlc <= state.watermark().hlc) continue;
    const auto id = state.index().id_before(made.position);
    if (!id) continue;  // trimmed
    const ResetAtEnd reset(read);
    read.bind(1, *id);
    read.bind(2, std::int64_t{made.position.origin == self ? kSelfInLog : made.position.origin});
    read.bind(3, made.position.seq);
    TRY_ASSIGN(const bool found, read.step());
    if (!found) continue;
    wire::RowReader reader(read.blob(0));
    for (;;) {
      TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
      if (item == wire::RowReader::Item::kEnd) break;
      if (item == wire::RowReader::Item::kSchema) add(made.position, reader.schema());
    }
  }
  return Ok{};
}

// By the rule of table_rebuild.h: as many columns as before, and another name in a place whose name is gone.
void ColumnRenames::add(const core::Position& position, const wire::SchemaChange& change) {
  if (change.type != "table") return;
  if (change.op == row_stream::kRename) {
    for (Rename& rename : renames_) {
      if (rename.table == fold_name(change.name)) rename.table = fold_name(change.table);
    }
  }
  if (change.op != row_stream::kChange) return;
  extension::CreateColumns before;
  extension::CreateColumns after;
  if (!before.read(std::string(change.old_sql).c_str()) || !after.read(std::string(change.new_sql).c_str()))
    return;
  if (before.size() != after.size()) return;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after.find(before[i]) < after.size() || before.find(after[i]) < before.size()) continue;
    renames_.push_back(
        {position, fold_name(change.name), fold_name(before[i]), fold_name(after[i]), after[i]});
  }
}

Result<std::unique_ptr<TableLayout>> ColumnRenames::fit(Connection& connection, const wire::Table& table,
                                                        const core::VersionVector& seen) const {
  std::vector<std::string> names;
  for (const wire::Column& column : table.columns) names.emplace_back(column.name);
  bool renamed = false;
  TRY_ASSIGN(const std::string name, name_here(connection, table));
  const std::string folded = fold_name(name);
  for (const Rename& rename : renames_) {
    if (rename.table != folded || core::seq_of(seen, rename.position.origin) >= rename.position.seq) continue;
    for (std::string& column : names) {
      if (fold_name(column) != rename.from) continue;
      column = rename.to_as_written;
      renamed = true;
    }
  }
  if (!renamed) return std::unique_ptr<TableLayout>();
  TRY_ASSIGN(const auto shape, read_table_shape(connection, name));
  wire::Table fitted = table;
  for (std::size_t i = 0; i < names.size(); ++i) {
    // One that was rolled back has not happened here.
    if (shape && shape->has_column(names[i])) fitted.columns[i].name = names[i];
  }
  return std::make_unique<TableLayout>(fitted);
}

}  // namespace murmel::store
