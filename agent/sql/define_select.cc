// CREATE TABLE ... SELECT: the columns are what made_column.h knows of the query's.
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

}  // namespace

// The columns of the query and the keys that were written as elements of CREATE TABLE; null: refused.
Node* DefinitionTranslation::elements_of(Node* query, const Node* keys) {
  Resolver resolver(context_);
  resolver.query(query, nullptr);
  if (context_.error) return nullptr;
  bool known = true;
  for (std::uint32_t i = 0; keys != nullptr && i < keys->count; ++i)
    known = known && keys->kids[i]->kind == Kind::kKey;
  if (!known) {
    context_.not_supported(kRefused);
    return nullptr;
  }
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
    table.columns.push_back(std::move(*column));
  }
  if (!columns || table.columns.size() != columns->size()) {
    context_.not_supported(kUnknown);
    return nullptr;
  }
  made_columns_ = table.columns;
  const Node* const definition = parse_definition(table, context_);
  if (definition == nullptr) return nullptr;
  Node* const elements = definition->kid(1);
  for (std::uint32_t i = 0; keys != nullptr && i < keys->count; ++i)
    append(context_.arena, elements, keys->kids[i]);
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
  return kept_columns_[at] ? source : convert_for_column(column, source, 0, true, context_);
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
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind != Kind::kColumnDefinition) continue;
    insert.add(i == 0 ? " (" : ", ");
    insert.name(elements->kids[i]->text);
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
