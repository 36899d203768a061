// Which collations there are; and COLLATION(), CHARSET() and COERCIBILITY(): what is known of an expression
// without its value.
#include <algorithm>
#include <optional>
#include <string>

#include "agent/sql/lexer.h"
#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

// MySQL's manual, "Collation Coercibility in Expressions".
constexpr int kExplicit = 0, kImplicit = 2, kSystem = 3, kLiteral = 4, kNumber = 5, kIgnorable = 6;

bool is_system(std::string_view function) {
  for (const std::string_view name : {"user", "session_user", "system_user", "current_user", "current_role",
                                      "database", "schema", "version"}) {
    if (function == name) return true;
  }
  return false;
}

// Nothing: it is not known.
std::optional<int> coercibility(const Node* node) {
  const TypeKind type = node->type != nullptr ? node->type->kind : TypeKind::kUnknown;
  if (node->kind == Kind::kNull) return kIgnorable;
  if (node->kind == Kind::kCollate) return kExplicit;
  if (is_number(type) || is_temporal(type)) return kNumber;
  if (node->kind == Kind::kString || node->kind == Kind::kBlob) return kLiteral;
  const bool kept = node->kind == Kind::kColumn || node->kind == Kind::kUserVariable ||
                    node->kind == Kind::kConvertUsing || node->kind == Kind::kCast || type == TypeKind::kJson;
  if (kept) return kImplicit;
  if (node->kind != Kind::kCall) return std::nullopt;
  if (is_system(node->text)) return kSystem;
  const bool joins = node->text == "concat" || node->text == "concat_ws" || node->text == "lower" ||
                     node->text == "upper" || node->text == "lcase" || node->text == "ucase" ||
                     node->text == "trim" || node->text == "reverse";
  if (!joins) return std::nullopt;
  int least = kLiteral;  // a number is a literal as text
  for (std::uint32_t i = 0; i < node->count; ++i) {
    const auto of = coercibility(node->kids[i]);
    if (!of) return of;
    least = std::min(least, *of);
  }
  return least;
}

}  // namespace

void check_collation(std::string_view charset, std::string_view collation, Context& context) {
  const std::string set = name_of_today(lower_case(charset));
  const std::string order = name_of_today(lower_case(collation));
  if (!set.empty() && !context.catalog.has_collation(default_collation(set)))
    return context.fail(1115, "42000", "Unknown character set: '" + std::string(charset) + "'");
  if (!order.empty() && !context.catalog.has_collation(order))
    return context.fail(1273, "HY000", "Unknown collation: '" + std::string(collation) + "'");
  if (set.empty() || order.empty() || set == order.substr(0, order.find('_'))) return;
  context.fail(1253, "42000", "COLLATION '" + order + "' is not valid for CHARACTER SET '" + set + "'");
}

Node* Lowering::about_collation(const Node* node) {
  const Node* const of = node->kid(0);
  if (node->text == "coercibility") {
    const auto level = coercibility(of);
    if (level) return integer(context_.arena.copy(std::to_string(*level)));
    context_.not_supported("COERCIBILITY of this expression");
    return nullptr;
  }
  const bool named = of->kind == Kind::kColumn || of->kind == Kind::kCollate;
  if (!named || of->type == nullptr || !is_text(of->type->kind) || of->type->collation.empty())
    return nullptr;
  const std::string_view collation = of->type->collation;
  return string(node->text == "collation" ? collation : collation.substr(0, collation.find('_')));
}

}  // namespace murmel::sql
