// FOR UPDATE and FOR SHARE: which rows a query locks. Its result tells them, as the keys of the tables' rows
// become more columns behind those that were asked for, where each row of the result is made of one row of
// each table in FROM. Else (groups, DISTINCT, UNION, views, derived tables) whole tables are locked. Rows
// that only subqueries read are not, as in MySQL. SKIP LOCKED asks of each row whether it is free, in WHERE.
// No thread rule.
#pragma once

#include <string>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {

class LockingRead {
 public:
  // The query is resolved, and not lowered yet. `by_row`: the host takes keys from its rows. Errors: 3568,
  // 3569.
  LockingRead(const Node* query, Context& context, bool by_row);
  // Into the lowered query.
  void add_keys(Node* query);
  std::vector<LockUse> take_uses() { return std::move(uses_); }

 private:
  struct Table {
    const Node* node = nullptr;
    bool optional = false;  // has no row where an outer join finds none
  };

  void lock_all(const std::vector<const Node*>& clauses);
  void lock_tables(const Node* query, const Node* clauses);
  const Node* clause_of(const Node* clauses, std::string_view alias);
  Node* key_column(const LockUse& use, std::size_t which, std::size_t column);

  Context& context_;
  const bool by_row_;
  std::vector<LockUse> uses_;
  std::vector<std::string_view> aliases_;  // of uses_
};

// How many values of keys follow the columns of a row.
std::size_t locking_values(const Statement& statement);

}  // namespace murmel::sql
