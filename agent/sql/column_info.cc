// Column definitions: from the tree, and as MySQL writes them.
#include <algorithm>
#include <optional>
#include <string>

#include "agent/sql/lexer.h"
#include "agent/sql/mysql_text.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

std::string default_text(const Node* value) {
  if (value->kind == Kind::kItem)
    return "(" + mysql_expression(value->kid(0)).value_or(std::string(value->qualifier)) + ")";
  if (value->kind == Kind::kCall) {
    return value->count != 0 ? "CURRENT_TIMESTAMP(" + std::string(value->kid(0)->text) + ")"
                             : "CURRENT_TIMESTAMP";
  }
  if (value->kind == Kind::kNull) return "NULL";
  if (value->kind == Kind::kTrue || value->kind == Kind::kFalse)
    return value->kind == Kind::kTrue ? "'1'" : "'0'";
  if (value->kind == Kind::kUnary) return "'-" + std::string(value->kid(0)->text) + "'";
  return mysql_string(value->text);
}

}  // namespace

const ColumnInfo* counting_column(const TableInfo& table) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [](const ColumnInfo& column) { return column.auto_increment; });
  return found != table.columns.end() ? &*found : nullptr;
}

std::optional<std::string> scaled_default(const Type& type, const Node* value) {
  const bool negative = value->kind == Kind::kUnary || value->text.starts_with('-');
  std::string digits(value->kind == Kind::kUnary ? value->kid(0)->text
                                                 : value->text.substr(negative ? 1 : 0));
  const std::size_t point = digits.find('.');
  std::size_t have = point == std::string::npos ? 0 : digits.size() - point - 1;
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789.") == std::string::npos;
  if (!number || have > type.decimals) return std::nullopt;
  if (type.decimals != 0 && point == std::string::npos) digits += '.';
  for (; have < type.decimals; ++have) digits += '0';
  return (negative ? "-" : "") + digits;
}

ColumnInfo column_info(const Node* definition) {
  ColumnInfo column;
  column.name = std::string(definition->text);
  column.type = *definition->type;
  const Node* const attributes = definition->kid(0);
  bool null = false;
  for (std::uint32_t i = 0; i < attributes->count; ++i) {
    const Node* const attribute = attributes->kids[i];
    const std::string_view what = attribute->text;
    if (what == "NOT NULL" || what == "PRIMARY") column.not_null = true;
    if (what == "NULL") null = true;
    if (what == "AUTO_INCREMENT") column.auto_increment = true;
    if (what == "ON UPDATE") column.on_update_now = true;
    if (what == "INVISIBLE") column.invisible = true;
    if (what == "COMMENT") column.comment = std::string(attribute->kid(0)->text);
    if (what == "COLLATE") column.type.collation = std::string(attribute->kid(0)->text);
    if (what == "AS") {
      column.generated = true;
      column.stored = attribute->kid(1) != nullptr;
      column.generation = mysql_expression(attribute->kid(0)->kid(0)).value_or("");
    }
    if (what == "DEFAULT") {
      column.has_default = true;
      column.default_value = default_text(attribute->kid(0));
      const Kind kind = attribute->kid(0)->kind;
      const bool constant =
          kind == Kind::kInteger || kind == Kind::kDecimal || kind == Kind::kString || kind == Kind::kUnary;
      if (constant && column.type.kind == TypeKind::kDecimal) {
        if (const auto digits = scaled_default(column.type, attribute->kid(0)))
          column.default_value = mysql_string(*digits);
      }
    }
  }
  if (!column.type.charset.empty() && column.type.collation.empty())
    column.type.collation = default_collation(lower_case(column.type.charset));
  if (column.auto_increment && !null) column.not_null = true;
  // Without DEFAULT a column that may be null has NULL.
  if (!column.not_null && !column.has_default && !column.generated) {
    column.has_default = true;
    column.default_value = "NULL";
  }
  return column;
}

std::string column_text(const ColumnInfo& column) {
  std::string text = type_text(column.type);
  if (!column.type.charset.empty()) text += " CHARACTER SET " + column.type.charset;
  if (!column.type.collation.empty()) text += " COLLATE " + column.type.collation;
  if (!column.generation.empty()) {
    text += " GENERATED ALWAYS AS (" + column.generation + (column.stored ? ") STORED" : ") VIRTUAL");
  }
  if (column.not_null) text += " NOT NULL";
  if (column.auto_increment) text += " AUTO_INCREMENT";
  if (column.has_default) text += " DEFAULT " + column.default_value;
  if (column.on_update_now) {
    text += " ON UPDATE CURRENT_TIMESTAMP";
    if (column.type.decimals != 0) text += "(" + std::to_string(column.type.decimals) + ")";
  }
  if (!column.comment.empty()) text += " COMMENT " + mysql_string(column.comment);
  if (column.invisible) text += " INVISIBLE";
  return text;
}

std::string check_text(const CheckInfo& check) {
  return "CONSTRAINT " + mysql_name(check.name) + " CHECK (" + check.expression +
         (check.enforced ? ")" : ") NOT ENFORCED");
}

}  // namespace murmel::sql
