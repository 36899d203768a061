// LOAD DATA: one row as an INSERT whose values are parameters, one for each field of a line that is a column.
// Fields that are variables have been set when the row is written, so SET reads them as any statement does.
#include <algorithm>

#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

bool is_assigned(const Node* assignments, std::string_view column) {
  for (std::uint32_t i = 0; assignments != nullptr && i < assignments->count; ++i) {
    if (same_name(assignments->kids[i]->kid(0)->text, column)) return true;
  }
  return false;
}

}  // namespace

void WriteTranslation::load(Node* load) {
  FileUse& file = *out_.file;
  Node* const table = load->kid(0);
  const TableInfo* const info = target_table(table, "INSERT");
  if (info == nullptr) return;
  if (file.form.field_end.empty() && file.form.enclosure.empty()) {
    return context_.not_supported("LOAD DATA with rows of fixed size");
  }
  if (file.fields.empty()) {
    for (const ColumnInfo& column : info->columns) {
      if (!column.invisible) file.fields.push_back({column.name, false});
    }
  }
  Arena& arena = context_.arena;
  Node* const columns = new_node(arena, Kind::kList);
  Node* const row = new_node(arena, Kind::kRow);
  const auto add = [&](std::string_view column, Node* value) {
    append(arena, columns, new_node(arena, Kind::kColumn, {}, arena.copy(column)));
    append(arena, row, value);
  };
  const Node* const assignments = load->kid(1);
  for (std::size_t i = 0; i < file.fields.size(); ++i) {
    const FileUse::Field& field = file.fields[i];
    if (field.variable) continue;
    if (find_column(*info, field.name) == nullptr) return;
    if (i >= context_.settings.fields || is_assigned(assignments, field.name)) continue;
    Node* const value = new_node(arena, Kind::kParameter);
    value->number = static_cast<std::uint32_t>(i);
    add(field.name, value);
  }
  for (std::uint32_t i = 0; assignments != nullptr && i < assignments->count; ++i) {
    add(assignments->kids[i]->kid(0)->text, assignments->kids[i]->kid(1));
  }
  Node* const insert =
      new_node(arena, Kind::kInsert, {table, columns, new_node(arena, Kind::kList, {row}), nullptr, nullptr},
               load->has(kReplace) ? "REPLACE" : "INSERT");
  loads_ = true;
  name_row(table, *info);
  // The client's file has been sent before anything can be said of it, so LOCAL means IGNORE.
  if (load->has(kIgnore) || file.local) insert->flags |= kIgnore;
  this->insert(insert);
  out_.verb = Statement::WriteVerb::kLoad;
}

}  // namespace murmel::sql
