// A table made anew from another definition: by ALTER TABLE with its rows, which wait in a temporary table
// meanwhile, and by CREATE TABLE ... LIKE without. Not by RENAME, which views would not survive.
#include <algorithm>
#include <string>

#include "agent/sql/alter_table.h"
#include "agent/sql/define.h"
#include "agent/sql/row_rules.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kKept[] = "temp.\"_mysql_table\"";

bool is_plain_text(TypeKind kind) {
  return is_text(kind) && kind != TypeKind::kEnum && kind != TypeKind::kSet;
}

bool is_real(TypeKind kind) {
  return kind == TypeKind::kFloat || kind == TypeKind::kDouble;
}

bool is_exact_number(TypeKind kind) {
  return is_number(kind) && !is_real(kind) && kind != TypeKind::kBit;
}

// Is the value of a column of type `from` stored as INSERT would store it in one of type `to`?
bool can_convert(const Type& from, const Type& to) {
  if (from.kind == to.kind) return true;
  if (is_plain_text(from.kind))
    return to.kind != TypeKind::kBit && to.kind != TypeKind::kJson && !is_binary(to.kind);
  if (is_binary(from.kind)) return is_binary(to.kind);
  if (from.kind == TypeKind::kEnum || from.kind == TypeKind::kSet) return is_plain_text(to.kind);
  if (is_exact_number(from.kind))
    return is_exact_number(to.kind) || is_real(to.kind) || is_plain_text(to.kind);
  if (is_real(from.kind)) return is_exact_number(to.kind) || is_real(to.kind);
  if (!is_temporal(from.kind)) return false;
  return is_plain_text(to.kind) ||
         (is_temporal(to.kind) && to.kind != TypeKind::kTime && from.kind != TypeKind::kTime);
}

bool any_foreign_key(const Node* elements) {
  return std::any_of(elements->kids, elements->kids + elements->count,
                     [](const Node* element) { return element->kind == Kind::kForeignKey; });
}

const Node* attribute_of(const Node* definition, std::string_view what) {
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    if (attributes->kids[i]->text == what) return attributes->kids[i];
  }
  return nullptr;
}

}  // namespace

void DefinitionTranslation::create_like(Node* create) {
  Node* const like = create->kid(4);
  Printer unused;
  qualified(like, unused);
  if (context_.error) return;
  const TableInfo* const info = known_table(like);
  if (info == nullptr) return;
  if (info->view) {
    const std::string database(like->database.empty() ? std::string_view(context_.settings.database)
                                                      : like->database);
    return context_.fail(1347, "HY000", "'" + database + "." + info->name + "' is not BASE TABLE");
  }
  const Node* const definition = parse_definition(*info, context_);
  if (definition == nullptr) return;
  Node* const elements = new_node(context_.arena, Kind::kList);
  for (std::uint32_t i = 0; i < definition->kid(1)->count; ++i) {
    Node* const element = definition->kid(1)->kids[i];
    if (element->kind == Kind::kCheck) element->qualifier = {};  // named after the new table
    if (element->kind != Kind::kForeignKey) append(context_.arena, elements, element);
  }
  create->kids[1] = elements;
  create->kids[2] = definition->kid(2);
  context_.uses.push_back({std::string(like->database), info->name, "SELECT"});
  create_from(create, nullptr);
}

void DefinitionTranslation::rebuild(Node* table, const TableInfo& info, const Node* actions) {
  AlteredTable altered(context_, info);
  for (std::uint32_t i = 0; i < actions->count && !context_.error; ++i) altered.apply(actions->kids[i]);
  if (context_.error) return;
  Node* const elements = altered.elements();
  const std::string header = table_header(altered.options());
  prepare_keys(table, elements);
  prepare_rules(table, elements);
  check_references(table, info, altered);
  if (context_.error) return;
  // Dropping a table that others refer to would delete their rows, and rows come back before the indexes by
  // which foreign keys of theirs are looked up.
  out_.without_foreign_keys =
      !context_.catalog.referring_tables(table->database, info.name).empty() || any_foreign_key(elements);
  TableInfo now = info_of(elements);
  now.name = info.name;
  now.triggers = info.triggers;
  try_rules(now);
  const auto run = [&](const std::string& before, const std::string& behind) {
    Printer printer;
    printer.add(before);
    qualified(table, printer);
    printer.add(behind);
    step(printer);
  };
  for (std::uint32_t i = 0; i < actions->count; ++i) {
    const Node* const added = actions->kids[i]->text == "ADD KEY" ? actions->kids[i]->kid(0) : nullptr;
    if (added != nullptr && added->kind == Kind::kForeignKey) require_parent(added, table);
  }
  run("CREATE TEMP TABLE \"_mysql_table\" AS SELECT * FROM ", "");
  run("DROP TABLE ", "");
  drop_full_texts(info, table, false);
  Printer create;
  create.add("CREATE TABLE ");
  table_definition(table, elements, header, create);
  copy_rows(table, altered, now);
  Printer drop;
  drop.add(std::string("DROP TABLE ") + kKept);
  step(drop);
  indexes(table, elements);
  exact_indexes(table, elements);
  check_changed_foreign_keys(table, elements, actions);
  renew_triggers(table, now);
}

// Rows that rules are about go through a table of their own, as those of INSERT do (write_rules.cc).
void DefinitionTranslation::copy_rows(Node* table, const AlteredTable& altered, const TableInfo& now) {
  const bool ruled = RowRules::has_any(now);
  std::string names;
  Printer values;
  for (const AlteredTable::Column& column : altered.columns()) {
    if (is_computed(column_info(column.definition))) continue;
    Node* value = column.from != nullptr ? kept_value(column.definition, *column.from, table)
                                         : first_value(column.definition);
    if (context_.error) return;
    if (value == nullptr && ruled) value = constant_default(column.definition);
    if (value == nullptr) continue;
    Printer name;
    name.name(column.definition->text);
    names += (names.empty() ? "" : ", ") + name.text;
    if (!values.text.empty()) values.add(", ");
    values.node(value);
  }
  if (names.empty()) return context_.not_supported("ALTER TABLE that leaves none of the columns");
  const std::string rows = "SELECT " + values.text + " FROM " + kKept + " ORDER BY _rowid_";
  Printer insert;
  insert.add("INSERT INTO ");
  qualified(table, insert);
  insert.add(" (" + names);
  if (!ruled) {
    insert.add(") " + rows);
    return step(insert);
  }
  RowRules rules(context_, now, "_mysql_row", false);
  std::vector<AssignedColumn> generated;
  rules.generate(generated, true);
  const std::vector<Node*> checks = rules.checks(generated, true);
  if (context_.error) return;
  for (const AssignedColumn& column : generated) {
    insert.add(", ");
    insert.name(column.info->name);
  }
  insert.add(") SELECT " + names);
  for (const AssignedColumn& column : generated) {
    insert.add(", ");
    insert.node(column.value);
  }
  insert.add(" FROM (WITH \"_mysql_new\"(" + names + ") AS MATERIALIZED (" + rows +
             ") SELECT * FROM \"_mysql_new\") AS \"_mysql_row\" WHERE 1");
  for (const Node* const check : checks) {
    insert.add(" AND ");
    insert.node(check);
  }
  step(insert);
}

Node* DefinitionTranslation::constant_default(const Node* definition) {
  const Node* const value = attribute_of(definition, "DEFAULT");
  if (value == nullptr) return new_node(context_.arena, Kind::kNull);
  Node* const given = Lowering(context_).lower(clone(context_.arena, value->kid(0)));
  ColumnInfo* const target = context_.arena.column(column_info(definition));
  return convert_for_column(*target, given, 0, context_.settings.mode.strict, context_);
}

// What a row that exists has in a column after its definition has changed.
Node* DefinitionTranslation::kept_value(const Node* definition, const ColumnInfo& old, const Node* table) {
  const ColumnInfo now = column_info(definition);
  Node* value = new_node(context_.arena, Kind::kColumn, {}, old.name);
  value->type = &old.type;
  if (type_text(old.type) != type_text(now.type)) {
    if (old.type.kind == TypeKind::kTimestamp) value->flags |= kInUtc;
    value = Lowering(context_).lower(value);
    if (!can_convert(old.type, now.type)) {
      context_.not_supported("ALTER TABLE from " + type_text(old.type) + " to " + type_text(now.type));
      return value;
    }
    ColumnInfo* const target = context_.arena.column(now);
    value = convert_for_column(*target, Lowering(context_).typed(value), 0, context_.settings.mode.strict,
                               context_);
  }
  if (now.not_null && !old.not_null && !context_.settings.mode.strict) {
    value = new_node(context_.arena, Kind::kCall, {value, implicit_default(now)}, "coalesce");
  }
  if (!now.auto_increment || old.auto_increment) return value;
  const std::string full =
      (table->database.empty() ? "" : std::string(table->database) + ".") + std::string(table->text);
  Node* const name = new_node(context_.arena, Kind::kString, {}, context_.arena.copy(full));
  return new_node(context_.arena, Kind::kCall, {value, name}, "mysql_auto_increment");
}

Node* DefinitionTranslation::implicit_default(const ColumnInfo& column) {
  Node* const type = new_node(context_.arena, Kind::kString, {}, context_.arena.copy(type_text(column.type)));
  return new_node(context_.arena, Kind::kCall, {type}, "mysql_implicit_default");
}

// What rows that exist get in a new column; null: what the table's own DEFAULT gives.
Node* DefinitionTranslation::first_value(const Node* definition) {
  const ColumnInfo column = column_info(definition);
  if (column.auto_increment) return new_node(context_.arena, Kind::kColumn, {}, "_rowid_");
  const Node* const value = attribute_of(definition, "DEFAULT");
  if (value != nullptr && value->kid(0)->kind == Kind::kItem) {
    Node* const computed = parse_expression(column.default_value, context_);
    if (computed == nullptr) return nullptr;
    Resolver(context_).expression(computed, Scope{}, "field list");
    if (context_.error) return nullptr;
    Node* const each = Lowering(context_).lower(computed);
    return convert_for_column(*context_.arena.column(column), each, 0, context_.settings.mode.strict,
                              context_);
  }
  if (value != nullptr && value->kid(0)->kind == Kind::kCall) {
    ColumnInfo* const target = context_.arena.column(column);
    Node* const now = clone(context_.arena, value->kid(0));
    return convert_for_column(*target, now, 0, context_.settings.mode.strict, context_);
  }
  if (value != nullptr && column.type.kind == TypeKind::kTimestamp) return constant_default(definition);
  if (value != nullptr || !column.not_null) return nullptr;
  if (is_temporal(column.type.kind)) {
    context_.not_supported("ALTER TABLE ADD COLUMN of a date without DEFAULT");
    return nullptr;
  }
  return implicit_default(column);
}

}  // namespace murmel::sql
