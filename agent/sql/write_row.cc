// Values of a new row that are made of its other columns: INSERT INTO t (a, b) VALUES (1, a + 1), SET b = a
// + 1.
#include <algorithm>

#include "agent/sql/write.h"

namespace murmel::sql {

void WriteTranslation::name_row(Node* table, const TableInfo& info) {
  row_table_ = &info;
  resolver_.from(clone(context_.arena, table), row_);
  if (!context_.uses.empty()) context_.uses.pop_back();  // it is written
}

// LOAD DATA: the column's field in the line, as the column stores it; null: it has none.
Node* WriteTranslation::field_value(const ColumnInfo& column) {
  const auto& fields = out_.file->fields;
  for (std::size_t i = 0; i < std::min(fields.size(), context_.settings.fields); ++i) {
    if (fields[i].variable || !same_name(fields[i].name, column.name)) continue;
    Node* const value = new_node(context_.arena, Kind::kParameter);
    value->number = static_cast<std::uint32_t>(i);
    return assigned(row_table_->name, column, value, 1);
  }
  return nullptr;
}

// As the column stores it: what it was given so far, else its DEFAULT.
Node* WriteTranslation::row_value(const Node* column) {
  const auto& columns = row_table_->columns;
  const auto info = std::find_if(columns.begin(), columns.end(), [column](const ColumnInfo& one) {
    return same_name(one.name, column->text);
  });
  const auto given = row_values_.find(info->name);
  // MySQL numbers a row when all else is known.
  const bool numbered = info->auto_increment && !loads_;
  if (given != row_values_.end() && !numbered && !varies(given->second))
    return clone(context_.arena, given->second);
  Node* const field = loads_ && given == row_values_.end() ? field_value(*info) : nullptr;
  if (field != nullptr) return field;
  if (given != row_values_.end() || numbered || info->generated || (info->not_null && !info->has_default)) {
    context_.not_supported("a value made of column '" + info->name + "' of the same row");
    return new_node(context_.arena, Kind::kNull);
  }
  return default_of(*info);
}

Node* WriteTranslation::with_row(Node* node) {
  if (node == nullptr) return node;
  if (node->kind == Kind::kColumn) {  // NEW and OLD are other rows
    return node->qualifier == row_.tables.front().alias ? row_value(node) : node;
  }
  for (std::uint32_t i = 0; i < node->count; ++i) node->kids[i] = with_row(node->kids[i]);
  return node;
}

}  // namespace murmel::sql
