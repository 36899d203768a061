// INSERT and REPLACE.
#include <algorithm>
#include <string>

#include "agent/sql/parser.h"
#include "agent/sql/table_keys.h"
#include "agent/sql/trigger.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

std::string quoted_list_error(std::string_view name) {
  return "Unknown column '" + std::string(name) + "' in 'field list'";
}

// Not a constant of SQLite's; nor is a TIMESTAMP, which is meant in the session's time zone.
bool is_computed_default(const ColumnInfo& column) {
  const std::string_view value = column.default_value;
  return value.starts_with("(") || value.starts_with("CURRENT") ||
         (column.type.kind == TypeKind::kTimestamp && value.starts_with("'"));
}

Node* find_query(Node* rows) {
  return rows->kind == Kind::kQuery ? rows : nullptr;
}

}  // namespace

const TableInfo* WriteTranslation::target_table(Node* table, const char* verb) {
  if (same_name(table->database, context_.settings.database)) table->database = {};
  if (table->database.empty() && context_.settings.database.empty()) {
    context_.fail(1046, "3D000", "No database selected");
    return nullptr;
  }
  target_database_ = table->database;
  const TableInfo* const info = context_.catalog.table(table->database, table->text);
  if (info == nullptr) {
    const std::string_view database =
        table->database.empty() ? std::string_view(context_.settings.database) : table->database;
    context_.fail(1146, "42S02",
                  "Table '" + std::string(database) + "." + std::string(table->text) + "' doesn't exist");
    return nullptr;
  }
  if (!info->view) return info;
  const bool insert = std::string_view(verb) == "INSERT";
  context_.fail(insert ? 1471 : 1288, "HY000",
                "The target table " + info->name + " of the " + verb + " is not " +
                    (insert ? "insertable-into" : "updatable"));
  return nullptr;
}

const ColumnInfo* WriteTranslation::find_column(const TableInfo& table, std::string_view name) {
  for (const ColumnInfo& column : table.columns) {
    if (same_name(column.name, name)) return &column;
  }
  context_.fail(1054, "42S22", quoted_list_error(name));
  return nullptr;
}

std::vector<const ColumnInfo*> WriteTranslation::insert_columns(const TableInfo& table, const Node* columns) {
  std::vector<const ColumnInfo*> result;
  if (columns == nullptr) {
    for (const ColumnInfo& column : table.columns) {
      if (!column.invisible) result.push_back(&column);
    }
    return result;
  }
  for (std::uint32_t i = 0; i < columns->count; ++i) {
    const ColumnInfo* const column = find_column(table, columns->kids[i]->text);
    if (column == nullptr) return {};
    if (std::find(result.begin(), result.end(), column) != result.end()) {
      context_.fail(1110, "42000", "Column '" + column->name + "' specified twice");
    }
    result.push_back(column);
  }
  return result;
}

// The default as an expression; DEFAULT(...) texts of the catalog are MySQL's and go the way of all others.
Node* WriteTranslation::default_of(const ColumnInfo& column) {
  if (!column.has_default || column.default_value == "NULL") return new_node(context_.arena, Kind::kNull);
  Node* const value = parse_expression(column.default_value, context_);
  if (value == nullptr) return new_node(context_.arena, Kind::kNull);
  resolver_.expression(value, Scope{}, "field list");
  return lowering_.lower(value);
}

Node* WriteTranslation::assigned(std::string_view table, const ColumnInfo& column, Node* value,
                                 std::uint32_t row) {
  if (column.generated) refuse_generated(table, column);
  // A date or time as a number has its digits: 10:11:12 is 101112.
  const bool digits = value->type != nullptr && is_temporal(value->type->kind) && is_number(column.type.kind);
  if (digits) value = lowering_.typed(value);
  return convert_for_column(column, value, row, context_.settings.mode.strict && !out_.ignore, context_);
}

Node* WriteTranslation::auto_increment(const TableInfo& table, Node* value) {
  const std::string full =
      target_database_.empty() ? table.name : std::string(target_database_) + "." + table.name;
  Node* const name = new_node(context_.arena, Kind::kString, {}, context_.arena.copy(full));
  Node* const call = new_node(context_.arena, Kind::kCall, {value, name}, "mysql_auto_increment");
  if (in_trigger_) append(context_.arena, call, new_node(context_.arena, Kind::kString, {}, "trigger"));
  return call;
}

// SQLite numbers a row for NULL where the column is its row id; MySQL does not without AUTO_INCREMENT.
Node* WriteTranslation::required(const TableInfo& table, const ColumnInfo& column, Node* value) {
  const bool keyed = !table.indexes.empty() && table.indexes[0].name == "PRIMARY" &&
                     table.indexes[0].columns.size() == 1 &&
                     same_name(table.indexes[0].columns[0], column.name) && table.from_mysql;
  const bool is_rowid = keyed && (is_integer(column.type.kind) || column.type.kind == TypeKind::kBit);
  if (!is_rowid || value->kind == Kind::kInteger || value->kind == Kind::kUnary) return value;
  Node* const name = new_node(context_.arena, Kind::kString, {}, context_.arena.copy(column.name));
  return new_node(context_.arena, Kind::kCall, {value, name}, "mysql_required");
}

// Columns that are not named: AUTO_INCREMENT and defaults that are computed get a value; the others are left
// to the table's own DEFAULT, and without one it is an error.
void WriteTranslation::check_defaults(const TableInfo& table, std::vector<const ColumnInfo*>& columns,
                                      std::vector<Node*>& added) {
  for (const ColumnInfo& column : table.columns) {
    if (std::find(columns.begin(), columns.end(), &column) != columns.end() || column.generated) continue;
    if (column.auto_increment) {
      columns.push_back(&column);
      added.push_back(auto_increment(table, new_node(context_.arena, Kind::kNull)));
    } else if (!column.has_default && column.not_null) {
      if (context_.settings.mode.strict && !out_.ignore) {
        return context_.fail(1364, "HY000", "Field '" + column.name + "' doesn't have a default value");
      }
      columns.push_back(&column);
      out_.warnings.push_back({1364, "HY000", "Field '" + column.name + "' doesn't have a default value"});
      Node* const type =
          new_node(context_.arena, Kind::kString, {}, context_.arena.copy(type_text(column.type)));
      added.push_back(new_node(context_.arena, Kind::kCall, {type}, "mysql_implicit_default"));
    } else if (column.has_default && is_computed_default(column)) {
      columns.push_back(&column);
      added.push_back(assigned(table.name, column, default_of(column), 0));
    }
  }
}

void WriteTranslation::insert(Node* insert) {
  out_.verb = insert->text == "REPLACE" ? Statement::WriteVerb::kReplace : Statement::WriteVerb::kInsert;
  out_.ignore = insert->has(kIgnore);
  out_.rows = insert->kid(2)->kind == Kind::kQuery ? 0 : insert->kid(2)->count;
  Node* const table = insert->kid(0);
  const TableInfo* const info = target_table(table, "INSERT");
  if (info == nullptr) return;
  const auto also_needs = [&](const char* privilege) {
    out_.tables.push_back({std::string(table->database), info->name, privilege});
  };
  if (out_.verb == Statement::WriteVerb::kReplace) also_needs("DELETE");
  if (insert->kid(3) != nullptr) also_needs("UPDATE");
  std::vector<const ColumnInfo*> columns = insert_columns(*info, insert->kid(1));
  sets_row_ = sets_new_row(*info, "INSERT", context_);
  const bool ruled = RowRules::has_any(*info) || sets_row_;
  if (ruled && !context_.error) {
    leave_generated(*info, columns, insert->kid(2));
    std::erase_if(columns, [](const ColumnInfo* column) { return is_computed(*column); });
  }
  const bool listed = insert->kid(2)->kind == Kind::kList;
  if (listed && !loads_ && names_a_column(insert->kid(2))) name_row(table, *info);
  const std::size_t given = columns.size();
  std::vector<Node*> added;
  const bool empty = insert->kid(1) == nullptr && listed && insert->kid(2)->kid(0)->count == 0;
  if (empty) columns.clear();
  if (!context_.error) check_defaults(*info, columns, added);
  if (ruled) add_the_rest(*info, columns, added);
  if (context_.error) return;
  printer_.add(out_.verb == Statement::WriteVerb::kReplace ? "INSERT OR REPLACE INTO "
               : out_.ignore && !loads_                    ? "INSERT OR IGNORE INTO "
                                                           : "INSERT INTO ");
  printer_.node(table);
  if (columns.empty()) {
    printer_.add(" DEFAULT VALUES");
    return finish("INSERT", table->database, info->name);
  }
  if (ruled) {
    begin_ruled(*info, columns);
  } else {
    print_names(columns);
  }
  if (Node* const query = find_query(insert->kid(2))) {
    from_query(*info, columns, given, added, query);
  } else {
    rows(*info, columns, empty ? 0 : given, added, insert->kid(2));
  }
  if (ruled) end_ruled();
  if (insert->kid(3) != nullptr && !context_.error) {
    on_duplicate(*info, insert);
  } else if (out_.ignore && !in_trigger_ && !loads_) {
    note_duplicates(*info);
  }
  finish("INSERT", table->database, info->name);
}

// INSERT IGNORE (LOAD DATA's rows are looked at one by one): a row that is there already stays, and a warning
// says which key has found it.
void WriteTranslation::note_duplicates(const TableInfo& table) {
  std::string cases;
  Printer printer;
  const auto value = [&](std::string_view qualifier, const IndexInfo& index, std::size_t part) {
    Printer column;
    column.name(qualifier);
    column.add(".");
    column.name(index.columns[part]);
    printer.add(unique_value(column.text, index.lengths[part]));
  };
  for (const IndexInfo& index : table.indexes) {
    if (!index.unique || !table.from_mysql) continue;
    printer.add(" WHEN ");
    for (std::size_t part = 0; part < index.columns.size(); ++part) {
      const std::string& name = index.columns[part];
      if (part != 0) printer.add(" AND ");
      value(table.name, index, part);
      printer.add(" = ");
      value("excluded", index, part);
      Node* const typed = new_node(context_.arena, Kind::kColumn, {}, name);
      for (const ColumnInfo& info : table.columns) {
        if (same_name(info.name, name)) typed->type = &info.type;
      }
      const std::string_view collation = collation_of(typed, context_);
      if (collation.empty()) continue;
      printer.add(" COLLATE ");
      printer.name(collation);
    }
    printer.add(" THEN \"mysql_duplicate\"(");
    printer.string(table.name + "." + index.name);
    for (std::size_t part = 0; part < index.columns.size(); ++part) {
      printer.add(", ");
      value("excluded", index, part);
    }
    printer.add(")");
  }
  if (printer.text.empty()) return;
  printer_.add(" ON CONFLICT DO UPDATE SET ");
  printer_.name(table.columns[0].name);
  printer_.add(" = ");
  printer_.name(table.columns[0].name);
  printer_.add(" WHERE CASE" + printer.text + " ELSE 0 END");
}

// NULL for a column that can't have it becomes what the column has without DEFAULT, with a warning: for
// IGNORE, and outside of strict mode where there are several rows.
bool WriteTranslation::adjusts_nulls(const Node* rows) const {
  if (in_trigger_ || sets_row_ || loads_) return false;
  return out_.ignore || (!context_.settings.mode.strict && (rows->kind == Kind::kQuery || rows->count > 1));
}

void WriteTranslation::print_names(const std::vector<const ColumnInfo*>& columns) {
  printer_.add(" (");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) printer_.add(", ");
    printer_.name(columns[i]->name);
  }
  printer_.add(") ");
}

void WriteTranslation::rows(const TableInfo& table, const std::vector<const ColumnInfo*>& columns,
                            std::size_t given, const std::vector<Node*>& added, Node* rows) {
  // A condition has to be looked at before the values are.
  if (guard_ == nullptr) printer_.add("VALUES ");
  for (std::uint32_t i = 0; i < rows->count; ++i) {
    Node* const row = rows->kids[i];
    if (row->count != given) {
      return context_.fail(1136, "21S01",
                           "Column count doesn't match value count at row " + std::to_string(i + 1));
    }
    row_values_.clear();
    printer_.add(guard_ != nullptr ? (i == 0 ? "SELECT " : " UNION ALL SELECT ") : i == 0 ? "(" : ", (");
    for (std::size_t j = 0; j < columns.size(); ++j) {
      if (j != 0) printer_.add(", ");
      if (j >= given) {
        printer_.node(added[j - given]);
        continue;
      }
      const ColumnInfo& column = *columns[j];
      Node* value = row->kids[j];
      const bool is_default = value->kind == Kind::kDefault && value->text.empty();
      if (is_default && !column.has_default && column.not_null && !column.auto_increment) {
        return context_.fail(1364, "HY000", "Field '" + column.name + "' doesn't have a default value");
      }
      if (is_default) {
        value = default_of(column);
      } else {
        const bool of_row = row_table_ != nullptr && names_a_column(value) && !has_query(value);
        resolver_.expression(value, of_row ? row_ : Scope{}, "field list");
        if (context_.error) return;
        value = lowering_.lower(value);
        if (of_row) value = with_row(value);
      }
      if (context_.error) return;
      // SQLite would number the row, where the column is its row id.
      const bool is_null = value->type != nullptr && value->type->kind == TypeKind::kNull;
      const bool adjusts = adjusts_nulls(rows);
      if (is_null && column.not_null && !column.auto_increment && !out_.ignore && !sets_row_ && !adjusts) {
        return context_.fail(1048, "23000", "Column '" + column.name + "' cannot be null");
      }
      value = assigned(table.name, column, value, i + 1);
      if (row_table_ != nullptr) row_values_[column.name] = value;
      if (adjusts && !column.auto_increment) value = not_null(column, value);
      value = column.auto_increment ? auto_increment(table, value) : required(table, column, value);
      if (context_.error) return;
      printer_.node(value);
    }
    if (guard_ != nullptr) {
      printer_.add(" WHERE ");
      printer_.node(guard_);
    } else {
      printer_.add(")");
    }
  }
}

void WriteTranslation::from_query(const TableInfo& table, const std::vector<const ColumnInfo*>& columns,
                                  std::size_t given, const std::vector<Node*>& added, Node* query) {
  const auto found = resolver_.query(query, nullptr);
  if (context_.error) return;
  if (found.size() != given) {
    return context_.fail(1136, "21S01", "Column count doesn't match value count at row 1");
  }
  lowering_.lower(query);
  if (context_.error) return;
  printer_.add("SELECT ");
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (j != 0) printer_.add(", ");
    if (j >= given) {
      printer_.node(added[j - given]);
      continue;
    }
    Node* const source = source_column(j, context_.arena);
    source->type = found[j].type;
    const Type& type = *found[j].type;
    const bool same = type.kind == columns[j]->type.kind && type.kind != TypeKind::kTimestamp &&
                      type_text(type) == type_text(columns[j]->type);
    Node* value = same ? source : assigned(table.name, *columns[j], source, 0);
    if (adjusts_nulls(query) && !columns[j]->auto_increment) value = not_null(*columns[j], value);
    value = columns[j]->auto_increment ? auto_increment(table, value) : required(table, *columns[j], value);
    printer_.node(value);
  }
  print_source(query, given, printer_);
  printer_.add(" WHERE ");
  if (guard_ != nullptr) {
    printer_.node(guard_);
  } else {
    printer_.add("1");
  }
}

Node* source_column(std::size_t at, Arena& arena) {
  Node* const column = new_node(arena, Kind::kColumn, {}, arena.copy("c" + std::to_string(at)));
  column->qualifier = "_mysql_source";
  return column;
}

void print_source(Node* query, std::size_t columns, Printer& printer) {
  // A common table is the one place where SQLite takes names for the columns of any query.
  printer.add(" FROM (WITH \"_mysql_rows\"(");
  for (std::size_t i = 0; i < columns; ++i)
    printer.add((i == 0 ? "\"c" : ", \"c") + std::to_string(i) + "\"");
  printer.add(") AS (");
  printer.node(query);
  printer.add(") SELECT * FROM \"_mysql_rows\") AS \"_mysql_source\"");
}

// new.a and VALUES(a) are SQLite's excluded.a.
void WriteTranslation::use_excluded(Node* node, std::string_view alias, const Node* names,
                                    const std::vector<const ColumnInfo*>& columns) {
  if (node == nullptr) return;
  if (node->kind == Kind::kValuesOf) {
    node->kind = Kind::kColumn;
    node->qualifier = "excluded";
  } else if (node->kind == Kind::kColumn && names != nullptr) {
    for (std::uint32_t i = 0; i < names->count && i < columns.size(); ++i) {
      const bool meant = node->qualifier.empty() || same_name(node->qualifier, alias);
      if (!meant || !same_name(names->kids[i]->text, node->text)) continue;
      node->qualifier = "excluded";
      node->text = columns[i]->name;
      break;
    }
  } else if (node->kind == Kind::kColumn && !alias.empty() && same_name(node->qualifier, alias)) {
    node->qualifier = "excluded";
  }
  for (std::uint32_t i = 0; i < node->count; ++i) use_excluded(node->kids[i], alias, names, columns);
}

void WriteTranslation::on_duplicate(const TableInfo& table, Node* insert) {
  const auto columns = insert_columns(table, insert->kid(1));
  Scope scope;
  ScopeTable target{table.name, insert->kid(0)->database, table.name, {}, {}};
  for (const ColumnInfo& column : table.columns)
    target.columns.push_back({column.name, &column.type, &column});
  ScopeTable excluded{"excluded", {}, {}, target.columns, {}};
  for (const ScopeColumn& column : excluded.columns) excluded.merged.push_back(column.name);
  scope.tables = {target, excluded};
  Node* const list = insert->kid(3);
  for (std::uint32_t i = 0; i < list->count; ++i)
    use_excluded(list->kids[i]->kids[1], insert->qualifier, insert->kid(4), columns);
  auto assignments = targets(list, scope, true);
  if (context_.error) return;
  BeforeTriggers(context_, table, target.alias, "UPDATE", out_.ignore).run(assignments);
  const std::size_t given = assignments.size();
  touch_timestamps(target, assignments);
  RowRules rules(context_, table, target.alias, out_.ignore);
  rules.generate(assignments, false);
  const std::vector<Node*> checks = rules.checks(assignments, false);
  if (out_.ignore && !checks.empty()) {
    context_.not_supported("INSERT IGNORE ... ON DUPLICATE KEY UPDATE where there are CHECK constraints");
  }
  printer_.add(" ON CONFLICT DO UPDATE SET ");
  print_set(assignments, given, checks, &table);
}

}  // namespace murmel::sql
