// Foreign keys. SQLite looks for the row of a parent, and for its children, by bytes, while keys over texts
// are ordered by MySQL's collations. So where a foreign key has texts both tables get one more index, by
// bytes, which is none of MySQL's and is never shown (TableInfo::exact_indexes).
#include <algorithm>
#include <string>
#include <vector>

#include "agent/sql/alter_table.h"
#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

using Names = std::vector<std::string>;

Names names_of(const Node* list) {
  Names names;
  for (std::uint32_t i = 0; i < list->count; ++i) names.emplace_back(list->kids[i]->text);
  return names;
}

// All keys that a CREATE TABLE says, as far as foreign keys can use them.
std::vector<IndexInfo> keys_of(const Node* elements) {
  std::vector<IndexInfo> keys;
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition) {
      const Node* const attributes = element->kid(0);
      for (std::uint32_t j = 0; j < attributes->count; ++j) {
        if (attributes->kids[j]->text == "PRIMARY")
          keys.push_back({"PRIMARY", true, {std::string(element->text)}, {}, {}});
      }
      continue;
    }
    if (element->kind != Kind::kKey || element->text == "FULLTEXT") continue;
    const Node* const parts = element->kid(0);
    const bool prefix = std::any_of(parts->kids, parts->kids + parts->count,
                                    [](const Node* part) { return part->number != 0; });
    const bool unique = element->text == "PRIMARY" || element->text == "UNIQUE";
    if (!prefix) keys.push_back({std::string(element->qualifier), unique, names_of(parts), {}, {}});
  }
  return keys;
}

// Do the key's first columns, in this order, make the foreign key's?
bool begins_with(const IndexInfo& key, const Names& columns) {
  return key.columns.size() >= columns.size() &&
         std::equal(columns.begin(), columns.end(), key.columns.begin(),
                    [](const std::string& a, const std::string& b) { return same_name(a, b); });
}

bool is_unique(const std::vector<IndexInfo>& keys, const Names& columns) {
  return std::any_of(keys.begin(), keys.end(), [&](const IndexInfo& key) {
    if (!key.unique || key.columns.size() != columns.size()) return false;
    return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return std::any_of(key.columns.begin(), key.columns.end(),
                         [&](const std::string& part) { return same_name(part, column); });
    });
  });
}

const ColumnInfo* key_column(const TableInfo& table, std::string_view name) {
  for (const ColumnInfo& column : table.columns) {
    if (same_name(column.name, name)) return &column;
  }
  return nullptr;
}

bool is_same_kind(const Type& a, const Type& b) {
  const bool texts = is_text(a.kind) && is_text(b.kind);
  if (texts) return a.collation == b.collation;
  if (is_binary(a.kind) && is_binary(b.kind)) return true;
  return a.kind == b.kind && a.is_unsigned == b.is_unsigned && a.decimals == b.decimals;
}

bool is_collated(const ColumnInfo& column) {
  if (column.type.kind == TypeKind::kDecimal) return true;
  return is_text(column.type.kind) && column.type.kind != TypeKind::kEnum &&
         column.type.kind != TypeKind::kSet && column.type.collation != "binary" &&
         column.type.collation != "utf8mb4_0900_bin";
}

bool any_collated(const TableInfo& table, const Names& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](const std::string& name) {
    const ColumnInfo* const column = key_column(table, name);
    return column != nullptr && is_collated(*column);
  });
}

}  // namespace

// InnoDB makes an index over the columns where there is none.
void DefinitionTranslation::index_foreign_keys(Node* elements) {
  const std::uint32_t given = elements->count;
  for (std::uint32_t i = 0; i < given; ++i) {
    const Node* const foreign = elements->kids[i];
    if (foreign->kind != Kind::kForeignKey) continue;
    const Names columns = names_of(foreign->kid(0));
    const std::vector<IndexInfo> keys = keys_of(elements);
    if (std::any_of(keys.begin(), keys.end(),
                    [&](const IndexInfo& key) { return begins_with(key, columns); }))
      continue;
    Node* const parts = new_node(context_.arena, Kind::kList);
    for (std::uint32_t j = 0; j < foreign->kid(0)->count; ++j)
      append(context_.arena, parts,
             new_node(context_.arena, Kind::kKeyPart, {}, foreign->kid(0)->kids[j]->text));
    Node* const key = new_node(context_.arena, Kind::kKey, {parts}, "INDEX");
    key->qualifier = foreign->qualifier;
    append(context_.arena, elements, key);
  }
}

// Both sides must be of one type, and what is referred to a key. A parent that is not there yet is not asked.
void DefinitionTranslation::check_parent(const Node* key, const Node* table, const Node* elements) {
  const Node* const parent = key->kid(1);
  const bool self = same_name(parent->text, table->text);
  const TableInfo own = info_of(elements);
  const TableInfo* const info = self ? &own : context_.catalog.table(table->database, parent->text);
  const std::string name(key->qualifier);
  const Names columns = names_of(key->kid(0));
  const Names referred = names_of(key->kid(2));
  if (columns.size() != referred.size()) {
    return context_.fail(
        1239, "42000",
        "Incorrect foreign key definition for '" + name + "': Key reference and table reference don't match");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ColumnInfo* const column = key_column(own, columns[i]);
    if (column == nullptr) {
      return context_.fail(1072, "42000", "Key column '" + columns[i] + "' doesn't exist in table");
    }
    if (info == nullptr || !(info->from_mysql || self)) continue;
    const ColumnInfo* const to = key_column(*info, referred[i]);
    if (to == nullptr) {
      return context_.fail(3734, "HY000",
                           "Failed to add the foreign key constraint. Missing column '" + referred[i] +
                               "' for constraint '" + name + "' in the referenced table '" +
                               std::string(parent->text) + "'");
    }
    if (is_same_kind(column->type, to->type)) continue;
    return context_.fail(3780, "HY000",
                         "Referencing column '" + columns[i] + "' and referenced column '" + referred[i] +
                             "' in foreign key constraint '" + name + "' are incompatible.");
  }
  if (info == nullptr || !(info->from_mysql || self)) return;
  if (is_unique(self ? keys_of(elements) : info->indexes, referred)) return;
  context_.fail(1822, "HY000",
                "Failed to add the foreign key constraint. Missing index for constraint '" + name +
                    "' in the referenced table '" + std::string(parent->text) + "'");
}

void DefinitionTranslation::foreign_key(const Node* key, const Node* table, const Node* elements,
                                        Printer& printer) {
  const Node* const parent = key->kid(1);
  const std::string_view home =
      table->database.empty() ? std::string_view(context_.settings.database) : table->database;
  if (!parent->database.empty() && !same_name(parent->database, home)) {
    return context_.not_supported("foreign keys to other databases");
  }
  check_parent(key, table, elements);
  if (context_.error) return;
  const auto names = [&](const Node* list) {
    printer.add(" (");
    for (std::uint32_t i = 0; i < list->count; ++i) {
      if (i != 0) printer.add(", ");
      printer.name(list->kids[i]->text);
    }
    printer.add(")");
  };
  printer.add(", CONSTRAINT ");
  printer.name(key->qualifier);
  printer.add(" FOREIGN KEY");
  names(key->kid(0));
  printer.add(" REFERENCES ");
  out_.tables.push_back({std::string(table->database), std::string(parent->text), "REFERENCES"});
  printer.name(parent->text);
  names(key->kid(2));
  if (key->kid(3) != nullptr) printer.add(" ON DELETE " + std::string(key->kid(3)->text));
  if (key->kid(4) != nullptr) printer.add(" ON UPDATE " + std::string(key->kid(4)->text));
}

// Those without a name get MySQL's: the table's, and the next number.
void DefinitionTranslation::name_foreign_keys(const Node* table, const Node* elements) {
  const std::string prefix = std::string(table->text) + "_ibfk_";
  const auto each = [elements](auto&& visit) {
    for (std::uint32_t i = 0; i < elements->count; ++i) {
      if (elements->kids[i]->kind == Kind::kForeignKey) visit(elements->kids[i]);
    }
  };
  std::size_t last = 0;
  each([&](const Node* key) {
    if (!key->qualifier.starts_with(prefix)) return;
    std::size_t number = 0;
    for (const char digit : key->qualifier.substr(prefix.size()).substr(0, 6)) {
      if (digit < '0' || digit > '9') return;
      number = number * 10 + static_cast<std::size_t>(digit - '0');
    }
    last = std::max(last, number);
  });
  each([&](Node* key) {
    if (key->qualifier.empty()) key->qualifier = context_.arena.copy(prefix + std::to_string(++last));
  });
}

// In place of an index that has this name already nothing is made.
void DefinitionTranslation::exact_index(const Node* table, const Names& columns, bool unique) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ",") + column;
  Printer printer;
  printer.add(unique ? "CREATE UNIQUE INDEX IF NOT EXISTS " : "CREATE INDEX IF NOT EXISTS ");
  if (!table->database.empty()) {
    printer.name(table->database);
    printer.add(".");
  }
  printer.name(sqlite_index_name(table->text, std::string(1, unique ? kExactKey : kExactColumns) + list));
  printer.add(" ON ");
  printer.name(table->text);
  printer.add(" (");
  for (const std::string& column : columns) {
    if (&column != &columns.front()) printer.add(", ");
    printer.name(column);
  }
  printer.add(")");
  step(printer);
}

// Of a table that was just made: for its own foreign keys, and for those of others to it.
void DefinitionTranslation::exact_indexes(const Node* table, const Node* elements) {
  const TableInfo own = info_of(elements);
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const key = elements->kids[i];
    if (key->kind != Kind::kForeignKey) continue;
    const Names columns = names_of(key->kid(0));
    if (!any_collated(own, columns)) continue;
    exact_index(table, columns, false);
    Node* const parent = new_node(context_.arena, Kind::kTable, {}, key->kid(1)->text);
    parent->database = table->database;
    const bool self = same_name(parent->text, table->text);
    if (self || context_.catalog.table(table->database, parent->text) != nullptr)
      exact_index(parent, names_of(key->kid(2)), true);
  }
  for (const TableInfo* const other : context_.catalog.referring_tables(table->database, table->text)) {
    if (same_name(other->name, table->text)) continue;
    for (const ForeignKeyInfo& key : other->foreign_keys) {
      if (same_name(key.table, table->text) && any_collated(own, key.table_columns))
        exact_index(table, key.table_columns, true);
    }
  }
}

// Other tables than those in `but` must not refer to it (3730, 1701), unless foreign_key_checks is off. As
// rows go with it, SQLite's own foreign keys are off.
void DefinitionTranslation::refuse_if_referenced(const Node* table, int error, const Node* but) {
  const auto is_among = [but](std::string_view name) {
    return std::any_of(but->kids, but->kids + but->count,
                       [name](const Node* other) { return same_name(other->text, name); });
  };
  for (const TableInfo* const other : context_.catalog.referring_tables(table->database, table->text)) {
    out_.without_foreign_keys = true;
    if (is_among(other->name)) continue;
    const std::string database(table->database.empty() ? std::string_view(context_.settings.database)
                                                       : table->database);
    const auto key =
        std::find_if(other->foreign_keys.begin(), other->foreign_keys.end(),
                     [&](const auto& candidate) { return same_name(candidate.table, table->text); });
    const std::string sentence =
        error == 3730 ? "Cannot drop table '" + std::string(table->text) +
                            "' referenced by a foreign key constraint '" + key->name + "' on table '" +
                            other->name + "'."
                      : "Cannot truncate a table referenced in a foreign key constraint (`" + database +
                            "`.`" + other->name + "`, CONSTRAINT `" + key->name + "`)";
    Printer printer;
    printer.add("SELECT \"mysql_signal\"(");
    printer.string(sentence);
    printer.add(", " + std::to_string(error) +
                ") WHERE \"mysql_system_variable\"('foreign_key_checks', 'session')");
    return step(printer);
  }
}

// A parent that is not there is an error, unless foreign_key_checks is off.
void DefinitionTranslation::require_parent(const Node* key, const Node* table) {
  const Node* const parent = key->kid(1);
  const bool self = same_name(parent->text, table->text);
  if (self || context_.catalog.table(table->database, parent->text) != nullptr) return;
  Printer printer;
  printer.add("SELECT \"mysql_signal\"(");
  printer.string("Failed to open the referenced table '" + std::string(parent->text) + "'");
  printer.add(", 1824) WHERE \"mysql_system_variable\"('foreign_key_checks', 'session')");
  step(printer);
}

// Rows were copied with foreign keys off. Those that hold nothing new may have rows that break them already.
void DefinitionTranslation::check_changed_foreign_keys(const Node* table, const Node* elements,
                                                       const Node* actions) {
  const auto each = [](const Node* list, auto&& matches) {
    return std::any_of(list->kids, list->kids + list->count, matches);
  };
  const bool any = each(actions, [&](const Node* action) {
    if (action->text == "ADD KEY") return action->kid(0)->kind == Kind::kForeignKey;
    if (action->text != "CHANGE" && action->text != "MODIFY") return false;
    return each(elements, [&](const Node* key) {
      return key->kind == Kind::kForeignKey && each(key->kid(0), [&](const Node* column) {
               return same_name(column->text, action->kid(0)->text);
             });
    });
  });
  if (!any) return;
  Printer printer;
  printer.add(
      "SELECT \"mysql_signal\"('Cannot add or update a child row: a foreign key constraint fails', 1452) "
      "FROM pragma_foreign_key_check(");
  printer.string(table->text);
  if (!table->database.empty()) {
    printer.add(", ");
    printer.string(table->database);
  }
  printer.add(") WHERE \"mysql_system_variable\"('foreign_key_checks', 'session')");
  step(printer);
}

// What foreign keys of other tables need of a table stays as it is.
void DefinitionTranslation::check_references(const Node* table, const TableInfo& info,
                                             const AlteredTable& altered) {
  const Node* const elements = altered.elements();
  const std::string database(table->database.empty() ? std::string_view(context_.settings.database)
                                                     : table->database);
  for (const TableInfo* const other : context_.catalog.referring_tables(table->database, info.name)) {
    for (const ForeignKeyInfo& key : other->foreign_keys) {
      if (!same_name(key.table, info.name) || same_name(other->name, info.name)) continue;
      for (const std::string& name : key.table_columns) {
        const auto& columns = altered.columns();
        const auto kept =
            std::find_if(columns.begin(), columns.end(), [&](const AlteredTable::Column& column) {
              return column.from != nullptr && same_name(column.from->name, name);
            });
        if (kept == columns.end()) {
          return context_.fail(1829, "HY000",
                               "Cannot drop column '" + name + "': needed in a foreign key constraint '" +
                                   key.name + "' of table '" + other->name + "'");
        }
        if (!same_name(kept->definition->text, name))
          return context_.not_supported(
              "a new name and other changes at once where foreign keys refer to a column");
        const TableInfo now = info_of(elements);
        if (is_same_kind(kept->from->type, key_column(now, name)->type)) continue;
        return context_.fail(1833, "HY000",
                             "Cannot change column '" + name + "': used in a foreign key constraint '" +
                                 key.name + "' of table '" + database + "." + other->name + "'");
      }
      if (is_unique(keys_of(elements), key.table_columns)) continue;
      for (const IndexInfo& index : info.indexes) {
        if (!is_unique({index}, key.table_columns)) continue;
        return context_.fail(1553, "HY000",
                             "Cannot drop index '" + index.name + "': needed in a foreign key constraint");
      }
    }
  }
}

}  // namespace murmel::sql
