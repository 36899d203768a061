// Keys of tables: their names, their columns, and the indexes they are.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/table_keys.h"

namespace murmel::sql {
namespace {

Node* definition_of(const Node* elements, std::string_view name) {
  for (std::uint32_t i = 0; elements != nullptr && i < elements->count; ++i) {
    Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition && same_name(element->text, name)) return element;
  }
  return nullptr;
}

bool has(const Node* definition, std::string_view attribute) {
  const Node* const attributes = definition->kid(0);
  return std::any_of(attributes->kids, attributes->kids + attributes->count,
                     [&](const Node* node) { return node->text == attribute; });
}

bool is_index(const Node* element) {
  return element->kind == Kind::kKey && element->text != "PRIMARY";
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return same_name(other, name); });
}

}  // namespace

// UNIQUE of a column becomes a key, keys get the names that MySQL gives them, and columns of the primary key
// are NOT NULL.
void DefinitionTranslation::prepare_keys(const Node* table, Node* elements) {
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind == Kind::kColumnDefinition) settle_charset(elements->kids[i]);
  }
  const std::uint32_t given = elements->count;
  for (std::uint32_t i = 0; i < given; ++i) {
    const Node* const element = elements->kids[i];
    if (element->kind != Kind::kColumnDefinition || !has(element, "UNIQUE")) continue;
    Node* const part = new_node(context_.arena, Kind::kKeyPart, {}, element->text);
    append(context_.arena, elements,
           new_node(context_.arena, Kind::kKey, {new_node(context_.arena, Kind::kList, {part})}, "UNIQUE"));
  }
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind == Kind::kKey) whole_columns(elements->kids[i], elements, nullptr);
  }
  index_foreign_keys(elements);
  name_foreign_keys(table, elements);
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const element = elements->kids[i];
    if (!is_index(element) || element->qualifier.empty()) continue;
    if (is_among(names, element->qualifier)) {
      return context_.fail(1061, "42000", "Duplicate key name '" + std::string(element->qualifier) + "'");
    }
    names.emplace_back(element->qualifier);
  }
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    Node* const element = elements->kids[i];
    if (!is_index(element) || !element->qualifier.empty()) continue;
    const std::string column(element->kid(0)->kids[0]->text);
    std::string name = column;
    for (int number = 2; is_among(names, name); ++number) name = column + "_" + std::to_string(number);
    element->qualifier = context_.arena.copy(name);
    names.push_back(std::move(name));
  }
  key_columns_not_null(elements);
  check_auto_increment(elements);
}

Type DefinitionTranslation::type_of_column(std::string_view name, const Node* elements,
                                           const TableInfo* info) {
  if (const Node* const definition = definition_of(elements, name)) return column_info(definition).type;
  for (std::size_t i = 0; info != nullptr && i < info->columns.size(); ++i) {
    if (same_name(info->columns[i].name, name)) return info->columns[i].type;
  }
  return {};
}

// A prefix as long as its column, or longer since the column has another type, is none.
void DefinitionTranslation::whole_columns(const Node* key, const Node* elements, const TableInfo* info) {
  for (std::uint32_t i = 0; i < key->kid(0)->count; ++i) {
    Node* const part = key->kid(0)->kids[i];
    const Type type = type_of_column(part->text, elements, info);
    if (type.kind == TypeKind::kUnknown) continue;
    if (!has_prefixes(type) || (longest(type) != 0 && part->number >= longest(type))) part->number = 0;
  }
}

void DefinitionTranslation::check_prefixes(const Node* key, const Node* elements, const TableInfo* info) {
  for (std::uint32_t i = 0; i < key->kid(0)->count && !context_.error; ++i) {
    const Node* const part = key->kid(0)->kids[i];
    const Type type = type_of_column(part->text, elements, info);
    const bool fits = has_prefixes(type) && (longest(type) == 0 || part->number <= longest(type));
    if (part->number == 0 || type.kind == TypeKind::kUnknown || fits) continue;
    context_.fail(
        1089, "HY000",
        "Incorrect prefix key; the used key part isn't a string, the used length is longer than the "
        "key part, or the storage engine doesn't support unique prefix keys");
  }
}

void DefinitionTranslation::check_auto_increment(const Node* elements) {
  int count = 0;
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const column = elements->kids[i];
    if (column->kind != Kind::kColumnDefinition || !has(column, "AUTO_INCREMENT")) continue;
    const bool keyed =
        has(column, "PRIMARY") ||
        std::any_of(elements->kids, elements->kids + elements->count, [column](const Node* key) {
          return key->kind == Kind::kKey && key->text != "FULLTEXT" &&
                 same_name(key->kid(0)->kids[0]->text, column->text);
        });
    if (++count == 1 && keyed) continue;
    return context_.fail(
        1075, "42000",
        "Incorrect table definition; there can be only one auto column and it must be defined as "
        "a key");
  }
}

void DefinitionTranslation::key_columns_not_null(const Node* elements) {
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const key = elements->kids[i];
    if (key->kind != Kind::kKey || key->text != "PRIMARY") continue;
    for (std::uint32_t j = 0; j < key->kid(0)->count; ++j) {
      const Node* const column = definition_of(elements, key->kid(0)->kids[j]->text);
      if (column == nullptr || has(column, "NOT NULL")) continue;
      if (has(column, "NULL")) {
        return context_.fail(1171, "42000",
                             "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use "
                             "UNIQUE instead");
      }
      append(context_.arena, column->kid(0), new_node(context_.arena, Kind::kAttribute, {}, "NOT NULL"));
    }
  }
}

void DefinitionTranslation::indexes(Node* table, const Node* elements) {
  for (std::uint32_t i = 0; i < elements->count && !context_.error; ++i) {
    const Node* const element = elements->kids[i];
    if (is_index(element) || has_unique_prefix(element, elements, nullptr))
      index(element, table, elements, nullptr);
  }
}

// SQLite's own key has no expressions, so of a PRIMARY KEY over prefixes there is an index beside it.
bool DefinitionTranslation::has_unique_prefix(const Node* key, const Node* elements, const TableInfo* info) {
  if (key->kind != Kind::kKey || (key->text != "PRIMARY" && key->text != "UNIQUE")) return false;
  const Node* const parts = key->kid(0);
  return std::any_of(parts->kids, parts->kids + parts->count, [&](const Node* part) {
    return !covers(type_of_column(part->text, elements, info), static_cast<std::uint32_t>(part->number));
  });
}

// Columns are looked for in `elements`, which may be null, and in `info`, which may be null.
void DefinitionTranslation::index(const Node* key, const Node* table, const Node* elements,
                                  const TableInfo* info) {
  const Node* const parts = key->kid(0);
  const bool unique = key->text == "UNIQUE" || key->text == "PRIMARY";
  const std::string_view name = key->text == "PRIMARY"   ? key->text
                                : key->qualifier.empty() ? parts->kids[0]->text
                                                         : key->qualifier;
  if (info != nullptr && index_of(*info, name) != nullptr) {
    return context_.fail(1061, "42000", "Duplicate key name '" + std::string(name) + "'");
  }
  if (info != nullptr) check_prefixes(key, elements, info);
  whole_columns(key, elements, info);
  if (key->text == "FULLTEXT") {
    TableInfo columns = info != nullptr ? *info : TableInfo();
    if (elements != nullptr) {
      for (ColumnInfo& column : info_of(elements).columns) columns.columns.push_back(std::move(column));
    }
    return full_text_index(key, table, name, columns);
  }
  Printer printer;
  printer.add(unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
  if (!table->database.empty()) {
    printer.name(table->database);
    printer.add(".");
  }
  printer.name(sqlite_index_name(table->text, name));
  printer.add(" ON ");
  printer.name(table->text);
  printer.add(" (");
  for (std::uint32_t i = 0; i < parts->count; ++i) {
    const Node* const part = parts->kids[i];
    if (part->count != 0) return context_.not_supported("functional indexes");
    const bool in_table = info != nullptr &&
                          std::any_of(info->columns.begin(), info->columns.end(),
                                      [&](const auto& column) { return same_name(column.name, part->text); });
    if (!in_table && definition_of(elements, part->text) == nullptr) {
      return context_.fail(1072, "42000",
                           "Key column '" + std::string(part->text) + "' doesn't exist in table");
    }
    if (i != 0) printer.add(", ");
    const auto length = static_cast<std::uint32_t>(part->number);
    Printer column;
    column.name(part->text);
    const bool prefix = unique && !covers(type_of_column(part->text, elements, info), length);
    printer.add(prefix ? unique_value(column.text, length) : column.text);
    const std::string_view collation = collation_of_column(part->text, elements, info);
    if (!collation.empty()) {
      printer.add(" COLLATE ");
      printer.name(collation);
    }
    if (part->number != 0) printer.add(" " + stored_comment(std::to_string(part->number)));
    if (part->has(kDescending)) printer.add(" DESC");
  }
  printer.add(")");
  step(printer);
}

const IndexInfo* DefinitionTranslation::index_of(const TableInfo& info, std::string_view name) {
  for (const IndexInfo& index : info.indexes) {
    if (same_name(index.name, name) && !index.sqlite_name.empty() && index.name != "PRIMARY") return &index;
  }
  return nullptr;
}

Node* DefinitionTranslation::key_of(const IndexInfo& index) {
  Node* const parts = new_node(context_.arena, Kind::kList);
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    Node* const part = new_node(context_.arena, Kind::kKeyPart, {}, context_.arena.copy(index.columns[i]));
    part->number = index.lengths[i];
    if (i < index.descending.size() && index.descending[i]) part->flags |= kDescending;
    append(context_.arena, parts, part);
  }
  return new_node(context_.arena, Kind::kKey, {parts},
                  index.full_text ? "FULLTEXT"
                  : index.unique  ? "UNIQUE"
                                  : "INDEX");
}

// Under another name, or to the other name of its table. `sqlite_name`: its name now; empty: it is gone.
void DefinitionTranslation::move_index(const IndexInfo& index, const Node* table,
                                       std::string_view sqlite_name, const TableInfo& info,
                                       std::string_view to) {
  if (!sqlite_name.empty()) drop_index(index, sqlite_name, table);
  Node* const key = key_of(index);
  key->qualifier = context_.arena.copy(to);
  TableInfo columns_only;
  columns_only.columns = info.columns;
  table_collation_ = info.collation;
  this->index(key, table, nullptr, &columns_only);
}

void DefinitionTranslation::drop_index(const IndexInfo& index, std::string_view sqlite_name,
                                       const Node* table) {
  if (index.full_text) return drop_full_text(sqlite_name, table, true);
  Printer drop;
  drop.add("DROP INDEX ");
  if (!table->database.empty()) {
    drop.name(table->database);
    drop.add(".");
  }
  drop.name(sqlite_name);
  step(drop);
}

}  // namespace murmel::sql
