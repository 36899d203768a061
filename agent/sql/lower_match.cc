// MATCH ... AGAINST over the tables of FTS5's that FULLTEXT indexes are (define_full_text.cc). As a condition
// it is a set of rows, so that the search is done once; as a value it looks for the row's own relevance.
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

// The search of natural language that every row must match; null: none.
const Node* required_match(const Node* condition) {
  if (condition == nullptr) return nullptr;
  if (condition->kind == Kind::kMatch) return condition->text == "NATURAL" ? condition : nullptr;
  if (condition->kind != Kind::kBinary || condition->op != Op::kAnd) return nullptr;
  const Node* const left = required_match(condition->kid(0));
  return left != nullptr ? left : required_match(condition->kid(1));
}

}  // namespace

Node* Lowering::match(Node* match, bool condition) {
  if (match->text == "EXPANSION") {
    context_.not_supported("WITH QUERY EXPANSION");
    return match;
  }
  Node* const against = typed(lower(match->kids[1]));
  const Node* const index = match->kid(2);
  const std::string_view alias = match->kid(0)->kids[0]->qualifier;
  const auto row = [&] {
    Node* const column = make(Kind::kColumn, {}, "_rowid_");
    column->qualifier = alias;
    return column;
  };
  const auto found = [&](std::string_view mode, Node* item, Node* also) {
    Node* const query = call("mysql_match", {clone(context_.arena, against), string(mode)});
    Node* where = call("match", {query, make(Kind::kColumn, {}, index->text)});
    if (also != nullptr) {
      where = make(Kind::kBinary, {where, also});
      where->op = Op::kAnd;
    }
    Node* const items = make(Kind::kList, {make(Kind::kItem, {item})});
    Node* const from = clone(context_.arena, index);
    Node* const select = make(Kind::kSelect, {items, from, where, nullptr, nullptr, nullptr});
    return make(Kind::kQuery, {nullptr, select, nullptr, nullptr});
  };
  const bool boolean = match->text == "BOOLEAN";
  const auto rows = [&] {
    return found(boolean ? "boolean" : "natural", make(Kind::kColumn, {}, "rowid"), nullptr);
  };
  if (condition) return make(Kind::kIn, {row(), rows()});
  Node* also = make(Kind::kBinary, {make(Kind::kColumn, {}, "rowid"), row()});
  also->op = Op::kEq;
  // Words that need not be there count as well.
  if (boolean) {
    also = make(Kind::kBinary, {also, make(Kind::kIn, {row(), rows()})});
    also->op = Op::kAnd;
  }
  Node* const relevance = call("mysql_relevance", {make(Kind::kColumn, {}, index->text)});
  Node* const own = make(Kind::kSubquery, {found(boolean ? "words" : "natural", relevance, also)});
  Node* const result = call("coalesce", {own, make(Kind::kDouble, {}, "0.0")});
  result->type = match->type;
  return result;
}

// Rows come in the order of their relevance, the best first, where the statement names no other.
void Lowering::order_by_relevance(Node* query) {
  const Node* const select = query->kid(1);
  if (query->kid(2) != nullptr || select->kind != Kind::kSelect || select->kid(kGroup) != nullptr) return;
  if (select->kid(kFrom) == nullptr || select->kid(kFrom)->kind != Kind::kTable) return;
  const Node* const match = required_match(select->kid(kWhere));
  if (match == nullptr) return;
  Node* const key = make(Kind::kOrder, {clone(context_.arena, match)});
  key->flags |= kDescending;
  query->kids[2] = make(Kind::kList, {key});
}

}  // namespace murmel::sql
