#include "agent/sql/alter_table.h"

#include <algorithm>
#include <string>

#include "agent/sql/lexer.h"
#include "agent/sql/parser.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kTableElements = 1, kTableOptions = 2;

void remove_attribute(Node* definition, std::string_view what) {
  Node* const attributes = definition->kid(0);
  Node** const end = std::remove_if(attributes->kids, attributes->kids + attributes->count,
                                    [&](const Node* attribute) { return attribute->text == what; });
  attributes->count = static_cast<std::uint32_t>(end - attributes->kids);
}

// The columns of a key of the table, or of a foreign key.
Node* columns_of(const Node* key) {
  return key->kid(0);
}

bool names_only(const Node* node, std::string_view column) {
  if (node == nullptr) return true;
  if (node->kind == Kind::kColumn && !same_name(node->text, column)) return false;
  return std::all_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return names_only(kid, column); });
}

bool names(const Node* node, std::string_view column) {
  if (node == nullptr) return false;
  if (node->kind == Kind::kColumn && same_name(node->text, column)) return true;
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return names(kid, column); });
}

std::string message_of(std::string_view before, std::string_view name, std::string_view behind) {
  return std::string(before) + std::string(name) + std::string(behind);
}

}  // namespace

Node* parse_definition(const TableInfo& info, Context& context) {
  if (!info.from_mysql) {
    context.not_supported("the definition of a table that SQLite's clients have made or changed");
    return nullptr;
  }
  Parser parser(context.arena.copy(table_text(info)), SqlMode{}, context.arena);
  const auto parsed = parser.next();
  if (parsed && !parsed->error && parsed->tree->kind == Kind::kCreateTable) return parsed->tree;
  context.not_supported("the definition of this table");
  return nullptr;
}

AlteredTable::AlteredTable(Context& context, const TableInfo& info) : context_(context), info_(info) {
  const Node* const definition = parse_definition(info, context);
  if (definition == nullptr) return;
  const Node* const elements = definition->kid(kTableElements);
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition) {
      columns_.push_back({element, &info.columns[columns_.size()]});
    } else {
      keys_.push_back(element);
    }
  }
  std::size_t number = 0;
  for (Node* const key : keys_) {
    if (key->kind != Kind::kForeignKey) continue;
    ++number;
    if (key->qualifier.empty())  // of an older table
      key->qualifier = context.arena.copy(info.name + "_ibfk_" + std::to_string(number));
  }
  options_ = definition->kid(kTableOptions);
}

Node* AlteredTable::elements() const {
  Node* const list = new_node(context_.arena, Kind::kList);
  for (const Column& column : columns_) append(context_.arena, list, column.definition);
  for (Node* const key : keys_) append(context_.arena, list, key);
  return list;
}

AlteredTable::Columns::iterator AlteredTable::find(std::string_view name) {
  return std::find_if(columns_.begin(), columns_.end(),
                      [&](const Column& column) { return same_name(column.definition->text, name); });
}

AlteredTable::Columns::iterator AlteredTable::existing(std::string_view name) {
  const auto found = find(name);
  if (found == columns_.end()) {
    context_.fail(1054, "42S22", message_of("Unknown column '", name, "' in '" + info_.name + "'"));
  }
  return found;
}

void AlteredTable::no_such(std::string_view name) {
  context_.fail(1091, "42000", message_of("Can't DROP '", name, "'; check that column/key exists"));
}

void AlteredTable::apply(const Node* action) {
  const std::string_view what = action->text;
  if (what == "NOTHING") return;
  if (what == "ADD COLUMN") return add(action->kid(0), action->kid(1));
  if (what == "ADD COLUMNS") {
    for (std::uint32_t i = 0; i < action->kid(0)->count; ++i) add(action->kid(0)->kids[i], nullptr);
    return;
  }
  if (what == "ADD KEY") return add(action->kid(0), nullptr);
  if (what == "MODIFY") return change(action->kid(0)->text, action->kid(0), action->kid(1));
  if (what == "CHANGE") return change(action->kid(2)->text, action->kid(0), action->kid(1));
  if (what == "RENAME INDEX") return rename_key(action->kid(0)->text, action->kid(1)->text);
  if (what == "RENAME COLUMN") return rename(action->kid(0)->text, action->kid(1)->text);
  if (what == "DROP COLUMN") return drop_column(action->kid(0)->text);
  if (what == "DROP PRIMARY") return drop_key("PRIMARY", "PRIMARY");
  if (what == "DROP INDEX") return drop_key("INDEX", action->kid(0)->text);
  if (what == "DROP FOREIGN") return drop_key("FOREIGN", action->kid(0)->text);
  if (what == "DROP CONSTRAINT") return drop_key("", action->kid(0)->text);
  if (what == "DROP CHECK") return drop_check(action->kid(0)->text);
  if (what == "ENFORCE") return enforce(action->kid(0)->text, action->kid(1) == nullptr);
  if (what == "SET DEFAULT") return set_default(action->kid(0)->text, action->kid(1));
  if (what == "DROP DEFAULT") return set_default(action->kid(0)->text, nullptr);
  if (what == "CONVERT") return convert(action->kid(0), action->kid(1));
  if (what == "OPTION") return set_option(action->kid(0));
  context_.not_supported("ALTER TABLE ... " + std::string(what));
}

void AlteredTable::add(Node* element, const Node* place) {
  if (element->kind != Kind::kColumnDefinition) return keys_.push_back(element);
  if (find(element->text) != columns_.end()) {
    return context_.fail(1060, "42S21", message_of("Duplicate column name '", element->text, "'"));
  }
  this->place({element, nullptr}, place);
}

// `place`: null: at the end; without a name: first; else behind the column of that name.
void AlteredTable::place(Column column, const Node* place) {
  if (place == nullptr) return columns_.push_back(column);
  if (place->text.empty()) {
    columns_.insert(columns_.begin(), column);
    return;
  }
  const auto before = existing(place->text);
  if (before != columns_.end()) columns_.insert(before + 1, column);
}

void AlteredTable::change(std::string_view old, Node* definition, const Node* place) {
  const auto found = existing(old);
  if (found == columns_.end()) return;
  const auto same = find(definition->text);
  if (same != columns_.end() && same != found) {
    return context_.fail(1060, "42S21", message_of("Duplicate column name '", definition->text, "'"));
  }
  rename(old, definition->text);
  found->definition = definition;
  if (place == nullptr) return;
  const Column moved = *found;
  columns_.erase(found);
  this->place(moved, place);
}

void AlteredTable::rename(std::string_view old, std::string_view name) {
  const auto found = existing(old);
  if (found == columns_.end()) return;
  const auto same = find(name);
  if (same != columns_.end() && same != found) {
    return context_.fail(1060, "42S21", message_of("Duplicate column name '", name, "'"));
  }
  found->definition->text = name;
  for (const Node* const key : keys_) {
    if (key->kind == Kind::kCheck) continue;
    Node* const parts = columns_of(key);
    for (std::uint32_t i = 0; i < parts->count; ++i) {
      if (same_name(parts->kids[i]->text, old)) parts->kids[i]->text = name;
    }
  }
}

// Its place in keys goes with it, and keys that have no other column.
void AlteredTable::drop_column(std::string_view name) {
  const auto found = find(name);
  if (found == columns_.end()) return no_such(name);
  if (columns_.size() == 1) {
    return context_.fail(1090, "42000",
                         "You can't delete all columns with ALTER TABLE; use DROP TABLE instead");
  }
  forget_checks(name);
  for (Node* const key : keys_) {
    if (key->kind == Kind::kCheck) continue;
    Node* const parts = columns_of(key);
    Node** const end = std::remove_if(parts->kids, parts->kids + parts->count,
                                      [&](const Node* part) { return same_name(part->text, name); });
    const bool used = end != parts->kids + parts->count;
    if (used && key->kind == Kind::kForeignKey) {
      return context_.fail(
          1828, "HY000",
          message_of("Cannot drop column '", name,
                     message_of("': needed in a foreign key constraint '", key->qualifier, "'")));
    }
    parts->count = static_cast<std::uint32_t>(end - parts->kids);
  }
  std::erase_if(keys_,
                [](const Node* key) { return key->kind != Kind::kCheck && columns_of(key)->count == 0; });
  columns_.erase(found);
}

// Constraints about the column alone go with it.
void AlteredTable::forget_checks(std::string_view column) {
  std::erase_if(keys_, [column](const Node* key) {
    return key->kind == Kind::kCheck && names(key->kid(0), column) && names_only(key->kid(0), column);
  });
}

void AlteredTable::drop_check(std::string_view name) {
  const auto removed = std::erase_if(keys_, [name](const Node* key) {
    return key->kind == Kind::kCheck && same_name(key->qualifier, name);
  });
  if (removed != 0) return;
  context_.fail(3821, "HY000", message_of("Check constraint '", name, "' is not found in the table."));
}

void AlteredTable::enforce(std::string_view name, bool enforced) {
  for (Node* const key : keys_) {
    if (key->kind != Kind::kCheck || !same_name(key->qualifier, name)) continue;
    key->flags = enforced ? key->flags & ~static_cast<std::uint32_t>(kNegated) : key->flags | kNegated;
    return;
  }
  context_.fail(3821, "HY000", message_of("Check constraint '", name, "' is not found in the table."));
}

// `kind`: PRIMARY, INDEX (of any kind), FOREIGN, or empty for any constraint.
void AlteredTable::drop_key(std::string_view kind, std::string_view name) {
  const auto meant = [&](const Node* key) {
    if (key->kind == Kind::kCheck) return kind.empty() && same_name(key->qualifier, name);
    const bool foreign = key->kind == Kind::kForeignKey;
    const bool primary = !foreign && key->text == "PRIMARY";
    if (kind == "FOREIGN" ? !foreign : kind == "PRIMARY" ? !primary : kind == "INDEX" && foreign)
      return false;
    if (kind.empty() && !foreign && !primary && key->text != "UNIQUE") return false;
    return same_name(primary ? "PRIMARY" : key->qualifier, name);
  };
  const auto found = std::find_if(keys_.begin(), keys_.end(), meant);
  if (found == keys_.end() && kind.empty()) {
    return context_.fail(3940, "HY000", message_of("Constraint with name '", name, "' does not exist."));
  }
  if (found == keys_.end()) return no_such(name);
  keys_.erase(found);
}

void AlteredTable::rename_key(std::string_view old, std::string_view name) {
  for (Node* const key : keys_) {
    if (key->kind != Kind::kKey || key->text == "PRIMARY" || !same_name(key->qualifier, old)) continue;
    key->qualifier = name;
    return;
  }
  context_.fail(1176, "42000", message_of("Key '", old, "' doesn't exist in table '" + info_.name + "'"));
}

void AlteredTable::set_default(std::string_view name, Node* value) {
  const auto found = existing(name);
  if (found == columns_.end()) return;
  remove_attribute(found->definition, "DEFAULT");
  if (value == nullptr) return;  // a column that may be NULL has that as its default then
  append(context_.arena, found->definition->kid(0),
         new_node(context_.arena, Kind::kAttribute, {value}, "DEFAULT"));
}

void AlteredTable::convert(const Node* charset, const Node* collation) {
  check_collation(charset->text, collation != nullptr ? collation->text : std::string_view(), context_);
  for (Column& column : columns_) {
    if (!is_text(column.definition->type->kind)) continue;
    if (!same_name(charset->text, "utf8mb4")) return context_.not_supported("CONVERT TO this character set");
    Type type = *column.definition->type;
    type.charset.clear();
    type.collation.clear();
    column.definition->type = context_.arena.type(std::move(type));
    remove_attribute(column.definition, "COLLATE");
  }
  const auto option = [&](std::string_view name, std::string_view value) {
    Node* const node = new_node(context_.arena, Kind::kOption, {}, name);
    node->qualifier = value;
    put_option(node);
  };
  option("CHARSET", charset->text);
  option("COLLATE", collation != nullptr ? collation->text : std::string_view("utf8mb4_0900_ai_ci"));
}

// The columns that there are keep what they have from the table.
void AlteredTable::keep_collations() {
  for (Column& column : columns_) {
    const Node* const attributes = column.definition->kid(0);
    const bool names_one = std::any_of(attributes->kids, attributes->kids + attributes->count,
                                       [](const Node* attribute) { return attribute->text == "COLLATE"; });
    Type type = *column.definition->type;
    if (!is_text(type.kind) || names_one || !type.charset.empty() || !type.collation.empty()) continue;
    type.charset = info_.charset;
    type.collation = info_.collation;
    column.definition->type = context_.arena.type(std::move(type));
  }
}

// A character set has its own collation, unless the statement names one.
void AlteredTable::set_option(Node* option) {
  if (option->text == "COLLATE") {
    collation_given_ = true;
    keep_collations();
    const std::string_view collation = option->qualifier;
    Node* const charset = new_node(context_.arena, Kind::kOption, {}, "CHARSET");
    charset->qualifier = collation.substr(0, collation.find('_'));
    if (!charset_given_) put_option(charset);
  } else if (option->text == "CHARSET") {
    charset_given_ = true;
    keep_collations();
    Node* const collation = new_node(context_.arena, Kind::kOption, {}, "COLLATE");
    collation->qualifier =
        context_.arena.copy(default_collation(name_of_today(lower_case(option->qualifier))));
    check_collation(option->qualifier, {}, context_);
    if (!collation_given_) put_option(collation);
  }
  put_option(option);
}

void AlteredTable::put_option(Node* option) {
  for (std::uint32_t i = 0; i < options_->count; ++i) {
    if (options_->kids[i]->text != option->text) continue;
    options_->kids[i] = option;
    return;
  }
  append(context_.arena, options_, option);
}

}  // namespace murmel::sql
