// Pass 3 for INSERT, REPLACE, UPDATE and DELETE: resolves and lowers their parts and writes them, as one
// SQLite statement, or several where rows of several tables are written (write_join.cc). What is stored is
// converted to the column's type by mysql_assign() unless it is plain that it fits as it is. No thread rule.
#pragma once

#include <map>
#include <string_view>

#include "agent/sql/lower.h"
#include "agent/sql/printer.h"
#include "agent/sql/resolve.h"
#include "agent/sql/row_rules.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

class WriteTranslation {
 public:
  WriteTranslation(Context& context, Statement& out)
      : context_(context), out_(out), resolver_(context), lowering_(context) {}

  // As a statement of a trigger: it counts nothing for the client. `condition`: of NEW and OLD; may be null.
  void in_trigger(Node* condition);
  void insert(Node* insert);
  // One row of LOAD DATA: write_load.cc.
  void load(Node* load);
  void update(Node* update);
  void remove(Node* remove);

 private:
  using Target = AssignedColumn;
  const TableInfo* target_table(Node* table, const char* verb);
  const ColumnInfo* find_column(const TableInfo& table, std::string_view name);
  std::vector<const ColumnInfo*> insert_columns(const TableInfo& table, const Node* columns);
  void check_defaults(const TableInfo& table, std::vector<const ColumnInfo*>& columns,
                      std::vector<Node*>& added);
  Node* default_of(const ColumnInfo& column);
  Node* not_null(const ColumnInfo& column, Node* value);
  Node* assigned(std::string_view table, const ColumnInfo& column, Node* value, std::uint32_t row);
  void print_names(const std::vector<const ColumnInfo*>& columns);
  Node* auto_increment(const TableInfo& table, Node* value);
  Node* required(const TableInfo& table, const ColumnInfo& column, Node* value);
  // Columns in VALUES and SET are those of the row as far as it has been filled: write_row.cc.
  void name_row(Node* table, const TableInfo& info);
  Node* with_row(Node* node);
  Node* row_value(const Node* column);
  Node* field_value(const ColumnInfo& column);
  void rows(const TableInfo& table, const std::vector<const ColumnInfo*>& columns, std::size_t given,
            const std::vector<Node*>& added, Node* rows);
  void from_query(const TableInfo& table, const std::vector<const ColumnInfo*>& columns, std::size_t given,
                  const std::vector<Node*>& added, Node* query);
  void on_duplicate(const TableInfo& table, Node* insert);
  void note_duplicates(const TableInfo& table);
  bool adjusts_nulls(const Node* rows) const;
  void use_excluded(Node* node, std::string_view alias, const Node* names,
                    const std::vector<const ColumnInfo*>& columns);
  std::vector<Target> targets(Node* assignments, const Scope& scope, bool in_order);
  void touch_timestamps(const ScopeTable& table, std::vector<Target>& targets);
  void print_with(Node* with);
  // `counted`: INSERT's table, whose AUTO_INCREMENT value the session is told of rows that it changes.
  void print_set(const std::vector<Target>& targets, std::size_t given, const std::vector<Node*>& checks,
                 const TableInfo* counted = nullptr);
  // Of tables with generated columns and CHECK constraints: write_rules.cc.
  void refuse_generated(std::string_view table, const ColumnInfo& column);
  void leave_generated(const TableInfo& table, const std::vector<const ColumnInfo*>& columns, Node* rows);
  void add_the_rest(const TableInfo& table, std::vector<const ColumnInfo*>& columns,
                    std::vector<Node*>& added);
  Node* guarded(Node* where);
  void begin_ruled(const TableInfo& table, const std::vector<const ColumnInfo*>& columns);
  void end_ruled();
  void print_updated(const Node* value, std::string_view alias, std::string_view column, std::size_t columns,
                     const ColumnInfo* id);
  void print_limited(Node* table, Node* where, Node* order, Node* limit);
  void print_rowids(Node* table, Node* where, Node* order, Node* limit);
  bool order_matters(const TableInfo& table, const std::vector<Target>& targets, const Node* given) const;
  void updated_in_order(Node* update, const std::vector<Target>& targets, std::size_t given,
                        const std::vector<Node*>& checks, Node* where, Node* order);
  // What a join's statement writes in one of its tables. `number`: in the names of the join's columns.
  struct JoinTarget {
    const ScopeTable* table;
    std::size_t number;
    std::vector<Target> targets;  // none in DELETE
    std::size_t given;
  };
  std::vector<JoinTarget> by_table(const Scope& scope, const std::vector<Target>& targets);
  void check_keys(const JoinTarget& a, const JoinTarget& b);
  void updated_by_join(Node* update, const Scope& scope, const std::vector<Target>& targets, Node* where);
  void removed_by_join(Node* remove, const Scope& scope, Node* where);
  bool is_writable(const ScopeTable& table, const char* verb);
  const ScopeTable* delete_target(const Node* target, const Scope& scope);
  void keep_join(Node* with, const std::vector<JoinTarget>& written, Node* from, Node* where);
  void print_join(const std::vector<JoinTarget>& written, Node* from, Node* where);
  void print_update_of(const JoinTarget& target);
  void drop_join();
  void print_stored(const ScopeTable& table);
  std::string_view database_of(const ScopeTable& table) const;
  void step(bool counts_rows);
  void end_step(Step::Rows rows);
  void finish(const char* privilege, std::string_view database, std::string_view table);

  Context& context_;
  Statement& out_;
  Resolver resolver_;
  Lowering lowering_;
  Printer printer_;
  std::string_view target_database_;  // empty: the current one
  std::vector<Node*> row_checks_;     // of the row that is written
  bool in_trigger_ = false;
  Node* guard_ = nullptr;  // the condition, lowered
  bool loads_ = false;     // LOAD DATA, which says itself what it does with rows that are refused
  const TableInfo* row_table_ = nullptr;                // set where values may name its columns
  Scope row_;                                           // its columns
  std::map<std::string_view, const Node*> row_values_;  // what they have been given so far
  bool sets_row_ = false;  // triggers give the row that INSERT writes other values
};

// The value as it is, if the column stores it unchanged; else mysql_assign(value, type, column, row).
Node* convert_for_column(const ColumnInfo& column, Node* value, std::uint32_t row, bool strict,
                         Context& context);

// FROM with the rows of a query, lowered, that has so many columns; and column number `at` of them.
void print_source(Node* query, std::size_t columns, Printer& printer);
Node* source_column(std::size_t at, Arena& arena);

}  // namespace murmel::sql
