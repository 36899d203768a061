// Pass 3 for CREATE, ALTER, DROP: writes SQLite's statements. MySQL's notation of each column stays in the
// text that SQLite keeps, in a comment behind the column's name; see stored_table.h. Indexes are statements
// of their own, named "table.index", as SQLite has one name space for a whole database. No thread rule.
#pragma once

#include <string>

#include "agent/sql/lower.h"
#include "agent/sql/printer.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

class DefinitionTranslation {
 public:
  DefinitionTranslation(Context& context, Statement& out) : context_(context), out_(out) {}

  void run(Node* tree);

 private:
  void create_table(Node* create);
  std::string table_header(const Node* options);
  void indexes(Node* table, const Node* elements);
  void key_part(std::string_view name, const Node* elements, Printer& printer);
  void column(Node* definition, Printer& printer);
  void default_value(Node* value, Node* definition, Printer& printer);
  void primary_key(const Node* elements, Printer& printer);
  void foreign_key(const Node* key, Printer& printer);
  void index(const Node* key, Node* table, const Node* elements);
  void create_index(Node* create);
  void create_view(Node* create);
  void drop(Node* drop);
  void alter(Node* alter);
  void action(Node* action, Node* table, const TableInfo* info);
  void add_column(Node* definition, const TableInfo& info, Printer& printer);
  void rename_table(Node* to, const Node* table, const TableInfo* info, Printer& printer);
  void drop_index(std::string_view name, const Node* table, const TableInfo* info);
  void truncate(Node* tree);
  void rename(Node* tree);
  void step(Printer& printer);
  void qualified(Node* table, Printer& printer);
  std::string_view collation_of_column(std::string_view name, const Node* elements, const Node* table) const;

  Context& context_;
  Statement& out_;
  std::string_view table_collation_;
};

}  // namespace murmel::sql
