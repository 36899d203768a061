// CREATE INDEX and VIEW, DROP, TRUNCATE.
#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {

// A table that there is; else null, and the error is said.
const TableInfo* DefinitionTranslation::known_table(const Node* table) {
  const TableInfo* const info = context_.catalog.table(table->database, table->text);
  if (info != nullptr) return info;
  context_.fail(1146, "42S02",
                "Table '" +
                    (table->database.empty() ? context_.settings.database : std::string(table->database)) +
                    "." + std::string(table->text) + "' doesn't exist");
  return nullptr;
}

void DefinitionTranslation::create_index(Node* create) {
  Printer unused;
  qualified(create->kid(1), unused);
  if (context_.error) return;
  const Node* const table = create->kid(1);
  const TableInfo* const info = known_table(table);
  if (info == nullptr) return;
  table_collation_ = info->collation;
  index(create->kid(0), table, nullptr, info);
  out_.tables.push_back({std::string(table->database), info->name, "INDEX"});
}

void DefinitionTranslation::create_view(Node* create) {
  Printer name;
  qualified(create->kid(0), name);
  if (context_.error) return;
  if (create->has(kIfExists)) {  // ALTER VIEW
    const TableInfo* const info = known_table(create->kid(0));
    if (info == nullptr) return;
    const std::string_view given = create->kid(0)->database;
    const std::string database(given.empty() ? std::string_view(context_.settings.database) : given);
    if (!info->view) return context_.fail(1347, "HY000", "'" + database + "." + info->name + "' is not VIEW");
  }
  if (create->has(kReplace)) {
    Printer drop;
    drop.add("DROP VIEW IF EXISTS " + name.text);
    step(drop);
    out_.tables.push_back({std::string(create->kid(0)->database), std::string(create->kid(0)->text), "DROP"});
  }
  Resolver resolver(context_);
  auto columns = resolver.query(create->kid(2), nullptr);
  resolver.rename(columns, create->kid(1));
  if (context_.error) return;
  context_.in_view = true;
  Lowering(context_).lower(create->kid(2));
  if (context_.error) return;
  Printer printer;
  printer.add("CREATE VIEW " + name.text + " " + stored_comment("VIEW " + std::string(create->qualifier)));
  if (const Node* const names = create->kid(1)) {
    printer.add(" (");
    for (std::uint32_t i = 0; i < names->count; ++i) {
      if (i != 0) printer.add(", ");
      printer.name(names->kids[i]->text);
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

// There are none: what is said is said of one that is missing.
void DefinitionTranslation::no_routine(const Node* routine, std::string_view what, bool if_exists) {
  const std::string database(routine->database.empty() ? context_.settings.database : routine->database);
  const std::string name(routine->text);
  if (database.empty()) return context_.fail(1046, "3D000", "No database selected");
  if (what != "EVENT") {
    missing({1305, "42000", std::string(what) + " " + database + "." + name + " does not exist"}, if_exists);
  } else if (if_exists) {
    missing({1305, "42000", "Event " + name + " does not exist"}, true);
  } else {
    missing({1539, "HY000", "Unknown event '" + name + "'"}, false);
  }
}

void DefinitionTranslation::missing(SqlError error, bool if_exists) {
  if (if_exists) {
    out_.notes.push_back(std::move(error));
  } else {
    context_.fail(error.number, error.sqlstate, std::move(error.message));
  }
}

void DefinitionTranslation::drop_trigger(const Node* trigger, Printer& printer, bool if_exists) {
  const TableInfo* const owner = context_.catalog.trigger_table(trigger->database, trigger->text);
  if (owner == nullptr) return missing({1360, "HY000", "Trigger does not exist"}, if_exists);
  out_.tables.push_back({std::string(trigger->database), owner->name, "TRIGGER"});
  step(printer);
}

void DefinitionTranslation::drop(Node* drop) {
  const bool if_exists = drop->has(kIfExists);
  const bool view = drop->text == "VIEW";
  const Node* const tables = drop->kid(0);
  std::string unknown;
  for (std::uint32_t i = 0; i < tables->count && !context_.error; ++i) {
    Node* const table = tables->kids[i];
    if (drop->text == "PROCEDURE" || drop->text == "FUNCTION" || drop->text == "EVENT")
      return no_routine(table, drop->text, if_exists);
    Printer printer;
    printer.add("DROP " + std::string(drop->text) + (if_exists ? " IF EXISTS " : " "));
    qualified(table, printer);
    if (context_.error) return;
    if (drop->text == "TRIGGER") return drop_trigger(table, printer, if_exists);
    const std::string name =
        (table->database.empty() ? context_.settings.database : std::string(table->database)) + "." +
        std::string(table->text);
    const TableInfo* const info = context_.catalog.table(table->database, table->text);
    if (info != nullptr && !info->view && view)
      return context_.fail(1347, "HY000", "'" + name + "' is not VIEW");
    out_.tables.push_back({std::string(table->database), std::string(table->text), "DROP"});
    // A view is no table that DROP TABLE would find, nor is a lasting one temporary.
    const bool found = info != nullptr && info->view == view && (info->temporary || !drop->has(kTemporary));
    if (!found) {
      if (if_exists) missing({1051, "42S02", "Unknown table '" + name + "'"}, true);
      unknown += (unknown.empty() ? "" : ",") + name;
      continue;
    }
    if (!view && !info->temporary) refuse_if_referenced(table, 3730, tables);
    step(printer);
    if (!view) drop_full_texts(*info, table, false);
  }
  if (!unknown.empty() && !if_exists) context_.fail(1051, "42S02", "Unknown table '" + unknown + "'");
}

void DefinitionTranslation::truncate(Node* tree) {
  Printer printer;
  printer.add("DELETE FROM ");
  qualified(tree->kid(0), printer);
  if (context_.error) return;
  Node* const itself = new_node(context_.arena, Kind::kList, {tree->kid(0)});
  refuse_if_referenced(tree->kid(0), 1701, itself);
  step(printer);
  number_from(tree->kid(0), "1");
  out_.tables.push_back({std::string(tree->kid(0)->database), std::string(tree->kid(0)->text), "DROP"});
}

// Digits that are too many for a number are more than any column that is counted so holds.
void DefinitionTranslation::number_from(const Node* table, std::string_view first) {
  std::int64_t number = std::numeric_limits<std::int64_t>::max();
  std::from_chars(first.data(), first.data() + first.size(), number);
  out_.numbering = {{std::string(table->database), std::string(table->text), "ALTER"},
                    std::max<std::int64_t>(number, 1)};
}

}  // namespace murmel::sql
