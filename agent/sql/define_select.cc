// CREATE TABLE ... SELECT: columns are those of the table that the query reads, and COUNT(*). Of other
// expressions MySQL's type is not known exactly.
#include <string>
#include <vector>

#include "agent/sql/alter_table.h"
#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

constexpr char kRefused[] = "CREATE TABLE ... SELECT of this query";

// One table's rows, so that nothing is NULL but what can be in the table.
const TableInfo* source_of(const Node* query, const Context& context) {
  const Node* const select = query->kid(1);
  if (select->kind != Kind::kSelect || select->has(kRollup) || select->kid(1) == nullptr) return nullptr;
  const Node* const from = select->kid(1);
  if (from->kind != Kind::kTable || from->has(kQuoted)) return nullptr;
  const TableInfo* const info = context.catalog.table(from->database, from->text);
  return info != nullptr && info->from_mysql ? info : nullptr;
}

bool column_from(const ResultColumn& result, const Node* value, const TableInfo& source, ColumnInfo& column) {
  if (value->kind == Kind::kCall && value->text == "count") {
    column.type.kind = TypeKind::kBigInt;
    column.not_null = column.has_default = true;
    column.default_value = "'0'";
    return true;
  }
  if (value->kind != Kind::kColumn) return false;
  for (const ColumnInfo& candidate : source.columns) {
    if (!same_name(candidate.name, result.original_name)) continue;
    column = candidate;
    const bool computed =
        column.default_value.starts_with("(") || column.default_value.starts_with("CURRENT");
    if (computed || column.on_update_now || column.generated) return false;
    if (column.auto_increment) {
      column.has_default = true;
      column.default_value = "'0'";
    }
    column.auto_increment = column.invisible = false;
    return true;
  }
  return false;
}

}  // namespace

// The columns of the query and the keys that were written as elements of CREATE TABLE; null: refused.
Node* DefinitionTranslation::elements_of(Node* query, const Node* keys) {
  Resolver resolver(context_);
  resolver.query(query, nullptr);
  if (context_.error) return nullptr;
  const TableInfo* const source = source_of(query, context_);
  TableInfo table;
  table.from_mysql = true;
  table.name = "t";
  table.collation = std::string(table_collation_);
  for (std::size_t i = 0; source != nullptr && i < resolver.result.size(); ++i) {
    ColumnInfo column;
    if (!column_from(resolver.result[i], query->kid(1)->kid(0)->kids[i]->kid(0), *source, column)) break;
    column.name = resolver.result[i].name;
    table.columns.push_back(std::move(column));
  }
  bool known = source != nullptr && table.columns.size() == resolver.result.size();
  for (std::uint32_t i = 0; keys != nullptr && i < keys->count; ++i)
    known = known && keys->kids[i]->kind == Kind::kKey;
  if (!known) {
    context_.not_supported(kRefused);
    return nullptr;
  }
  const Node* const definition = parse_definition(table, context_);
  if (definition == nullptr) return nullptr;
  Node* const elements = definition->kid(1);
  for (std::uint32_t i = 0; keys != nullptr && i < keys->count; ++i)
    append(context_.arena, elements, keys->kids[i]);
  return elements;
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
  insert.add(") ");
  Lowering(context_).lower(query);
  Node* const items = query->kid(1)->kid(0);
  for (std::uint32_t i = 0; i < items->count; ++i) {  // as it is stored
    Node*& value = items->kids[i]->kids[0];
    if (stored_timestamp(value) != nullptr) value = value->kids[0];
  }
  insert.node(query);
  if (!insert.parameters.empty()) context_.not_supported(kRefused);
  if (context_.error) return;
  create->kids[1] = elements;
  create_from(create, &insert);
}

}  // namespace murmel::sql
