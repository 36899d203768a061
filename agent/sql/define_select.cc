// CREATE TABLE ... SELECT: the columns are what made_column.h knows of the query's.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/sql/alter_table.h"
#include "agent/sql/define.h"
#include "agent/sql/made_column.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kRefused[] = "CREATE TABLE ... SELECT of this query";
constexpr char kUnknown[] = "CREATE TABLE ... SELECT of an expression whose type is not known: use CAST";

bool has_attribute(const Node* definition, std::string_view what) {
  const Node* const attributes = definition->kid(0);
  return std::any_of(attributes->kids, attributes->kids + attributes->count,
                     [what](const Node* attribute) { return attribute->text == what; });
}

bool has_check(const Node* definition) {
  return has_attribute(definition, "CHECK");
}

// Is the column the primary key?
bool is_key(const Node* definition, const Node* elements) {
  if (has_attribute(definition, "PRIMARY")) return true;
  return std::any_of(elements->kids, elements->kids + elements->count, [definition](const Node* element) {
    return element->kind == Kind::kKey && element->text == "PRIMARY" && element->kid(0)->count == 1 &&
           same_name(element->kid(0)->kids[0]->text, definition->text);
  });
}

}  // namespace

// A definition beside the query: those of columns that the query has replace what is known of these, others
// come first and have their DEFAULT. False: refused.
bool DefinitionTranslation::sort_written(const Node* written) {
  for (std::uint32_t i = 0; written != nullptr && i < written->count; ++i) {
    Node* const element = written->kids[i];
    if (element->kind == Kind::kKey) continue;
    if (element->kind != Kind::kColumnDefinition) return false;
    const ColumnInfo column = column_info(element);
    const bool computed =
        column.default_value.starts_with("(") || column.default_value.starts_with("CURRENT");
    if (computed || column.generated || has_check(element)) return false;
    const auto made = std::find_if(made_columns_.begin(), made_columns_.end(),
                                   [&](const ColumnInfo& one) { return same_name(one.name, column.name); });
    if (made != made_columns_.end()) {
      kept_columns_[static_cast<std::size_t>(made - made_columns_.begin())] = false;
      *made = column;
    } else if (column.auto_increment && !is_key(element, written)) {
      return false;  // SQLite numbers the rows where the column is their key
    } else if (column.not_null && !column.has_default && !column.auto_increment) {
      if (!context_.settings.mode.strict) return false;
      context_.fail(1364, "HY000", "Field '" + column.name + "' doesn't have a default value");
    }
  }
  return true;
}

// The columns and keys of the table; null: refused. `written`: elements of CREATE TABLE beside the query.
Node* DefinitionTranslation::elements_of(Node* query, const Node* written) {
  Resolver resolver(context_);
  resolver.query(query, nullptr);
  if (context_.error) return nullptr;
  TableInfo table;
  table.from_mysql = true;
  table.name = "t";
  table.collation = std::string(table_collation_);
  MadeColumns made(context_);
  const auto columns = made.query(query);
  for (std::size_t i = 0; columns && i < columns->size(); ++i) {
    auto column = made.column((*columns)[i].made, table_collation_);
    if (!column) break;
    const Made& value = (*columns)[i].made;
    kept_columns_.push_back(value.column != nullptr && value.kind != TypeKind::kTimestamp);
    column->name = (*columns)[i].name;
    made_columns_.push_back(std::move(*column));
  }
  if (!columns || made_columns_.size() != columns->size()) {
    context_.not_supported(kUnknown);
    return nullptr;
  }
  table.columns = made_columns_;
  const Node* const definition = parse_definition(table, context_);
  if (definition == nullptr) return nullptr;
  if (!sort_written(written)) context_.not_supported(kRefused);
  Node* const elements = new_node(context_.arena, Kind::kList);
  const auto add = [&](Node* element) { append(context_.arena, elements, element); };
  const auto find = [](const Node* list, std::string_view name) -> Node* {
    for (std::uint32_t i = 0; list != nullptr && i < list->count; ++i) {
      if (list->kids[i]->kind == Kind::kColumnDefinition && same_name(list->kids[i]->text, name))
        return list->kids[i];
    }
    return nullptr;
  };
  for (std::uint32_t i = 0; written != nullptr && i < written->count; ++i) {
    Node* const element = written->kids[i];
    const bool first =
        element->kind == Kind::kColumnDefinition && find(definition->kid(1), element->text) == nullptr;
    if (first) add(element);
  }
  for (std::uint32_t i = 0; i < definition->kid(1)->count; ++i) {
    Node* const element = definition->kid(1)->kids[i];
    Node* const instead = find(written, element->text);
    add(instead != nullptr ? instead : element);
  }
  for (std::uint32_t i = 0; written != nullptr && i < written->count; ++i) {
    if (written->kids[i]->kind == Kind::kKey) add(written->kids[i]);
  }
  return elements;
}

// Column number `at` of the query as it is stored. `item`: what it selects, if that is one expression.
Node* DefinitionTranslation::stored_value(std::size_t at, Node* item) {
  Node* const source = source_column(at, context_.arena);
  const ColumnInfo& column = made_columns_[at];
  source->type = &column.type;
  if (item != nullptr && stored_timestamp(item->kid(0)) != nullptr) {
    item->kids[0] = item->kid(0)->kids[0];
    return source;
  }
  Node* const value = kept_columns_[at] ? source : convert_for_column(column, source, 0, true, context_);
  if (!column.auto_increment) return value;
  Node* const zero = new_node(context_.arena, Kind::kInteger, {}, "0");
  return new_node(context_.arena, Kind::kCall, {value, zero}, "nullif");
}

void DefinitionTranslation::create_as(Node* create) {
  Node* const table = create->kid(0);
  Node* const query = create->kid(3);
  table_header(create->kid(2));
  Node* const elements = elements_of(query, create->kid(1));
  if (elements == nullptr) return;
  Printer insert;
  insert.add("INSERT INTO ");
  qualified(table, insert);
  for (std::size_t i = 0; i < made_columns_.size(); ++i) {
    insert.add(i == 0 ? " (" : ", ");
    insert.name(made_columns_[i].name);
  }
  insert.add(") SELECT ");
  Lowering(context_).lower(query);
  if (context_.error) return;
  const bool single = query->kid(1)->kind == Kind::kSelect;
  for (std::size_t i = 0; i < made_columns_.size(); ++i) {
    if (i != 0) insert.add(", ");
    insert.node(stored_value(i, single ? query->kid(1)->kid(0)->kids[i] : nullptr));
  }
  print_source(query, made_columns_.size(), insert);
  if (!insert.parameters.empty()) context_.not_supported(kRefused);
  if (context_.error) return;
  create->kids[1] = elements;
  create_from(create, &insert);
}

}  // namespace murmel::sql
