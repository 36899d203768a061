// ALTER TABLE and RENAME TABLE: by SQLite's own ALTER TABLE where it can, else the table is made anew.
#include <algorithm>
#include <string>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

bool carries(const Node* definition, std::string_view what) {
  const Node* const attributes = definition->kid(0);
  return std::any_of(attributes->kids, attributes->kids + attributes->count,
                     [&](const Node* attribute) { return attribute->text == what; });
}

bool names_column(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return same_name(other, name); });
}

bool is_in_key(const TableInfo& info, std::string_view column) {
  return std::any_of(info.indexes.begin(), info.indexes.end(),
                     [&](const IndexInfo& index) { return names_column(index.columns, column); }) ||
         std::any_of(info.foreign_keys.begin(), info.foreign_keys.end(),
                     [&](const ForeignKeyInfo& key) { return names_column(key.columns, column); });
}

bool is_in_full_text(const TableInfo& info, std::string_view column) {
  return std::any_of(info.indexes.begin(), info.indexes.end(), [&](const IndexInfo& index) {
    return index.full_text && names_column(index.columns, column);
  });
}

const ColumnInfo* column_of(const TableInfo& info, std::string_view name) {
  for (const ColumnInfo& column : info.columns) {
    if (same_name(column.name, name)) return &column;
  }
  return nullptr;
}

// SQLite's ADD COLUMN: at the end, with a constant for the rows that there are.
bool can_add(const Node* action) {
  const Node* const definition = action->kid(0);
  if (action->kid(1) != nullptr) return false;
  const ColumnInfo column = column_info(definition);
  for (const char* const attribute : {"AUTO_INCREMENT", "PRIMARY", "UNIQUE", "CHECK", "AS"}) {
    if (carries(definition, attribute)) return false;
  }
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    const Node* const value = attributes->kids[i]->kid(0);
    const bool constant = value != nullptr && value->kind != Kind::kCall && value->kind != Kind::kItem;
    const bool null = constant && value->kind == Kind::kNull;
    if (attributes->kids[i]->text == "DEFAULT" &&
        (!constant || (column.type.kind == TypeKind::kTimestamp && !null)))
      return false;
  }
  const bool given = !column.not_null || column.has_default;
  return given || (!is_temporal(column.type.kind) && column.type.kind != TypeKind::kYear &&
                   column.type.members.empty() && column.type.kind != TypeKind::kDecimal &&
                   column.type.kind != TypeKind::kJson && column.type.kind != TypeKind::kBinary);
}

bool changes_nothing(const Node* action, const TableInfo& info) {
  if (action->text == "NOTHING") return true;
  if (action->text != "OPTION") return false;
  const Node* const option = action->kid(0);
  if (option->text == "ENGINE") return same_name(option->qualifier, info.engine);
  return option->text != "COMMENT" && option->text != "CHARSET" && option->text != "COLLATE";
}

// CHANGE of the name alone.
bool keeps_definition(const Node* action, const TableInfo& info) {
  const Node* const definition = action->kid(0);
  const ColumnInfo* const old = column_of(info, action->kid(2)->text);
  if (old == nullptr || action->kid(1) != nullptr || carries(definition, "PRIMARY") ||
      carries(definition, "UNIQUE") || carries(definition, "CHECK"))
    return false;
  ColumnInfo before = *old;
  if (before.type.collation == info.collation) before.type.collation.clear();
  return column_text(before) == column_text(column_info(definition));
}

}  // namespace

bool DefinitionTranslation::needs_rebuild(const Node* action, const TableInfo& info) {
  const std::string_view what = action->text;
  if (changes_nothing(action, info) || what == "RENAME" || what == "RENAME INDEX") return false;
  if (what == "RENAME COLUMN") return is_in_full_text(info, action->kid(0)->text);
  if (what == "DROP INDEX") return same_name(action->kid(0)->text, "PRIMARY");
  if (what == "ADD KEY") return action->kid(0)->kind != Kind::kKey || action->kid(0)->text == "PRIMARY";
  if (what == "ADD COLUMN") return !can_add(action);
  if (what == "CHANGE") return !keeps_definition(action, info) || is_in_full_text(info, action->kid(2)->text);
  if (what == "DROP COLUMN")
    return info.columns.size() == 1 || !info.checks.empty() || is_in_key(info, action->kid(0)->text);
  return true;
}

// Does it take away a column, or its name, that is needed? Then the error is said.
bool DefinitionTranslation::leaves_column(const Node* action, const TableInfo& info) {
  const std::string_view what = action->text;
  if (what == "DROP COLUMN") return is_needed(info, action->kid(0)->text, true);
  if (what == "RENAME COLUMN") return is_needed(info, action->kid(0)->text, false);
  return what == "CHANGE" && !same_name(action->kid(2)->text, action->kid(0)->text) &&
         is_needed(info, action->kid(2)->text, false);
}

void DefinitionTranslation::alter(Node* alter) {
  Node* const table = alter->kid(0);
  Printer unused;
  qualified(table, unused);
  if (context_.error) return;
  const TableInfo* const info = known_table(table);
  if (info == nullptr) return;
  table_collation_ = info->collation;
  const Node* const actions = alter->kid(1);
  bool anew = false;
  bool renames = false;
  Node* const added = new_node(context_.arena, Kind::kList);
  for (std::uint32_t i = 0; i < actions->count; ++i) {
    const Node* const action = actions->kids[i];
    if (leaves_column(action, *info)) return;
    const bool column = action->text.ends_with("COLUMN") || action->text == "CHANGE";
    anew = anew || needs_rebuild(action, *info) ||
           (column && action->text != "ADD COLUMN" && is_in_triggers(*info, table->database));
    renames = renames || action->text.starts_with("RENAME") || action->text == "CHANGE";
    if (action->text == "ADD COLUMN") append(context_.arena, added, action->kid(0));
    const Node* const option = action->text == "OPTION" ? action->kid(0) : nullptr;
    if (option != nullptr && option->text == "AUTO_INCREMENT") number_from(table, option->qualifier);
  }
  added_ = added;
  // What comes behind a new name would have to know it.
  if (anew || (renames && actions->count > 1)) {
    rebuild(table, *info, actions);
  } else {
    for (std::uint32_t i = 0; i < actions->count && !context_.error; ++i)
      action(actions->kids[i], table, *info);
  }
  out_.tables.push_back({std::string(table->database), info->name, "ALTER"});
}

void DefinitionTranslation::add_column(Node* definition, const TableInfo& info, Printer& printer) {
  if (column_of(info, definition->text) != nullptr)
    return context_.fail(1060, "42S21", "Duplicate column name '" + std::string(definition->text) + "'");
  settle_charset(definition);
  const ColumnInfo column = column_info(definition);
  printer.add(" ADD COLUMN ");
  this->column(definition, printer);
  if (column.not_null && !column.has_default) {
    // The rows that exist get the type's own value.
    printer.add(is_number(column.type.kind)   ? " DEFAULT 0"
                : is_binary(column.type.kind) ? " DEFAULT X''"
                                              : " DEFAULT ''");
  }
  step(printer);
}

void DefinitionTranslation::action(Node* action, Node* table, const TableInfo& info) {
  const std::string_view what = action->text;
  if (changes_nothing(action, info)) return;
  if (what == "RENAME") return rename_table(action->kid(0), table, info);
  if (what == "ADD KEY") return index(action->kid(0), table, added_, &info);
  Printer printer;
  printer.add("ALTER TABLE ");
  qualified(table, printer);
  if (what == "ADD COLUMN") return add_column(action->kid(0), info, printer);
  if (what == "DROP INDEX" || what == "RENAME INDEX") {
    const std::string_view name = action->kid(0)->text;
    const IndexInfo* const found = index_of(info, name);
    if (found == nullptr && what == "DROP INDEX") {
      return context_.fail(1091, "42000",
                           "Can't DROP '" + std::string(name) + "'; check that column/key exists");
    }
    if (found == nullptr) {
      return context_.fail(1176, "42000",
                           "Key '" + std::string(name) + "' doesn't exist in table '" + info.name + "'");
    }
    if (what == "DROP INDEX") return drop_index(*found, found->sqlite_name, table);
    const std::string_view to = action->kid(1)->text;
    if (index_of(info, to) != nullptr && !same_name(name, to)) {
      return context_.fail(1061, "42000", "Duplicate key name '" + std::string(to) + "'");
    }
    return move_index(*found, table, found->sqlite_name, info, to);
  }
  const bool change = what == "CHANGE";
  const std::string_view name = action->kid(change ? 2 : 0)->text;
  const std::string_view to = change                    ? action->kid(0)->text
                              : what == "RENAME COLUMN" ? action->kid(1)->text
                                                        : "";
  if (column_of(info, name) == nullptr && to.empty()) {
    return context_.fail(1091, "42000",
                         "Can't DROP '" + std::string(name) + "'; check that column/key exists");
  }
  if (column_of(info, name) == nullptr)
    return context_.fail(1054, "42S22",
                         "Unknown column '" + std::string(name) + "' in '" + std::string(table->text) + "'");
  if (name == to) return;
  if (column_of(info, to) != nullptr && !same_name(name, to))
    return context_.fail(1060, "42S21", "Duplicate column name '" + std::string(to) + "'");
  printer.add(to.empty() ? " DROP COLUMN " : " RENAME COLUMN ");
  printer.name(name);
  if (!to.empty()) {
    printer.add(" TO ");
    printer.name(to);
  }
  step(printer);
}

void DefinitionTranslation::rename_table(Node* to, Node* table, const TableInfo& info) {
  Printer unused;
  qualified(to, unused);
  if (context_.error) return;
  if (to->database != table->database) return context_.not_supported("RENAME to another database");
  if (to->text == table->text) return;
  for (const char* const privilege : {"ALTER", "DROP"}) {
    out_.tables.push_back({std::string(table->database), std::string(table->text), privilege});
  }
  for (const char* const privilege : {"CREATE", "INSERT"}) {
    out_.tables.push_back({std::string(to->database), std::string(to->text), privilege});
  }
  // FTS5 looks for its rows under the table's name.
  for (const IndexInfo& index : info.indexes) {
    if (index.full_text) drop_full_text(sqlite_index_name(table->text, index.name), table, true);
  }
  Printer printer;
  printer.add("ALTER TABLE ");
  qualified(table, printer);
  printer.add(" RENAME TO ");
  printer.name(to->text);
  step(printer);
  out_.renamings.push_back(
      {{std::string(table->database), std::string(table->text), "ALTER"}, std::string(to->text)});
  // Indexes carry the table's name. A table that an earlier part of the statement has renamed has its own.
  for (const IndexInfo& index : info.exact_indexes) {
    drop_index(index, sqlite_index_name(table->text, index.name), to);
    exact_index(to, index.columns, index.unique);
  }
  const std::string prefix = sqlite_index_name(info.name, "");
  for (const IndexInfo& index : info.indexes) {
    if (!index.sqlite_name.starts_with(prefix)) continue;
    const std::string now = index.full_text ? "" : sqlite_index_name(table->text, index.name);
    move_index(index, to, now, info, index.name);
  }
}

// One after the other: a later part finds a table under the name that an earlier one gave it.
void DefinitionTranslation::rename(Node* tree) {
  struct Renamed {
    const Node* from;
    const Node* to;
    const TableInfo* info;
  };
  std::vector<Renamed> done;
  for (std::uint32_t i = 0; i + 1 < tree->count && !context_.error; i += 2) {
    Node* const from = tree->kids[i];
    Node* const to = tree->kids[i + 1];
    Printer unused;
    qualified(from, unused);
    qualified(to, unused);
    if (context_.error) return;
    const TableInfo* info = nullptr;
    bool is_free = context_.catalog.table(to->database, to->text) == nullptr;
    for (const Renamed& earlier : done) {
      if (earlier.to->text == from->text && earlier.to->database == from->database) info = earlier.info;
      if (earlier.from->text == to->text && earlier.from->database == to->database) is_free = true;
    }
    if (info == nullptr) info = known_table(from);
    if (info == nullptr) return;
    if (!is_free) return context_.fail(1050, "42S01", "Table '" + std::string(to->text) + "' already exists");
    rename_table(to, from, *info);
    done.push_back({from, to, info});
  }
}

}  // namespace murmel::sql
