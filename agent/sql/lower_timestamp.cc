// Comparison of dates and times with constants, which are brought into the notation that columns have, so
// that an index can be used. TIMESTAMP columns keep UTC, and are shown in the session's time zone; they are
// compared, ordered and grouped as they are stored, as MySQL does it, so the hour that a zone's clocks have
// twice is in order.
#include <algorithm>
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr char kFromUtc[] = "mysql_from_utc";

bool is_constant(const Node* node) {
  if (node == nullptr) return true;
  const Kind kind = node->kind;
  if (kind == Kind::kColumn || kind == Kind::kSubquery || kind == Kind::kQuery || kind == Kind::kExists ||
      kind == Kind::kAssign || kind == Kind::kUserVariable)
    return false;
  if (kind == Kind::kCall && is_aggregate(node->text)) return false;
  return std::all_of(node->kids, node->kids + node->count, is_constant);
}

bool is_moment_column(const Node* node) {
  return node->kind == Kind::kColumn && node->type != nullptr &&
         (node->type->kind == TypeKind::kDate || node->type->kind == TypeKind::kDateTime);
}

// A constant that MySQL would make a date or datetime for this column, and that is not one as it stands.
bool is_to_be_stored(const Node* column, const Node* other) {
  if (!is_moment_column(column) || !is_constant(other) || is_date_column_with_literal(column, other))
    return false;
  const TypeKind kind = other->type != nullptr ? other->type->kind : TypeKind::kUnknown;
  if (kind == column->type->kind) return other->type->decimals != column->type->decimals;
  return kind == TypeKind::kUnknown || is_text(kind) || (is_temporal(kind) && kind != TypeKind::kTime);
}

}  // namespace

const Node* stored_timestamp(const Node* node) {
  const bool read = node->kind == Kind::kCall && node->text == kFromUtc && node->count == 1;
  return read && node->kid(0)->kind == Kind::kColumn ? node->kid(0) : nullptr;
}

Node* Lowering::from_utc(Node* column) {
  if (!column->has(kInUtc)) return column;
  column->flags &= ~static_cast<std::uint32_t>(kInUtc);
  Node* const result = call(kFromUtc, {column});
  result->type = column->type;
  return result;
}

// What can't be read is an error where it stands in the text, else a warning.
Node* Lowering::as_stored(std::string_view function, Node* value, int digits, const Type* type) {
  const bool literal =
      value->kind == Kind::kString || (value->kind == Kind::kParameter && context_.settings.literals);
  Node* const result = call(function, {typed(value), integer(context_.arena.copy(std::to_string(digits)))});
  if (literal) append(context_.arena, result, integer("1"));
  result->type = type;
  return result;
}

void Lowering::compare_stored(Node*& left, Node*& right) {
  const Node* const a = stored_timestamp(left);
  const Node* const b = stored_timestamp(right);
  if (a != nullptr && b != nullptr) {
    left = left->kids[0];
    right = right->kids[0];
    return;
  }
  if (a == nullptr && b == nullptr) {
    const bool column_left = is_to_be_stored(left, right);
    if (!column_left && !is_to_be_stored(right, left)) return;
    const Type* const type = column_left ? left->type : right->type;
    Node*& other = column_left ? right : left;
    other = as_stored("mysql_as_stored", other, type->kind == TypeKind::kDate ? -1 : type->decimals, type);
    return;
  }
  Node*& read = a != nullptr ? left : right;
  Node*& other = a != nullptr ? right : left;
  if (!is_constant(other) || other->kind == Kind::kNull) return;
  read = read->kids[0];
  other = as_stored("mysql_to_utc", other, read->type->decimals, read->type);
}

// Of x BETWEEN and x IN: x, and the others in `list` from number `first` on.
bool Lowering::compare_stored(Node* node, std::uint32_t first, Node* list) {
  if (!std::all_of(list->kids + first, list->kids + list->count, is_constant)) return false;
  Node* const read = node->kids[0];
  for (std::uint32_t i = first; i < list->count; ++i) {
    node->kids[0] = read;
    compare_stored(node->kids[0], list->kids[i]);
  }
  const bool stored = stored_timestamp(read) != nullptr;
  node->kids[0] = stored ? read->kids[0] : read;
  return stored;
}

}  // namespace murmel::sql
