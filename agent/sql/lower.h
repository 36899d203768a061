// Pass 2: MySQL's operators, literals and clauses become what SQLite has, or calls of the functions in
// agent/functions/names.h. A native operator is used only where the types of both sides make SQLite's answer
// MySQL's; this is what lets an index be used. The tree is resolved before (resolve.h), and afterwards the
// printer can write it, unless the context has an error. No thread rule.
#pragma once

#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {

class Rollup;

class Lowering {
 public:
  explicit Lowering(Context& context) : context_(context) {}

  // A query, FROM or any list of expressions.
  Node* lower(Node* node);
  // An expression whose truth is asked for (WHERE, ON, HAVING, WHEN).
  Node* condition(Node* node);
  // With COLLATE, or by a key, so that SQLite sorts and groups it as MySQL does.
  Node* sortable(Node* node);
  // ENUM and SET where a number is wanted: the place of the word, or a bit for each.
  Node* numeric(Node* node);
  // As an argument of a function: with the tag of its type.
  Node* typed(Node* node);

 private:
  Node* make(Kind kind, std::initializer_list<Node*> kids, std::string_view text = {});
  Node* call(std::string_view name, std::initializer_list<Node*> arguments);
  Node* string(std::string_view text) { return make(Kind::kString, {}, text); }
  Node* integer(std::string_view digits) { return make(Kind::kInteger, {}, digits); }
  void kids(Node* node);
  Node* with_collation(Node* node, std::string_view collation);
  bool is_bare(const Node* node);

  // TIMESTAMP, which is stored in UTC: lower_timestamp.cc.
  Node* from_utc(Node* column);
  Node* as_stored(std::string_view function, Node* value, int digits, const Type* type);
  void compare_stored(Node*& left, Node*& right);
  bool compare_stored(Node* node, std::uint32_t first, Node* list);

  Node* literal(Node* node);
  Node* unary(Node* node);
  Node* binary(Node* node);
  Node* comparison(Op op, Node* left, Node* right);
  Node* between(Node* node);
  Node* in(Node* node);
  struct Rows {
    Node* with;
    Node* values;  // a row of its columns
  };
  Rows rows_of(Node* query);
  Node* value_over(const Rows& rows, Node* value, const Type* type);
  Node* subquery(Node* node);
  Node* row_subquery(Node* node);
  Node* in_query(Node* node);
  Node* row_in_query(Node* node, Node* row, Node* query);
  Node* over_query(Op op, bool all, Node* left, Node* query);
  Node* quantified(Node* node);
  Node* like(Node* node);
  Node* negated(Node* node, bool negate);
  Node* case_of(Node* node);
  Node* is(Node* node);
  Node* function(Node* node);
  Node* about_collation(const Node* node);
  Node* aggregate(Node* node);
  Node* group_concat(Node* node);
  Node* cast(Node* node);
  Node* row_comparison(Op op, Node* left, Node* right);
  void window(Node* node);
  void range_window(Node* node);
  void range_of_times(Node* frame, Node*& key);
  void range_of_numbers(Node* frame, Node*& key);
  Node* over(Node* node);
  Node* json_table(Node* table);
  Node* lateral(Node* derived);
  void json_tables_apart(Node* join);
  void select(Node* select);
  void set_operation(Node* node);
  void query(Node* query);
  void count_levels(Node* table);
  void order_compound(Node* query, Node* order);
  Node* values(Node* values);
  Node* named(Node* query, Node* names);
  Node* derived(Node* derived);
  void distinct_items(Node* body);
  Node* match(Node* match, bool condition);
  void order_by_relevance(Node* query);
  // Keys that need queries around become items: how many there were before; 0: it has none.
  std::uint32_t select_outer_keys(Node* query);
  // The query with its first `count` items only, in its order.
  void leave_items(Node* query, std::uint32_t count);
  Node* rollup(Node* select, const Node* order);
  std::vector<Node*> rollup_keys(const Node* order, const std::vector<Node*>& groups);
  Node* rollup_level(const Node* select, Rollup& rollup, std::size_t level);

  Context& context_;
};

// Of the SELECT that gives a query's columns their names; of VALUES the first row.
const Node* first_items(const Node* body);
// The column that a TIMESTAMP is read from; null: it is none.
const Node* stored_timestamp(const Node* node);

// The tag of a stored value, for functions that must know more than SQLite's storage class.
std::string_view tag_of(const Type* type);
// A literal in the notation in which the column keeps dates.
bool is_date_column_with_literal(const Node* column, const Node* literal);

// Can SQLite compare the two as MySQL does, and with what collation (null: none needed)?
struct Comparable {
  bool native = false;
  std::string_view collation;
};
Comparable comparable(const Node* left, const Node* right, Context& context);
// The collation a text is compared by; empty for SQLite's own order of bytes.
std::string_view collation_of(const Node* node, const Context& context);

}  // namespace murmel::sql
