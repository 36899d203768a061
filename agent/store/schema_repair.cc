// Applier: a schema that differs from the majority's, without any record that says why.
#include <fmt/format.h>

#include <algorithm>

#include "agent/store/applier.h"
#include "agent/store/quote.h"
#include "agent/store/schema_history.h"
#include "agent/store/schema_state.h"
#include "agent/store/table_list.h"
#include "agent/store/table_scan.h"
#include "extension/create_columns.h"

namespace murmel::store {
namespace {

// A table that is to go, or to lose columns, must not have more rows of its own than the conflicts can hold.
constexpr std::int64_t kRowsKeptMax = 5'000;

std::string type_of(const SchemaObject& object) {
  return fold_name(object_word(object.type));
}

bool names_same(const SchemaText& text, const SchemaObject& object) {
  return text.type == type_of(object) && fold_name(text.name) == fold_name(object.name);
}

// Columns that the new definition has no place for. One that stands where another name stood was renamed.
Result<std::vector<std::string>> lost_columns(const std::string& old_sql, const std::string& new_sql) {
  extension::CreateColumns before;
  extension::CreateColumns after;
  if (!before.read(old_sql.c_str()) || !after.read(new_sql.c_str())) {
    return Error{ErrorCode::kInternal, "out of memory"};
  }
  std::vector<std::string> lost;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after.find(before[i]) < after.size()) continue;
    const bool renamed = before.size() == after.size() && before.find(after[i]) == before.size();
    if (!renamed) lost.emplace_back(before[i]);
  }
  return lost;
}

core::VersionVector without_zeros(core::VersionVector vector) {
  std::erase_if(vector, [](const auto& entry) { return entry.second == 0; });
  return vector;
}

}  // namespace

// Of rows whose values in `columns` are about to go; empty: all rows.
Status Applier::keep_rows(const SchemaObject& table, const std::vector<std::string>& columns,
                          SchemaRepairReport& report) {
  if (table.type != ObjectType::kTable) {
    return Error{ErrorCode::kRefused,
                 fmt::format("{} is a virtual table and another one, or none, at the other "
                             "node; drop it here or make it there",
                             table.name)};
  }
  TRY_ASSIGN(TableScan scan, TableScan::open(connection_, table.name));
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < scan.table().columns.size(); ++i) {
    for (const std::string& column : columns) {
      if (fold_name(scan.table().columns[i].name) == fold_name(column)) places.push_back(i);
    }
  }
  if (places.empty() && !columns.empty()) return Ok{};  // generated ones
  for (;;) {
    TRY_ASSIGN(const bool row, scan.next());
    if (!row) return Ok{};
    const auto has_value = [&](std::size_t place) { return scan.image()[place].tag != row_stream::kNull; };
    if (!places.empty() && std::none_of(places.begin(), places.end(), has_value)) continue;
    if (++report.rows_kept > kRowsKeptMax) {
      return Error{
          ErrorCode::kRefused,
          fmt::format("table {} has more rows that would be lost here than can be kept ({}); empty or "
                      "drop it by hand, or take this node's schema (--from)",
                      table.name, kRowsKeptMax)};
    }
    const core::RowVersion version =
        state_.versions().lookup(scan.identity().id).value_or(core::RowVersion{});
    TRY(conflicts_.add(
        {ConflictReason::kRepaired, &scan.table(), scan.image(), {}, version, {}, scan.image()}));
  }
}

Status Applier::drop_what_is_not_in(const SchemaState& theirs, SchemaRepairReport& report) {
  TRY_ASSIGN(const std::vector<SchemaObject> objects, list_objects(connection_, "main"));
  for (const ObjectType type : {ObjectType::kTrigger, ObjectType::kView, ObjectType::kIndex,
                                ObjectType::kVirtualTable, ObjectType::kTable}) {
    for (const SchemaObject& object : objects) {
      const bool there = std::any_of(theirs.objects.begin(), theirs.objects.end(),
                                     [&](const SchemaText& text) { return names_same(text, object); });
      if (object.type != type || there || !filter_.wants(object.table)) continue;
      if (type == ObjectType::kTable || type == ObjectType::kVirtualTable) TRY(keep_rows(object, {}, report));
      TRY(connection_.execute(
          fmt::format("DROP {} IF EXISTS {}", object_word(type), quote_name(object.name))));
      report.done.push_back(fmt::format("dropped {} {}", type_of(object), object.name));
    }
  }
  return Ok{};
}

Status Applier::make_as(const SchemaText& wanted, SchemaRepairReport& report) {
  // Read anew each time: a table that is made again may have lost an index.
  TRY_ASSIGN(const std::vector<SchemaObject> objects, list_objects(connection_, "main"));
  const auto here = std::find_if(objects.begin(), objects.end(),
                                 [&](const SchemaObject& object) { return names_same(wanted, object); });
  const bool present = here != objects.end();
  if (present && normalised_sql(here->sql) == normalised_sql(wanted.sql)) return Ok{};
  wire::SchemaChange change;
  change.op = present ? row_stream::kChange : row_stream::kCreate;
  change.type = wanted.type;
  change.name = wanted.name;
  change.table = wanted.name;
  change.new_sql = wanted.sql;
  if (present && wanted.type == "table") {
    TRY_ASSIGN(const std::vector<std::string> lost, lost_columns(here->sql, wanted.sql));
    if (!lost.empty() || here->type != ObjectType::kTable) TRY(keep_rows(*here, lost, report));
  }
  TRY(schema_.apply(change));
  report.done.push_back(fmt::format("{} {} {}", present ? "changed" : "made", wanted.type, wanted.name));
  return Ok{};
}

Result<SchemaRepairReport> Applier::repair_schema(const SchemaState& theirs) {
  TRY_ASSIGN(Transaction transaction, begin());
  staged_ = Staged{state_.have(), {}, {}, true};
  TRY_ASSIGN(const SchemaHistory history, read_schema_history(connection_, self_));
  if (fmt::format("{:016x}", history.hash) != theirs.history &&
      without_zeros(state_.have()) != without_zeros(theirs.have)) {
    return Error{ErrorCode::kBusy, "changes of the schema are on their way"};
  }
  SchemaRepairReport report;
  const auto make_all = [&]() -> Status {
    TRY(drop_what_is_not_in(theirs, report));
    for (const bool tables : {true, false}) {
      for (const SchemaText& wanted : theirs.objects) {
        if (!filter_.wants(wanted.table)) continue;
        if ((wanted.type == "table") == tables) TRY(make_as(wanted, report));
      }
    }
    return finish_schema();
  };
  Status made = make_all();
  if (made.ok()) made = transaction.commit();
  targets_.forget();
  schema_version_ = -1;
  if (!made.ok()) return made.error();
  return report;
}

}  // namespace murmel::store
