// Which comparisons SQLite does as MySQL would.
#include <algorithm>
#include <cctype>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

enum class Class { kOther, kNull, kInteger, kDouble, kText, kBytes, kDate, kDateTime };

bool is_string_literal(const Node* node) {
  return node->kind == Kind::kString;
}

Class class_of(const Node* node) {
  const Type* const type = node->type;
  if (type == nullptr) return Class::kOther;
  const TypeKind kind = type->kind;
  if (kind == TypeKind::kNull) return Class::kNull;
  if (is_integer(kind))
    return type->is_unsigned && kind == TypeKind::kBigInt ? Class::kOther : Class::kInteger;
  if (kind == TypeKind::kDouble) return Class::kDouble;
  if (is_text(kind)) return Class::kText;
  if (is_binary(kind)) return Class::kBytes;
  if (kind == TypeKind::kDate) return Class::kDate;
  if (kind == TypeKind::kDateTime || kind == TypeKind::kTimestamp) return Class::kDateTime;
  return Class::kOther;
}

// 'YYYY-MM-DD' and 'YYYY-MM-DD HH:MM:SS', the notation in which dates are stored, in which they sort as text.
bool canonical_date(std::string_view text, bool with_time) {
  constexpr std::string_view kPattern = "0000-00-00 00:00:00";
  const std::string_view pattern = kPattern.substr(0, with_time ? 19 : 10);
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == '0' ? !std::isdigit(static_cast<unsigned char>(text[i])) : text[i] != pattern[i])
      return false;
  }
  const auto pair = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int month = pair(5);
  if (month < 1 || month > 12 || pair(8) < 1 || pair(8) > kDays[month - 1]) return false;
  return !with_time || (pair(11) < 24 && pair(14) < 60 && pair(17) < 60);
}

}  // namespace

bool is_date_column_with_literal(const Node* column, const Node* literal) {
  if (column->type == nullptr || !is_string_literal(literal)) return false;
  if (column->type->kind == TypeKind::kDate) return canonical_date(literal->text, false);
  return (column->type->kind == TypeKind::kDateTime || column->type->kind == TypeKind::kTimestamp) &&
         column->type->decimals == 0 && canonical_date(literal->text, true);
}

namespace {

bool is_literal(const Node* node) {
  return node->kind == Kind::kString || node->kind == Kind::kParameter;
}

}  // namespace

std::string_view collation_of(const Node* node, const Context& context) {
  const Type* const type = node->type;
  if (type == nullptr || !is_text(type->kind)) return {};
  std::string_view name =
      type->collation.empty() ? std::string_view(context.settings.collation) : type->collation;
  return name == "binary" || name == "utf8mb4_0900_bin" ? std::string_view() : name;
}

Comparable comparable(const Node* left, const Node* right, Context& context) {
  const Class a = class_of(left);
  const Class b = class_of(right);
  if (a == Class::kNull || b == Class::kNull) return {true, {}};
  const bool numbers =
      (a == Class::kInteger || a == Class::kDouble) && (b == Class::kInteger || b == Class::kDouble);
  if (numbers) return {true, {}};
  if (is_date_column_with_literal(left, right) || is_date_column_with_literal(right, left)) return {true, {}};
  if (a == Class::kBytes && b == Class::kBytes) return {true, {}};
  if (a == Class::kDate && b == Class::kDate) return {true, {}};
  if (a == Class::kDateTime && b == Class::kDateTime && left->type->decimals == right->type->decimals)
    return {true, {}};
  if (a != Class::kText || b != Class::kText) return {};
  const std::string_view x = collation_of(left, context);
  const std::string_view y = collation_of(right, context);
  if (x == y) return {true, x};
  if (left->kind == Kind::kCollate || is_literal(right)) return {true, x};
  if (right->kind == Kind::kCollate || is_literal(left)) return {true, y};
  return {};
}

}  // namespace murmel::sql
