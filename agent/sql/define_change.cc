// CREATE INDEX and VIEW, DROP, ALTER, RENAME, TRUNCATE.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {

void DefinitionTranslation::create_index(Node* create) {
  Printer unused;
  qualified(create->kid(1), unused);
  if (context_.error) return;
  const Node* const table = create->kid(1);
  const TableInfo* const info = context_.catalog.table(table->database, table->text);
  if (info == nullptr) {
    return context_.fail(
        1146, "42S02",
        "Table '" + (table->database.empty() ? context_.settings.database : std::string(table->database)) +
            "." + std::string(table->text) + "' doesn't exist");
  }
  table_collation_ = info->collation;
  index(create->kid(0), create->kid(1), nullptr);
  out_.tables.push_back({std::string(table->database), info->name, "INDEX"});
}

void DefinitionTranslation::create_view(Node* create) {
  Printer name;
  qualified(create->kid(0), name);
  if (context_.error) return;
  if (create->has(kReplace)) {
    Printer drop;
    drop.add("DROP VIEW IF EXISTS " + name.text);
    step(drop);
  }
  Resolver resolver(context_);
  resolver.query(create->kid(2), nullptr);
  if (context_.error) return;
  Lowering lowering(context_);
  lowering.lower(create->kid(2));
  if (context_.error) return;
  Printer printer;
  printer.add("CREATE VIEW " + name.text);
  if (const Node* const columns = create->kid(1)) {
    printer.add(" (");
    for (std::uint32_t i = 0; i < columns->count; ++i) {
      if (i != 0) printer.add(", ");
      printer.name(columns->kids[i]->text);
    }
    printer.add(")");
  }
  printer.add(" AS ");
  printer.node(create->kid(2));
  if (!printer.parameters.empty())
    return context_.fail(1351, "HY000", "View's SELECT contains a variable or parameter");
  step(printer);
  out_.tables.push_back(
      {std::string(create->kid(0)->database), std::string(create->kid(0)->text), "CREATE VIEW"});
}

void DefinitionTranslation::drop(Node* drop) {
  out_.if_exists = drop->has(kIfExists);
  const Node* const tables = drop->kid(0);
  std::string missing;
  for (std::uint32_t i = 0; i < tables->count; ++i) {
    Node* const table = tables->kids[i];
    Printer printer;
    printer.add("DROP " + std::string(drop->text) + (out_.if_exists ? " IF EXISTS " : " "));
    qualified(table, printer);
    if (context_.error) return;
    const TableInfo* const info =
        drop->text == "TRIGGER" ? nullptr : context_.catalog.table(table->database, table->text);
    if (drop->text != "TRIGGER" && !out_.if_exists &&
        (info == nullptr || info->view != (drop->text == "VIEW"))) {
      missing += (missing.empty() ? "" : ",") +
                 (table->database.empty() ? context_.settings.database : std::string(table->database)) + "." +
                 std::string(table->text);
    }
    step(printer);
    out_.tables.push_back({std::string(table->database), std::string(table->text), "DROP"});
  }
  if (!missing.empty()) context_.fail(1051, "42S02", "Unknown table '" + missing + "'");
}

void DefinitionTranslation::truncate(Node* tree) {
  Printer printer;
  printer.add("DELETE FROM ");
  qualified(tree->kid(0), printer);
  step(printer);
  out_.tables.push_back({std::string(tree->kid(0)->database), std::string(tree->kid(0)->text), "DROP"});
}

void DefinitionTranslation::rename(Node* tree) {
  for (std::uint32_t i = 0; i + 1 < tree->count && !context_.error; i += 2) {
    Node* const to = tree->kids[i + 1];
    action(new_node(context_.arena, Kind::kAction, {to}, "RENAME"), tree->kids[i],
           context_.catalog.table(tree->kids[i]->database, tree->kids[i]->text));
  }
}

void DefinitionTranslation::alter(Node* alter) {
  Node* const table = alter->kid(0);
  Printer unused;
  qualified(table, unused);
  if (context_.error) return;
  const TableInfo* const info = context_.catalog.table(table->database, table->text);
  if (info == nullptr) {
    return context_.fail(
        1146, "42S02",
        "Table '" + (table->database.empty() ? context_.settings.database : std::string(table->database)) +
            "." + std::string(table->text) + "' doesn't exist");
  }
  table_collation_ = info->collation;
  const Node* const actions = alter->kid(1);
  for (std::uint32_t i = 0; i < actions->count && !context_.error; ++i) action(actions->kids[i], table, info);
  out_.tables.push_back({std::string(table->database), info->name, "ALTER"});
}

void DefinitionTranslation::add_column(Node* definition, const TableInfo& info, Printer& printer) {
  const bool known = std::any_of(info.columns.begin(), info.columns.end(), [&](const ColumnInfo& column) {
    return same_name(column.name, definition->text);
  });
  if (known)
    return context_.fail(1060, "42S21", "Duplicate column name '" + std::string(definition->text) + "'");
  const ColumnInfo column = column_info(definition);
  if (column.auto_increment) return context_.not_supported("ALTER TABLE ADD ... AUTO_INCREMENT");
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    const Node* const attribute = attributes->kids[i];
    if (attribute->text == "PRIMARY" || attribute->text == "UNIQUE") {
      return context_.not_supported("ALTER TABLE ADD COLUMN with a key");
    }
    const bool computed = attribute->text == "DEFAULT" &&
                          (attribute->kid(0)->kind == Kind::kCall || attribute->kid(0)->kind == Kind::kItem);
    if (computed) return context_.not_supported("ALTER TABLE ADD COLUMN with a computed DEFAULT");
  }
  printer.add(" ADD COLUMN ");
  this->column(definition, printer);
  if (column.not_null && !column.has_default) {
    // The rows that exist get the type's own value.
    if (is_temporal(column.type.kind))
      return context_.not_supported("ALTER TABLE ADD COLUMN of a date without DEFAULT");
    if (column.type.kind == TypeKind::kDecimal && column.type.decimals != 0) {
      return context_.not_supported("ALTER TABLE ADD COLUMN of a DECIMAL without DEFAULT");
    }
    printer.add(is_number(column.type.kind)   ? " DEFAULT 0"
                : is_binary(column.type.kind) ? " DEFAULT X''"
                                              : " DEFAULT ''");
  }
  step(printer);
}

void DefinitionTranslation::rename_table(Node* to, const Node* table, const TableInfo* info,
                                         Printer& printer) {
  Printer unused;
  qualified(to, unused);
  if (to->database != table->database) return context_.not_supported("RENAME to another database");
  const bool indexed =
      info != nullptr && std::any_of(info->indexes.begin(), info->indexes.end(),
                                     [](const IndexInfo& index) { return !index.sqlite_name.empty(); });
  if (indexed) return context_.not_supported("RENAME of a table with indexes");
  for (const char* const privilege : {"ALTER", "DROP"}) {
    out_.tables.push_back({std::string(table->database), std::string(table->text), privilege});
  }
  for (const char* const privilege : {"CREATE", "INSERT"}) {
    out_.tables.push_back({std::string(to->database), std::string(to->text), privilege});
  }
  printer.add(" RENAME TO ");
  printer.name(to->text);
  step(printer);
}

void DefinitionTranslation::drop_index(std::string_view name, const Node* table, const TableInfo* info) {
  for (std::size_t i = 0; info != nullptr && i < info->indexes.size(); ++i) {
    if (!same_name(info->indexes[i].name, name) || info->indexes[i].sqlite_name.empty()) continue;
    Printer drop;
    drop.add("DROP INDEX ");
    if (!table->database.empty()) {
      drop.name(table->database);
      drop.add(".");
    }
    drop.name(info->indexes[i].sqlite_name);
    return step(drop);
  }
  context_.fail(1091, "42000", "Can't DROP '" + std::string(name) + "'; check that column/key exists");
}

void DefinitionTranslation::action(Node* action, Node* table, const TableInfo* info) {
  const std::string_view what = action->text;
  if (what == "NOTHING") return;
  Printer printer;
  printer.add("ALTER TABLE ");
  qualified(table, printer);
  if (context_.error) return;
  if (what == "ADD COLUMN" && action->kid(1) == nullptr) return add_column(action->kid(0), *info, printer);
  if (what == "RENAME") return rename_table(action->kid(0), table, info, printer);
  if (what == "DROP INDEX") return drop_index(action->kid(0)->text, table, info);
  if (what == "ADD KEY" && action->kid(0)->kind == Kind::kKey && action->kid(0)->text != "PRIMARY") {
    return index(action->kid(0), table, nullptr);
  }
  if (what != "DROP COLUMN" && what != "RENAME COLUMN")
    return context_.not_supported("ALTER TABLE ... " + std::string(what));
  const std::string_view name = action->kid(0)->text;
  const bool known = std::any_of(info->columns.begin(), info->columns.end(),
                                 [&](const ColumnInfo& column) { return same_name(column.name, name); });
  if (!known && what == "DROP COLUMN") {
    return context_.fail(1091, "42000",
                         "Can't DROP '" + std::string(name) + "'; check that column/key exists");
  }
  if (!known)
    return context_.fail(1054, "42S22",
                         "Unknown column '" + std::string(name) + "' in '" + std::string(table->text) + "'");
  printer.add(" " + std::string(what) + " ");
  printer.name(name);
  if (what == "RENAME COLUMN") {
    printer.add(" TO ");
    printer.name(action->kid(1)->text);
  }
  step(printer);
}

}  // namespace murmel::sql
