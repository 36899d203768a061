#include "agent/sql/define.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/base/check.h"
#include "agent/sql/lexer.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kElements = 1, kOptions = 2, kAs = 3, kLike = 4;

const char* sqlite_type(const Type& type) {
  if (is_integer(type.kind) || type.kind == TypeKind::kBit) return "INTEGER";
  if (type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble) return "REAL";
  return is_binary(type.kind) ? "BLOB" : "TEXT";
}

std::string_view option_of(const Node* options, std::string_view name) {
  for (std::uint32_t i = 0; options != nullptr && i < options->count; ++i) {
    if (options->kids[i]->text == name) return options->kids[i]->qualifier;
  }
  return {};
}

bool has_attribute(const Node* definition, std::string_view what) {
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    if (attributes->kids[i]->text == what) return true;
  }
  return false;
}

const Node* find_definition(const Node* elements, std::string_view name) {
  for (std::uint32_t i = 0; elements != nullptr && i < elements->count; ++i) {
    const Node* const element = elements->kids[i];
    if (element->kind == Kind::kColumnDefinition && same_name(element->text, name)) return element;
  }
  return nullptr;
}

}  // namespace

void DefinitionTranslation::step(Printer& printer) {
  Step step;
  step.sql = std::move(printer.text);
  step.parameters = std::move(printer.parameters);
  step.counts_rows = false;
  out_.steps.push_back(std::move(step));
}

void DefinitionTranslation::run_text(std::string text) {
  Printer printer;
  printer.text = std::move(text);
  step(printer);
}

void DefinitionTranslation::qualified(Node* table, Printer& printer) {
  if (same_name(table->database, context_.settings.database)) table->database = {};
  if (table->database.empty() && context_.settings.database.empty()) {
    context_.fail(1046, "3D000", "No database selected");
  }
  if (!table->database.empty()) {
    printer.name(table->database);
    printer.add(".");
  }
  printer.name(table->text);
}

void DefinitionTranslation::run(Node* tree) {
  if (tree->kind == Kind::kCreateTable) return create_table(tree);
  if (tree->kind == Kind::kCreateIndex) return create_index(tree);
  if (tree->kind == Kind::kCreateView) return create_view(tree);
  if (tree->kind == Kind::kDrop) return drop(tree);
  if (tree->kind == Kind::kAlterTable) return alter(tree);
  if (tree->kind == Kind::kTruncate) return truncate(tree);
  if (tree->kind == Kind::kCreateTrigger) return create_trigger(tree);
  return rename(tree);
}

// Only what SQLite can keep as a constant is a DEFAULT there; what is computed is given by INSERT.
void DefinitionTranslation::default_value(Node* value, Node* definition, Printer& printer) {
  if (value->kind == Kind::kItem) return;
  if (value->kind == Kind::kCall) {
    printer.add(" DEFAULT CURRENT_TIMESTAMP");
    return;
  }
  const ColumnInfo info = column_info(definition);
  const Node* const plain = value->kind == Kind::kUnary ? value->kid(0) : value;
  if (plain->kind == Kind::kTemporal || plain->kind == Kind::kConvertUsing || plain->kind == Kind::kUnary) {
    return context_.fail(1067, "42000", "Invalid default value for '" + info.name + "'");
  }
  Node* literal = value;
  if (value->kind == Kind::kString && is_number(info.type.kind) && info.type.kind != TypeKind::kDecimal) {
    const bool negative = value->text.starts_with('-');
    const std::string_view number = value->text.substr(negative ? 1 : 0);
    const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos &&
                        number.size() < 19;
    const bool real = !is_integer(info.type.kind) || digits;
    if (!real) return context_.fail(1067, "42000", "Invalid default value for '" + info.name + "'");
    if (digits) {
      literal = new_node(context_.arena, Kind::kInteger, {}, number);
      literal->type = simple_type(TypeKind::kBigInt);
      if (negative) literal = new_node(context_.arena, Kind::kUnary, {literal});
      if (negative) literal->op = Op::kNeg;
    }
  }
  if (value->kind == Kind::kNull && info.not_null) {
    return context_.fail(1067, "42000", "Invalid default value for '" + info.name + "'");
  }
  if (value->kind == Kind::kNull) return;
  const bool blob = is_binary(info.type.kind)
                        ? info.type.kind >= TypeKind::kTinyBlob
                        : (info.type.kind >= TypeKind::kTinyText && info.type.kind <= TypeKind::kLongText) ||
                              info.type.kind == TypeKind::kJson;
  if (blob) {
    return context_.fail(
        1101, "42000", "BLOB, TEXT, GEOMETRY or JSON column '" + info.name + "' can't have a default value");
  }
  printer.add(" DEFAULT ");
  if (info.type.kind == TypeKind::kDecimal) {
    const auto digits = scaled_default(info.type, value);
    if (!digits) return context_.fail(1067, "42000", "Invalid default value for '" + info.name + "'");
    printer.string(*digits);
    return;
  }
  printer.add("(");
  printer.node(literal);
  printer.add(")");
}

std::string_view DefinitionTranslation::collation_of_column(std::string_view name, const Node* elements,
                                                            const TableInfo* info) const {
  Type type;
  if (const Node* const definition = find_definition(elements, name)) {
    type = column_info(definition).type;
  } else {
    for (std::size_t i = 0; info != nullptr && i < info->columns.size(); ++i) {
      if (same_name(info->columns[i].name, name)) type = info->columns[i].type;
    }
  }
  if (type.kind == TypeKind::kDecimal) return "mysql_decimal";
  if (!is_text(type.kind) || type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet) return {};
  const std::string_view collation =
      type.collation.empty() ? table_collation_ : context_.arena.copy(type.collation);
  return collation == "binary" || collation == "utf8mb4_0900_bin" ? std::string_view() : collation;
}

// Names of today; and text in the charset `binary` is what MySQL makes of it.
void DefinitionTranslation::settle_charset(Node* definition) {
  Type type = *definition->type;
  type.charset = name_of_today(lower_case(type.charset));
  type.collation = name_of_today(lower_case(type.collation));
  std::string collation = type.collation;
  Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    const Node* const attribute = attributes->kids[i];
    if (attribute->text != "COLLATE") continue;
    collation = name_of_today(lower_case(attribute->kid(0)->text));
    attribute->kid(0)->text = context_.arena.copy(collation);
  }
  check_collation(type.charset, collation, context_);
  const bool of_table = type.charset.empty() && collation.empty() && table_collation_ == "binary";
  const bool binary = of_table || type.charset == "binary" || collation == "binary";
  if (binary && type.kind >= TypeKind::kChar && type.kind <= TypeKind::kLongText) {
    constexpr int kToBinary = static_cast<int>(TypeKind::kBinary) - static_cast<int>(TypeKind::kChar);
    type.kind = static_cast<TypeKind>(static_cast<int>(type.kind) + kToBinary);
    type.charset.clear();
    type.collation.clear();
    const auto is_collate = [](const Node* attribute) { return attribute->text == "COLLATE"; };
    attributes->count = static_cast<std::uint32_t>(
        std::remove_if(attributes->kids, attributes->kids + attributes->count, is_collate) -
        attributes->kids);
  }
  definition->type = context_.arena.type(std::move(type));
}

void DefinitionTranslation::column(Node* definition, Printer& printer) {
  const ColumnInfo info = column_info(definition);
  const std::string text = column_text(info);
  Node* value = nullptr;
  const Node* const attributes = definition->kid(0);
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    if (attributes->kids[i]->text == "DEFAULT") value = attributes->kids[i]->kid(0);
  }
  if (info.auto_increment && !is_integer(info.type.kind)) {
    context_.fail(1063, "42000", "Incorrect column specifier for column '" + info.name + "'");
  }
  printer.name(definition->text);
  printer.add(" " + stored_comment(text) + " ");
  printer.add(sqlite_type(info.type));
  if (info.not_null) printer.add(" NOT NULL");
  if (value != nullptr) default_value(value, definition, printer);
}

void DefinitionTranslation::key_part(std::string_view name, const Node* elements, Printer& printer) {
  if (find_definition(elements, name) == nullptr) {
    return context_.fail(1072, "42000", "Key column '" + std::string(name) + "' doesn't exist in table");
  }
  printer.name(name);
  const std::string_view collation = collation_of_column(name, elements, nullptr);
  if (collation.empty()) return;
  printer.add(" COLLATE ");
  printer.name(collation);
}

void DefinitionTranslation::primary_key(const Node* elements, Printer& printer) {
  bool found = false;
  for (std::uint32_t i = 0; i < elements->count && !context_.error; ++i) {
    const Node* const element = elements->kids[i];
    const bool of_column = element->kind == Kind::kColumnDefinition && has_attribute(element, "PRIMARY");
    if (!of_column && (element->kind != Kind::kKey || element->text != "PRIMARY")) continue;
    if (found) return context_.fail(1068, "42000", "Multiple primary key defined");
    found = true;
    printer.add(", PRIMARY KEY (");
    if (of_column) key_part(element->text, elements, printer);
    for (std::uint32_t j = 0; !of_column && j < element->kid(0)->count; ++j) {
      const Node* const part = element->kid(0)->kids[j];
      if (part->count != 0) return context_.not_supported("this PRIMARY KEY");
      if (j != 0) printer.add(", ");
      key_part(part->text, elements, printer);
      if (part->number != 0) printer.add(" " + stored_comment(std::to_string(part->number)));
    }
    printer.add(")");
  }
}

// The table's options as MySQL writes them; sets the collation of columns that name none.
std::string DefinitionTranslation::table_header(const Node* options) {
  const std::string charset = name_of_today(lower_case(option_of(options, "CHARSET")));
  table_collation_ = context_.arena.copy(name_of_today(lower_case(option_of(options, "COLLATE"))));
  check_collation(charset, table_collation_, context_);
  if (table_collation_.empty()) {
    table_collation_ = charset.empty() ? context_.arena.copy(context_.settings.database_collation)
                                       : context_.arena.copy(default_collation(charset));
  }
  const std::string_view engine = option_of(options, "ENGINE");
  std::string header = "ENGINE=" + std::string(engine.empty() ? "InnoDB" : engine);
  const std::string_view standard = table_collation_.substr(0, table_collation_.find('_'));
  header += " DEFAULT CHARSET=" + (charset.empty() ? std::string(standard) : charset);
  header += " COLLATE=" + std::string(table_collation_);
  const std::string_view comment = option_of(options, "COMMENT");
  return comment.empty() ? header : header + " COMMENT=" + mysql_string(comment);
}

void DefinitionTranslation::create_table(Node* create) {
  if (create->kid(kAs) != nullptr) return create_as(create);
  if (create->kid(kLike) != nullptr) return create_like(create);
  create_from(create, nullptr);
}

void DefinitionTranslation::create_from(Node* create, Printer* fill) {
  out_.if_not_exists = create->has(kIfNotExists);
  temporary_ = create->has(kTemporary);
  Node* const table = create->kid(0);
  Node* const elements = create->kid(kElements);
  INVARIANT(elements != nullptr);
  const std::string header = table_header(create->kid(kOptions));
  Printer unused;
  qualified(table, unused);
  if (context_.error) return;
  out_.tables.push_back({std::string(table->database), std::string(table->text), "CREATE"});
  if (const TableInfo* const other = context_.catalog.table(table->database, table->text)) {
    if (other->temporary != temporary_) {
      // A temporary table hides another one: what is done next would be done to it.
      if (!temporary_ || fill != nullptr)
        context_.not_supported("a table beside a temporary one of its name");
    } else if (out_.if_not_exists) {
      return;  // nothing to do, and a note
    } else {
      context_.fail(1050, "42S01", "Table '" + std::string(table->text) + "' already exists");
    }
    if (context_.error) return;
  }
  const std::string_view first = option_of(create->kid(kOptions), "AUTO_INCREMENT");
  if (!temporary_) number_from(table, first.empty() ? "1" : first);
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind == Kind::kKey) check_prefixes(elements->kids[i], elements, nullptr);
  }
  prepare_keys(table, elements);
  prepare_rules(table, elements);
  if (context_.error) return;
  try_rules(info_of(elements));
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind == Kind::kForeignKey) require_parent(elements->kids[i], table);
  }
  Printer printer;
  printer.add(create->has(kTemporary) ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ");
  table_definition(table, elements, header, printer);
  if (fill != nullptr) {
    step(*fill);
    out_.steps.back().counts_rows = true;
  }
  indexes(table, elements);
  exact_indexes(table, elements);
}

// The table's own statement, without its indexes. `printer` has the words before the name.
void DefinitionTranslation::table_definition(Node* table, const Node* elements, const std::string& header,
                                             Printer& printer) {
  qualified(table, printer);
  printer.add(" (" + stored_comment(header) + " ");
  for (const CheckInfo& check : info_of(elements).checks)
    printer.add(stored_comment(check_text(check)) + " ");
  bool first = true;
  for (std::uint32_t i = 0; i < elements->count && !context_.error; ++i) {
    Node* const element = elements->kids[i];
    if (element->kind != Kind::kColumnDefinition) continue;
    if (find_definition(elements, element->text) != element) {
      return context_.fail(1060, "42S21", "Duplicate column name '" + std::string(element->text) + "'");
    }
    if (!first) printer.add(", ");
    first = false;
    column(element, printer);
  }
  if (first) return context_.fail(1113, "42000", "A table must have at least 1 column");
  primary_key(elements, printer);
  for (std::uint32_t i = 0; i < elements->count; ++i) {
    if (elements->kids[i]->kind == Kind::kForeignKey)
      foreign_key(elements->kids[i], table, elements, printer);
  }
  printer.add(")");
  step(printer);
}

}  // namespace murmel::sql
