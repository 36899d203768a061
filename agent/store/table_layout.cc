#include "agent/store/table_layout.h"

namespace murmel::store {

TableLayout::TableLayout(const wire::Table& table) : table_(table) {
  names_.reserve(table.columns.size() + 2);
  names_.emplace_back(table.name);
  table_.name = names_.back();
  names_.emplace_back(table.identity);
  table_.identity = names_.back();
  for (wire::Column& column : table_.columns) {
    names_.emplace_back(column.name);
    column.name = names_.back();
  }
}

std::string TableLayout::fingerprint(const wire::Table& table) {
  std::string text(table.name);
  text.push_back('\0');
  text += table.identity;
  text.push_back('\0');
  text.push_back(static_cast<char>(table.flags));
  for (const wire::Column& column : table.columns) {
    text += column.name;
    text.push_back('\0');
    text.push_back(static_cast<char>(column.key_ordinal));
    text.push_back(static_cast<char>(column.collation));
  }
  return text;
}

}  // namespace murmel::store
