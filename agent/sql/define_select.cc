// CREATE TABLE ... SELECT: columns are those of the tables that the query joins, and COUNT, SUM, AVG, MIN and
// MAX of them. Of other expressions MySQL's type is not known exactly.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/sql/alter_table.h"
#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kRefused[] = "CREATE TABLE ... SELECT of this query";

constexpr std::uint32_t kSumDigits = 22;  // more than its operand has
constexpr std::uint32_t kAverageDigits = 4;
constexpr std::uint32_t kSummedDigitsMax = 65, kSummedScaleMax = 30;

// A table that the query reads.
struct Source {
  std::string_view alias;
  const TableInfo* table;
  bool optional;  // its columns may be NULL: the other side of an outer join
};

// False: there is something else than tables.
bool add_sources(const Node* from, bool optional, const Context& context, std::vector<Source>& sources) {
  if (from->kind == Kind::kJoin) {
    return add_sources(from->kid(0), optional || from->text.starts_with("RIGHT"), context, sources) &&
           add_sources(from->kid(1), optional || from->text.starts_with("LEFT"), context, sources);
  }
  if (from->kind != Kind::kTable || from->has(kQuoted)) return false;
  const TableInfo* const info = context.catalog.table(from->database, from->text);
  if (info == nullptr || !info->from_mysql) return false;
  sources.push_back({from->qualifier.empty() ? from->text : from->qualifier, info, optional});
  return true;
}

std::vector<Source> sources_of(const Node* query, const Context& context) {
  std::vector<Source> sources;
  const Node* const select = query->kid(1);
  if (select->kind != Kind::kSelect || select->has(kRollup) || select->kid(1) == nullptr) return sources;
  if (!add_sources(select->kid(1), false, context, sources)) sources.clear();
  return sources;
}

const ColumnInfo* source_column(const Node* value, const std::vector<Source>& sources, const Source** from) {
  if (value == nullptr || value->kind != Kind::kColumn) return nullptr;
  for (const Source& source : sources) {
    if (!same_name(source.alias, value->qualifier)) continue;
    *from = &source;
    for (const ColumnInfo& candidate : source.table->columns) {
      if (same_name(candidate.name, value->text)) return &candidate;
    }
  }
  return nullptr;
}

// As a column of another table, with the collation that it has.
Type kept_type(const ColumnInfo& column, const Source& source, const TableInfo& made) {
  Type type = column.type;
  const bool inherits = is_text(type.kind) && type.collation.empty() && type.charset.empty();
  if (inherits && source.table->collation != made.collation) {
    type.charset = source.table->charset;
    type.collation = source.table->collation;
  }
  return type;
}

// Digits of an exact number, as MySQL counts them for a column; 0: it is none.
std::uint32_t digits_of(const Type& type) {
  if (type.kind == TypeKind::kTinyInt) return 3;
  if (type.kind == TypeKind::kSmallInt) return 5;
  if (type.kind == TypeKind::kMediumInt) return 8;
  if (type.kind == TypeKind::kInt) return 10;
  if (type.kind == TypeKind::kBigInt) return type.is_unsigned ? 20 : 19;
  return type.kind == TypeKind::kDecimal ? type.length : 0;
}

// SUM and AVG are exact for exact numbers.
bool summed_type(const Type& of, bool average, Type& type) {
  if (of.kind == TypeKind::kDouble || of.kind == TypeKind::kFloat) {
    type.kind = TypeKind::kDouble;
    return true;
  }
  const std::uint32_t digits = digits_of(of);
  if (digits == 0 || of.zerofill) return false;
  type.kind = TypeKind::kDecimal;
  type.has_length = true;
  type.length = std::min(digits + (average ? kAverageDigits : kSumDigits), kSummedDigitsMax);
  type.decimals =
      static_cast<std::uint8_t>(std::min(of.decimals + (average ? kAverageDigits : 0), kSummedScaleMax));
  return true;
}

bool aggregate_from(const Node* call, const std::vector<Source>& sources, const TableInfo& made,
                    const Context& context, ColumnInfo& column) {
  if (call->text == "count") {
    column.type.kind = TypeKind::kBigInt;
    column.not_null = column.has_default = true;
    column.default_value = "'0'";
    return true;
  }
  const Source* source = nullptr;
  const ColumnInfo* const of = call->count == 1 ? source_column(call->kid(0), sources, &source) : nullptr;
  if (of == nullptr) return false;
  column.has_default = true;
  column.default_value = "NULL";
  const bool usual = context.settings.div_precision_increment == static_cast<int>(kAverageDigits);
  if (call->text == "sum") return summed_type(of->type, false, column.type);
  if (call->text == "avg") return usual && summed_type(of->type, true, column.type);
  if (call->text != "min" && call->text != "max") return false;
  column.type = kept_type(*of, *source, made);
  return of->type.kind != TypeKind::kTimestamp && of->type.members.empty() && of->type.kind != TypeKind::kBit;
}

bool column_from(const Node* value, const std::vector<Source>& sources, const TableInfo& made,
                 const Context& context, ColumnInfo& column) {
  if (value->kind == Kind::kCall) return aggregate_from(value, sources, made, context, column);
  const Source* source = nullptr;
  const ColumnInfo* const from = source_column(value, sources, &source);
  if (from == nullptr) return false;
  column = *from;
  column.type = kept_type(*from, *source, made);
  const bool computed = column.default_value.starts_with("(") || column.default_value.starts_with("CURRENT");
  if (computed || column.on_update_now || column.generated) return false;
  if (column.auto_increment) {
    column.has_default = true;
    column.default_value = "'0'";
  }
  column.auto_increment = column.invisible = false;
  if (!source->optional || !column.not_null) return true;
  column.not_null = false;
  if (column.has_default) return true;
  column.has_default = true;
  column.default_value = "NULL";
  return true;
}

}  // namespace

// The columns of the query and the keys that were written as elements of CREATE TABLE; null: refused.
Node* DefinitionTranslation::elements_of(Node* query, const Node* keys) {
  Resolver resolver(context_);
  resolver.query(query, nullptr);
  if (context_.error) return nullptr;
  const std::vector<Source> sources = sources_of(query, context_);
  TableInfo table;
  table.from_mysql = true;
  table.name = "t";
  table.collation = std::string(table_collation_);
  for (std::size_t i = 0; !sources.empty() && i < resolver.result.size(); ++i) {
    ColumnInfo column;
    if (!column_from(query->kid(1)->kid(0)->kids[i]->kid(0), sources, table, context_, column)) break;
    column.name = resolver.result[i].name;
    table.columns.push_back(std::move(column));
  }
  bool known = !sources.empty() && table.columns.size() == resolver.result.size();
  for (std::uint32_t i = 0; keys != nullptr && i < keys->count; ++i)
    known = known && keys->kids[i]->kind == Kind::kKey;
  if (!known) {
    context_.not_supported(kRefused);
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
    const ColumnInfo& column = made_columns_[i];
    const bool computed = value->kind == Kind::kCall && column.type.kind == TypeKind::kDecimal;
    if (computed) value = convert_for_column(column, value, 0, true, context_);
  }
  insert.node(query);
  if (!insert.parameters.empty()) context_.not_supported(kRefused);
  if (context_.error) return;
  create->kids[1] = elements;
  create_from(create, &insert);
}

}  // namespace murmel::sql
