// Triggers. One of MySQL's is one of SQLite's of the same name, with MySQL's text in a comment behind the
// name (stored_table.h); what it does to other rows is translated into its body, once, when it is made or a
// table that it names has changed. What a BEFORE trigger does to the new row (SET NEW.x) is no part of it, as
// SQLite's triggers can't: statements that write carry it along, as they do generated columns (row_rules.h).
// No thread rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/row_rules.h"

namespace murmel::sql {

// The statements of a trigger's body, from its text; null, with an error: it can't be read.
Node* parse_trigger(const TriggerInfo& trigger, Context& context);
// Does a trigger of that event change new rows of the table before they are written?
bool sets_new_row(const TableInfo& table, std::string_view event, Context& context);

// What BEFORE triggers of one event make of a row.
class BeforeTriggers {
 public:
  // The row's columns, as they are without the assignments, are `alias`.x; `event`: INSERT or UPDATE.
  BeforeTriggers(Context& context, const TableInfo& table, std::string_view alias, std::string_view event,
                 bool ignore);

  // Adds what the triggers assign; what `row` has already is seen as NEW.x.
  void run(std::vector<AssignedColumn>& row);

 private:
  void statement(const Node* statement, Node* guard);
  void branch(const Node* branch, Node* guard);
  void assign(const Node* assignment, Node* guard);
  Node* bound(Node* expression, bool condition);
  void bind(Node*& node);
  Node* both(Node* guard, Node* condition, bool wanted);

  Context& context_;
  const TableInfo& table_;
  std::string_view alias_;
  std::string_view event_;
  bool ignore_;
  std::vector<AssignedColumn>* row_ = nullptr;
};

// The scope in which NEW and OLD are known; `event`: INSERT, UPDATE, DELETE.
Scope trigger_scope(const TableInfo& table, std::string_view event);

}  // namespace murmel::sql
