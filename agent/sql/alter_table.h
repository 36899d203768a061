// A table's definition as a tree that ALTER TABLE changes: columns, keys and options, with where the values
// of each column come from. The table is then made anew from it (define_rebuild.cc). No thread rule.
#pragma once

#include <string_view>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {

class AlteredTable {
 public:
  struct Column {
    Node* definition;
    const ColumnInfo* from;  // null: a new column
  };

  // Errors go to the context; the object is of no use then.
  AlteredTable(Context& context, const TableInfo& info);

  void apply(const Node* action);

  const std::vector<Column>& columns() const { return columns_; }
  // As CREATE TABLE has them.
  Node* elements() const;
  const Node* options() const { return options_; }

 private:
  using Columns = std::vector<Column>;
  Columns::iterator find(std::string_view name);
  Columns::iterator existing(std::string_view name);
  void add(Node* element, const Node* place);
  void place(Column column, const Node* place);
  void change(std::string_view old, Node* definition, const Node* place);
  void rename(std::string_view old, std::string_view name);
  void drop_column(std::string_view name);
  void drop_key(std::string_view kind, std::string_view name);
  void rename_key(std::string_view old, std::string_view name);
  void drop_check(std::string_view name);
  void enforce(std::string_view name, bool enforced);
  void forget_checks(std::string_view column);
  void set_default(std::string_view name, Node* value);
  void convert(const Node* charset, const Node* collation);
  void set_option(Node* option);
  void put_option(Node* option);
  void keep_collations();
  void no_such(std::string_view name);

  Context& context_;
  const TableInfo& info_;
  Columns columns_;
  std::vector<Node*> keys_;  // kKey, kForeignKey, kCheck
  Node* options_ = nullptr;
  bool charset_given_ = false;  // by the statement
  bool collation_given_ = false;
};

// The kCreateTable of the table as it is; null, with an error, if it cannot be told exactly.
Node* parse_definition(const TableInfo& info, Context& context);

}  // namespace murmel::sql
