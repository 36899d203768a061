// Generated columns and CHECK constraints in definitions: their names, and what they may refer to.
#include <algorithm>
#include <charconv>
#include <string>

#include "agent/sql/define.h"
#include "agent/sql/mysql_text.h"
#include "agent/sql/row_rules.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

constexpr std::string_view kVarying[] = {
    "benchmark",  "connection_id", "curdate",       "current_date", "current_time", "current_user",
    "curtime",    "database",      "found_rows",    "get_lock",     "is_free_lock", "last_insert_id",
    "load_file",  "now",           "rand",          "random_bytes", "release_lock", "row_count",
    "schema",     "session_user",  "sleep",         "sysdate",      "system_user",  "user",
    "utc_date",   "utc_time",      "utc_timestamp", "uuid",         "uuid_short",   "version",
    "name_const", "current_role",
};

// What an expression must not have: a function's name, "@" for a variable, "()" for anything else; empty: it
// is all right.
std::string forbidden(const Node* node) {
  if (node == nullptr) return {};
  const Kind kind = node->kind;
  if (kind == Kind::kUserVariable || kind == Kind::kSystemVariable || kind == Kind::kAssign) return "@";
  if (kind == Kind::kCall) {
    const bool now = node->text == "unix_timestamp" && node->count == 0;
    if (now || std::find(std::begin(kVarying), std::end(kVarying), node->text) != std::end(kVarying))
      return std::string(node->text);
    if (is_aggregate(node->text)) return "()";
  }
  for (std::uint32_t i = 0; i < node->count; ++i) {
    if (std::string found = forbidden(node->kids[i]); !found.empty()) return found;
  }
  return {};
}

void collect_columns(const Node* node, std::vector<std::string_view>& names) {
  if (node == nullptr) return;
  if (node->kind == Kind::kColumn) names.push_back(node->text);
  for (std::uint32_t i = 0; i < node->count; ++i) collect_columns(node->kids[i], names);
}

const Node* attribute(const Node* definition, std::string_view what) {
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    if (attributes->kids[i]->text == what) return attributes->kids[i];
  }
  return nullptr;
}

const Node* column_named(const Node* elements, std::string_view name) {
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition && same_name(element->text, name)) return element;
  }
  return nullptr;
}

bool changes_rows(const Node* action) {
  return action != nullptr && (action->text == "CASCADE" || action->text.starts_with("SET"));
}

// The foreign key that gives the column a value by itself; null: none does.
const Node* writing_key(const Node* elements, std::string_view name) {
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const key = elements->kids[i];
    if (key->kind != Kind::kForeignKey) continue;
    const bool set = key->kid(3) != nullptr && key->kid(3)->text.starts_with("SET");
    if (!set && !changes_rows(key->kid(4))) continue;
    for (std::uint32_t j = 0; j < key->kid(0)->count; ++j) {
      if (same_name(key->kid(0)->kids[j]->text, name)) return key;
    }
  }
  return nullptr;
}

// t_chk_12 -> 12.
int number_of_name(std::string_view name, const std::string& prefix) {
  int number = 0;
  if (name.starts_with(prefix))
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  return number;
}

}  // namespace

// CHECK of a column becomes one of the table, in the order in which they are written.
void DefinitionTranslation::collect_checks(Node* elements, std::vector<Check>& checks) {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    Node* const element = elements->kids[i];
    if (element->kind == Kind::kCheck) {
      checks.push_back({element, {}});
      continue;
    }
    elements->kids[kept++] = element;
    if (element->kind != Kind::kColumnDefinition) continue;
    Node* const attributes = element->kid(0);
    std::uint32_t left = 0;
    for (std::uint32_t j = 0; j < attributes->count; ++j) {
      if (attributes->kids[j]->text == "CHECK") {
        checks.push_back({attributes->kids[j]->kid(0), element->text});
      } else {
        attributes->kids[left++] = attributes->kids[j];
      }
    }
    attributes->count = left;
  }
  elements->count = kept;
}

void DefinitionTranslation::prepare_rules(const Node* table, Node* elements) {
  for (std::uint32_t i = 0; i < elements->count && !context_.error; ++i) {
    if (elements->kids[i]->kind == Kind::kColumnDefinition) check_generated(elements->kids[i], elements);
  }
  std::vector<Check> checks;
  collect_checks(elements, checks);
  const std::string prefix = std::string(table->text) + "_chk_";
  int number = 0;
  for (const Check& check : checks) number = std::max(number, number_of_name(check.node->qualifier, prefix));
  for (const Check& check : checks) {
    if (check.node->qualifier.empty()) {
      check.node->qualifier = context_.arena.copy(prefix + std::to_string(++number));
    }
    const auto same = std::count_if(checks.begin(), checks.end(), [&](const Check& other) {
      return same_name(other.node->qualifier, check.node->qualifier);
    });
    if (same > 1) {
      return context_.fail(3822, "HY000",
                           "Duplicate check constraint name '" + std::string(check.node->qualifier) + "'.");
    }
    check_condition(check, elements);
    if (context_.error) return;
    append(context_.arena, elements, check.node);
  }
}

void DefinitionTranslation::check_condition(const Check& check, const Node* elements) {
  const std::string name = "'" + std::string(check.node->qualifier) + "'";
  const Node* const condition = check.node->kid(0);
  const std::string found = forbidden(condition);
  if (found == "@") {
    return context_.fail(
        3816, "HY000",
        "An expression of a check constraint " + name + " cannot refer to a user or system variable.");
  }
  if (found == "()" || (found.empty() && !mysql_expression(condition))) {
    return context_.fail(3815, "HY000",
                         "An expression of a check constraint " + name + " contains disallowed function.");
  }
  if (!found.empty()) {
    return context_.fail(
        3814, "HY000",
        "An expression of a check constraint " + name + " contains disallowed function: " + found + ".");
  }
  std::vector<std::string_view> names;
  collect_columns(condition, names);
  for (const std::string_view column : names) {
    const Node* const definition = column_named(elements, column);
    if (definition == nullptr) {
      return context_.fail(
          3820, "HY000",
          "Check constraint " + name + " refers to non-existing column '" + std::string(column) + "'.");
    }
    if (!check.column.empty() && !same_name(check.column, column)) {
      return context_.fail(3813, "HY000", "Column check constraint " + name + " references other column.");
    }
    if (column_info(definition).auto_increment) {
      return context_.fail(3818, "HY000",
                           "Check constraint " + name + " cannot refer to an auto-increment column.");
    }
    if (const Node* const key = writing_key(elements, column)) {
      return context_.fail(3823, "HY000",
                           "Column '" + std::string(column) + "' cannot be used in a check constraint " +
                               name + ": needed in a foreign key constraint '" + std::string(key->qualifier) +
                               "' referential action.");
    }
  }
}

void DefinitionTranslation::check_generated(const Node* definition, const Node* elements) {
  const Node* const generated = attribute(definition, "AS");
  if (generated == nullptr) return;
  const std::string name = "'" + std::string(definition->text) + "'";
  for (const char* const other : {"DEFAULT", "AUTO_INCREMENT", "ON UPDATE"}) {
    if (attribute(definition, other) == nullptr) continue;
    return context_.fail(1221, "HY000", std::string("Incorrect usage of ") + other + " and generated column");
  }
  if (attribute(definition, "PRIMARY") != nullptr && generated->kid(1) == nullptr) {
    return context_.fail(
        3106, "HY000",
        "'Defining a virtual generated column as primary key' is not supported for generated columns.");
  }
  const Node* const value = generated->kid(0)->kid(0);
  const std::string found = forbidden(value);
  if (found == "@") {
    return context_.fail(
        3765, "HY000", "Expression of generated column " + name + " cannot refer user or system variables.");
  }
  if (found == "()" || (found.empty() && !mysql_expression(value))) {
    return context_.fail(3102, "HY000",
                         "Expression of generated column " + name + " contains a disallowed function.");
  }
  if (!found.empty()) {
    return context_.fail(
        3763, "HY000",
        "Expression of generated column " + name + " contains a disallowed function: " + found + ".");
  }
  std::vector<std::string_view> names;
  collect_columns(value, names);
  for (const std::string_view column : names) {
    const Node* const other = column_named(elements, column);
    if (other == nullptr) {
      return context_.fail(1054, "42S22",
                           "Unknown column '" + std::string(column) + "' in 'generated column function'");
    }
    if (column_info(other).auto_increment) {
      return context_.fail(3109, "HY000",
                           "Generated column " + name + " cannot refer to auto-increment column.");
    }
    if (attribute(other, "AS") != nullptr && !comes_before(elements, other, definition)) {
      return context_.fail(3107, "HY000",
                           "Generated column can refer only to generated columns defined prior to it.");
    }
    if (writing_key(elements, column) != nullptr) {
      return context_.not_supported("generated columns of what a foreign key changes");
    }
  }
}

bool DefinitionTranslation::comes_before(const Node* elements, const Node* one, const Node* other) {
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i] == other) return false;
    if (elements->kids[i] == one) return true;
  }
  return false;
}

TableInfo DefinitionTranslation::info_of(const Node* elements) const {
  TableInfo info;
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    const Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition) {
      info.columns.push_back(column_info(element));
      Type& type = info.columns.back().type;
      if (is_text(type.kind) && type.collation.empty()) type.collation = std::string(table_collation_);
    }
    if (element->kind == Kind::kCheck) {
      info.checks.push_back({std::string(element->qualifier), mysql_expression(element->kid(0)).value_or(""),
                             !element->has(kNegated)});
    }
  }
  return info;
}

// A query of no row, so that SQLite finds what is wrong with an expression before there is a table that
// nobody can write to.
void DefinitionTranslation::try_rules(const TableInfo& info) {
  if (!RowRules::has_any(info)) return;
  RowRules rules(context_, info, "_mysql_row", false);
  std::vector<AssignedColumn> row;
  rules.generate(row, true);
  const std::vector<Node*> checks = rules.checks(row, true);
  if (context_.error) return;
  Printer printer;
  printer.add("SELECT ");
  for (const AssignedColumn& column : row) {
    printer.node(column.value);
    printer.add(", ");
  }
  for (const Node* const check : checks) {
    printer.node(check);
    printer.add(", ");
  }
  printer.add("1 FROM (SELECT ");
  for (const ColumnInfo& column : info.columns) {
    if (&column != &info.columns.front()) printer.add(", ");
    printer.add("NULL AS ");
    printer.name(column.name);
  }
  printer.add(") AS \"_mysql_row\" LIMIT 0");
  step(printer);
}

// A column that others are made of, or that a constraint is about, can neither go nor get another name.
bool DefinitionTranslation::is_needed(const TableInfo& info, std::string_view column, bool dropped) {
  for (const ColumnInfo& other : info.columns) {
    std::vector<std::string_view> names;
    if (is_computed(other)) collect_columns(parse_expression(other.generation, context_), names);
    const bool used = std::any_of(names.begin(), names.end(),
                                  [&](std::string_view name) { return same_name(name, column); });
    if (!used) continue;
    context_.fail(3108, "HY000", "Column '" + std::string(column) + "' has a generated column dependency.");
    return true;
  }
  for (const CheckInfo& check : info.checks) {
    std::vector<std::string_view> names;
    collect_columns(parse_expression(check.expression, context_), names);
    const auto is_it = [&](std::string_view name) { return same_name(name, column); };
    if (std::none_of(names.begin(), names.end(), is_it)) continue;
    if (dropped && std::all_of(names.begin(), names.end(), is_it)) continue;
    context_.fail(3959, "HY000",
                  "Check constraint '" + check.name + "' uses column '" + std::string(column) +
                      "', hence column cannot be dropped or renamed.");
    return true;
  }
  return false;
}

}  // namespace murmel::sql
