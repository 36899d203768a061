// CREATE INDEX and VIEW, DROP, TRUNCATE.
#include <algorithm>
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
  Lowering lowering(context_);
  lowering.lower(create->kid(2));
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
    if (drop->text == "TRIGGER") {
      const TableInfo* const owner = context_.catalog.trigger_table(table->database, table->text);
      if (owner == nullptr && !out_.if_exists) return context_.fail(1360, "HY000", "Trigger does not exist");
      if (owner == nullptr) continue;
      out_.tables.push_back({std::string(table->database), owner->name, "TRIGGER"});
      step(printer);
      continue;
    }
    const TableInfo* const info = context_.catalog.table(table->database, table->text);
    // A view is no table that DROP TABLE IF EXISTS would find, and the other way round.
    if (out_.if_exists && info != nullptr && info->view != (drop->text == "VIEW")) continue;
    if (!out_.if_exists && (info == nullptr || info->view != (drop->text == "VIEW"))) {
      missing += (missing.empty() ? "" : ",") +
                 (table->database.empty() ? context_.settings.database : std::string(table->database)) + "." +
                 std::string(table->text);
    }
    if (info != nullptr && drop->text == "TABLE") refuse_if_referenced(table, 3730, tables);
    step(printer);
    if (info != nullptr && drop->text == "TABLE") drop_full_texts(*info, table, false);
    out_.tables.push_back({std::string(table->database), std::string(table->text), "DROP"});
  }
  if (!missing.empty()) context_.fail(1051, "42S02", "Unknown table '" + missing + "'");
}

void DefinitionTranslation::truncate(Node* tree) {
  Printer printer;
  printer.add("DELETE FROM ");
  qualified(tree->kid(0), printer);
  if (context_.error) return;
  Node* const itself = new_node(context_.arena, Kind::kList, {tree->kid(0)});
  refuse_if_referenced(tree->kid(0), 1701, itself);
  step(printer);
  out_.tables.push_back({std::string(tree->kid(0)->database), std::string(tree->kid(0)->text), "DROP"});
}

}  // namespace murmel::sql
