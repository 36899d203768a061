// Pass 3 for CREATE, ALTER, DROP: writes SQLite's statements. MySQL's notation of each column stays in the
// text that SQLite keeps, in a comment behind the column's name; see stored_table.h. Indexes are statements
// of their own, named "table.index", as SQLite has one name space for a whole database. No thread rule.
#pragma once

#include <string>
#include <vector>

#include "agent/sql/lower.h"
#include "agent/sql/printer.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

class AlteredTable;

class DefinitionTranslation {
 public:
  DefinitionTranslation(Context& context, Statement& out) : context_(context), out_(out) {}

  void run(Node* tree);

 private:
  void create_table(Node* create);
  void create_like(Node* create);
  void create_as(Node* create);
  bool sort_written(const Node* written);
  Node* elements_of(Node* query, const Node* written);
  Node* stored_value(std::size_t at, Node* item);
  // `fill`: what gives the table its rows; may be null.
  void create_from(Node* create, Printer* fill);
  void table_definition(Node* table, const Node* elements, const std::string& header, Printer& printer);
  void prepare_keys(const Node* table, Node* elements);
  // A CHECK constraint; `column`: it was written as an attribute of that one.
  struct Check {
    Node* node;
    std::string_view column;
  };
  static void collect_checks(Node* elements, std::vector<Check>& checks);
  void prepare_rules(const Node* table, Node* elements);
  void check_condition(const Check& check, const Node* elements);
  void check_generated(const Node* definition, const Node* elements);
  static bool comes_before(const Node* elements, const Node* one, const Node* other);
  TableInfo info_of(const Node* elements) const;
  void try_rules(const TableInfo& info);
  bool is_needed(const TableInfo& info, std::string_view column, bool dropped);
  void key_columns_not_null(const Node* elements);
  void check_auto_increment(const Node* elements);
  void rebuild(Node* table, const TableInfo& info, const Node* actions);
  void copy_rows(Node* table, const AlteredTable& altered, const TableInfo& now);
  Node* kept_value(const Node* definition, const ColumnInfo& old, const Node* table);
  Node* first_value(const Node* definition);
  Node* constant_default(const Node* definition);
  Node* implicit_default(const ColumnInfo& column);
  const TableInfo* known_table(const Node* table);
  std::string table_header(const Node* options);
  static Type type_of_column(std::string_view name, const Node* elements, const TableInfo* info);
  static void whole_columns(const Node* key, const Node* elements, const TableInfo* info);
  void check_prefixes(const Node* key, const Node* elements, const TableInfo* info);
  static bool has_unique_prefix(const Node* key, const Node* elements, const TableInfo* info);
  void indexes(Node* table, const Node* elements);
  void key_part(std::string_view name, const Node* elements, Printer& printer);
  void settle_charset(Node* definition);
  void column(Node* definition, Printer& printer);
  void default_value(Node* value, Node* definition, Printer& printer);
  void primary_key(const Node* elements, Printer& printer);
  void index_foreign_keys(Node* elements);
  void name_foreign_keys(const Node* table, const Node* elements);
  void check_parent(const Node* key, const Node* table, const Node* elements);
  void foreign_key(const Node* key, const Node* table, const Node* elements, Printer& printer);
  void exact_index(const Node* table, const std::vector<std::string>& columns, bool unique);
  void exact_indexes(const Node* table, const Node* elements);
  void check_references(const Node* table, const TableInfo& info, const AlteredTable& altered);
  void refuse_if_referenced(const Node* table, int error, const Node* but);
  void require_parent(const Node* key, const Node* table);
  void check_changed_foreign_keys(const Node* table, const Node* elements, const Node* actions);
  void index(const Node* key, const Node* table, const Node* elements, const TableInfo* info);
  void move_index(const IndexInfo& index, const Node* table, std::string_view sqlite_name,
                  const TableInfo& info, std::string_view to);
  Node* key_of(const IndexInfo& index);
  bool check_full_text(const Node* key, const Node* table, const TableInfo& columns);
  void full_text_index(const Node* key, const Node* table, std::string_view name, const TableInfo& columns);
  void drop_full_text(std::string_view index, const Node* table, bool triggers);
  void drop_full_texts(const TableInfo& info, const Node* table, bool triggers);
  void run_text(std::string text);
  void create_trigger(Node* create);
  void make_trigger(const TriggerInfo& trigger, const TableInfo& info, const Node* table, Node* body,
                    Context& context);
  void renew_triggers(const Node* table, const TableInfo& changed);
  bool is_in_triggers(const TableInfo& info, std::string_view database) const;
  bool leaves_column(const Node* action, const TableInfo& info);
  bool needs_rebuild(const Node* action, const TableInfo& info);
  void create_index(Node* create);
  void create_view(Node* create);
  void drop(Node* drop);
  void drop_trigger(const Node* trigger, Printer& printer, bool if_exists);
  void no_routine(const Node* routine, std::string_view what, bool if_exists);
  void missing(SqlError error, bool if_exists);
  void alter(Node* alter);
  void action(Node* action, Node* table, const TableInfo& info);
  void add_column(Node* definition, const TableInfo& info, Printer& printer);
  void rename_table(Node* to, Node* table, const TableInfo& info);
  void drop_index(const IndexInfo& index, std::string_view sqlite_name, const Node* table);
  const IndexInfo* index_of(const TableInfo& info, std::string_view name);
  void truncate(Node* tree);
  void number_from(const Node* table, std::string_view first);
  void rename(Node* tree);
  void step(Printer& printer);
  void qualified(Node* table, Printer& printer);
  std::string_view collation_of_column(std::string_view name, const Node* elements,
                                       const TableInfo* info) const;

  Context& context_;
  Statement& out_;
  std::string_view table_collation_;
  std::vector<ColumnInfo> made_columns_;  // of CREATE TABLE ... SELECT
  std::vector<bool> kept_columns_;        // of them, those whose values are stored as the query has them
  bool temporary_ = false;                // the table that is made
  const Node* added_ = nullptr;           // definitions that the ALTER TABLE adds
};

}  // namespace murmel::sql
