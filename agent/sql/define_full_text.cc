// FULLTEXT indexes: each is a table of FTS5's over the table's own rows ("table.index", external content),
// which triggers of plain SQLite keep in step, so that whatever writes to the file does.
#include <algorithm>
#include <string>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

constexpr const char* kTriggers[] = {"insert", "delete", "update"};

std::string in_quotes(std::string_view name) {
  Printer printer;
  printer.name(name);
  return printer.text;
}

std::string trigger_name(std::string_view index, const char* event) {
  return std::string(index) + "." + event;
}

}  // namespace

// FTS5 folds letters as these collations do: without regard to case and accents.
bool DefinitionTranslation::check_full_text(const Node* key, const Node* table, const TableInfo& columns) {
  for (std::uint32_t i = 0; i < key->kid(0)->count; ++i) {
    const Node* const part = key->kid(0)->kids[i];
    const std::string name(part->text);
    const auto column =
        std::find_if(columns.columns.begin(), columns.columns.end(),
                     [&](const ColumnInfo& candidate) { return same_name(candidate.name, name); });
    if (part->count != 0 || column == columns.columns.end()) {
      context_.fail(1072, "42000", "Key column '" + name + "' doesn't exist in table");
      return false;
    }
    const TypeKind kind = column->type.kind;
    if (!is_text(kind) || kind == TypeKind::kEnum || kind == TypeKind::kSet) {
      context_.fail(1283, "HY000", "Column '" + name + "' cannot be part of FULLTEXT index");
      return false;
    }
    const std::string& collation =
        column->type.collation.empty() ? std::string(table_collation_) : column->type.collation;
    if (!collation.ends_with("_ci") || collation.find("_as_") != std::string::npos) {
      context_.not_supported("FULLTEXT indexes with collation " + collation);
      return false;
    }
  }
  const bool has_rowid =
      std::any_of(columns.columns.begin(), columns.columns.end(),
                  [](const ColumnInfo& column) { return same_name(column.name, "rowid"); });
  if (has_rowid) context_.not_supported("FULLTEXT indexes of a table with a column 'rowid'");
  if (temporary_ || same_name(table->database, "temp")) {
    context_.fail(1796, "HY000", "Cannot create FULLTEXT index on temporary InnoDB table");
  }
  return !context_.error;
}

void DefinitionTranslation::full_text_index(const Node* key, const Node* table, std::string_view name,
                                            const TableInfo& columns) {
  if (!check_full_text(key, table, columns)) return;
  std::string names;
  std::string changed = "old.rowid <> new.rowid";
  const auto values = [&](const char* row) {
    std::string text = std::string(row) + ".rowid";
    for (std::uint32_t i = 0; i < key->kid(0)->count; ++i)
      text.append(", ").append(row).append(".").append(in_quotes(key->kid(0)->kids[i]->text));
    return text;
  };
  for (std::uint32_t i = 0; i < key->kid(0)->count; ++i) {
    const std::string column = in_quotes(key->kid(0)->kids[i]->text);
    names += (names.empty() ? "" : ", ") + column;
    changed += " OR old." + column + " IS NOT new." + column;
  }
  const std::string database = table->database.empty() ? "" : in_quotes(table->database) + ".";
  const std::string own_name = sqlite_index_name(table->text, name);
  const std::string own = in_quotes(own_name);
  Printer content;
  content.string(table->text);
  run_text("CREATE VIRTUAL TABLE " + database + own + " USING fts5(" + names + ", content=" + content.text +
           ", tokenize=\"unicode61 remove_diacritics 2 tokenchars '_'\")");
  run_text("INSERT INTO " + database + own + "(" + own + ") VALUES ('rebuild')");
  const std::string add = "INSERT INTO " + own + "(rowid, " + names + ") VALUES (" + values("new") + "); ";
  const std::string remove =
      "INSERT INTO " + own + "(" + own + ", rowid, " + names + ") VALUES ('delete', " + values("old") + "); ";
  const std::string on = " ON " + in_quotes(table->text);
  const auto trigger = [&](const char* event, const std::string& when, const std::string& body) {
    run_text("CREATE TRIGGER " + database + in_quotes(trigger_name(own_name, event)) + " AFTER " + when +
             " BEGIN " + body + "END");
  };
  trigger("insert", "INSERT" + on, add);
  trigger("delete", "DELETE" + on, remove);
  trigger("update", "UPDATE" + on + " WHEN " + changed, remove + add);
}

// `triggers`: the table itself stays.
void DefinitionTranslation::drop_full_text(std::string_view index, const Node* table, bool triggers) {
  const std::string database = table->database.empty() ? "" : in_quotes(table->database) + ".";
  for (const char* const event : kTriggers) {
    if (triggers) run_text("DROP TRIGGER " + database + in_quotes(trigger_name(index, event)));
  }
  run_text("DROP TABLE " + database + in_quotes(index));
}

void DefinitionTranslation::drop_full_texts(const TableInfo& info, const Node* table, bool triggers) {
  for (const IndexInfo& index : info.indexes) {
    if (index.full_text) drop_full_text(index.sqlite_name, table, triggers);
  }
}

}  // namespace murmel::sql
