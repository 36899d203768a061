// What a table says of each of its rows beyond types: generated columns and CHECK constraints, as expressions
// over one row. SQLite does not know them, as its shell and other applications have none of MySQL's
// functions: they stand in the comments of the table's text (stored_table.h), and each statement that writes
// carries them along. Trees that this gives are lowered. No thread rule.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "agent/sql/lower.h"

namespace murmel::sql {

// A column that gets a value; `value` is resolved and lowered, and as the column stores it.
struct AssignedColumn {
  const Node* column;
  const ColumnInfo* info;
  Node* value;
};

// Columns that are assigned become their new values, the last one of each.
void substitute(Arena& arena, Node*& node, std::span<const AssignedColumn> assigned);
// Gives it another value when it is evaluated a second time?
bool varies(const Node* node);
// "SELECT text" as a tree; null, with error 1235: it cannot be read.
Node* parse_expression(std::string_view text, Context& context);
// Is it computed when a row is written (and not by SQLite)?
inline bool is_computed(const ColumnInfo& column) {
  return column.generated && !column.generation.empty();
}

class RowRules {
 public:
  // The row's columns are `alias`.x. `ignore`: a row that violates a constraint is left out, with a warning.
  RowRules(Context& context, const TableInfo& table, std::string_view alias, bool ignore);

  static bool has_any(const TableInfo& table);

  // Adds a value for each generated column; `all`: or else for those that are made of what is assigned.
  void generate(std::vector<AssignedColumn>& row, bool all);
  // Calls of mysql_check() that are true for a row that may be written.
  std::vector<Node*> checks(std::span<const AssignedColumn> row, bool all);
  Node* generated(const ColumnInfo& column);

 private:
  Node* expression(std::string_view text, bool condition);
  bool concerns(const Node* node, std::span<const AssignedColumn> row) const;
  Node* over(Node* node, std::span<const AssignedColumn> row);

  Context& context_;
  const TableInfo& table_;
  std::string_view alias_;
  bool ignore_;
};

}  // namespace murmel::sql
