// Pass 1: names and types. Every column learns its table and its type, `*` becomes columns, expressions get
// types; what is not there is 1146, 1054 or 1052. Writes nothing else. The result's columns are known after
// it. No thread rule.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

struct ScopeColumn {
  std::string_view name;
  const Type* type = nullptr;
  const ColumnInfo* info = nullptr;  // of a table's column
};
struct ScopeTable {
  std::string_view alias;
  std::string_view database;
  std::string_view name;  // empty for a derived table
  std::vector<ScopeColumn> columns;
  std::vector<std::string_view> merged;  // USING: columns that another table's stand for
  bool numbered = false;                 // JSON_TABLE, LATERAL: SQLite knows its columns by their numbers
  bool derived = false;                  // a query's rows
  bool computed = false;                 // a view, or a derived table: values are not as columns store them
  const Node* source = nullptr;          // the body of a derived or common table's query; null: not known
  bool inlined = false;                  // that query is made part of the one around it

  const ScopeColumn* find(std::string_view column) const;
  bool merges(std::string_view column) const;
};
struct Scope {
  struct Place {
    std::size_t table;
    std::size_t column;
  };

  std::vector<ScopeTable> tables;
  std::vector<Place> visible;  // what `*` shows
  const Scope* outer = nullptr;
  const Node* items = nullptr;   // of the SELECT, where aliases are seen (GROUP BY, HAVING, ORDER BY)
  const Node* groups = nullptr;  // GROUP BY's
  bool having_rows = false;      // HAVING is a condition of single rows
  std::size_t first = 0;         // of the tables that are seen: ON sees those that its join is of

  const ScopeColumn& at(const Place& place) const { return tables[place.table].columns[place.column]; }
};
// What the passes over one statement share.
struct Context {
  Arena& arena;
  const Settings& settings;
  const Catalog& catalog;
  std::optional<SqlError> error;
  std::vector<TableUse> uses;                // tables read, in the order found
  const Scope* outermost = nullptr;          // NEW and OLD of a trigger
  std::map<const Node*, Scope> scopes = {};  // of the SELECTs of derived tables, subqueries and views
  int views = 0;                             // that this one is in
  bool in_view = false;                      // CREATE VIEW, whose text other clients of SQLite may read

  void fail(std::uint16_t number, const char* sqlstate, std::string message) {
    if (!error) error = SqlError{number, sqlstate, std::move(message)};
  }
  void not_supported(std::string_view what);
};

bool same_name(std::string_view a, std::string_view b);  // without regard to ASCII case
bool is_aggregate(std::string_view function);
bool names_a_column(const Node* node);
bool table_matches(const ScopeTable& table, const Node& column);  // by what stands before the column's name
std::string full_name(const Node& column);                        // as MySQL's messages have it
bool has_aggregate(const Node* node);                             // of this query, not of one inside

struct CommonTable {
  std::string_view name;
  std::vector<ScopeColumn> columns;
  const Node* source = nullptr;
  bool inlined = false;
};

class Resolver {
 public:
  explicit Resolver(Context& context) : context_(context) {}

  // A query; returns the columns of its result.
  std::vector<ScopeColumn> query(Node* query, const Scope* outer);
  // FROM: adds its tables to the scope, and resolves what it joins on.
  void from(Node* from, Scope& scope);
  void with(Node* with, const Scope* outer);
  // The columns of a table that a query makes, with other names if `names` is not null; 1353, 1060.
  void rename(std::vector<ScopeColumn>& columns, const Node* names);
  void expression(Node* node, const Scope& scope, const char* clause);

  std::vector<ResultColumn> result;  // of the outermost query

 private:
  std::vector<ScopeColumn> body(Node* body, const Scope* outer, Node* order);
  std::vector<ScopeColumn> set_operation(Node* body, const Scope* outer, Node* order);
  std::vector<ScopeColumn> values(Node* body, const Scope* outer, Node* order);
  std::vector<ScopeColumn> select(Node* select, const Scope* outer, Node* order);
  void table(Node* table, Scope& scope);
  void derived(Node* derived, Scope& scope);
  void lateral(Node* derived, const Scope& scope, ScopeTable& entry);
  void json_table(Node* table, Scope& scope);
  bool sees_tables(const Node* from, const Node* what, const Scope& scope);
  void join(Node* join, Scope& scope);
  void json_columns(const Node* columns, ScopeTable& table);
  void merge(Node* join, Scope& scope, std::size_t left_begin, std::size_t right_begin);
  void compare(Node* join, const Scope& scope, const Scope::Place& a, const Scope::Place& b);
  void ambiguous(std::string_view column);
  void expand_stars(Node* select, const Scope& scope);
  void order_result(Node* order, const std::vector<ScopeColumn>& columns);
  void order(Node* list, const Scope& scope, const char* clause);
  void column(Node* node, const Scope& scope, const char* clause);
  void default_value(Node* node, const Scope& scope, const char* clause);
  void having(Node* select, Scope& scope);
  const Node* unseen_in_having(const Node* written, const Node* resolved, const Node* select,
                               const Scope& scope) const;
  bool alias(Node* node, const Scope& scope, const char* clause);
  void match(Node* match, const Scope& scope);
  void note_result(const Node* items, const Scope& scope);
  bool outermost() const { return depth_ - parentheses_ == 1; }

  Context& context_;
  std::vector<CommonTable> common_;
  int depth_ = 0;
  int parentheses_ = 0;  // of depth_, those that only group: (SELECT 1) UNION (SELECT 2)
  // Of the tables in FROM so far, those that JSON_TABLE must not name: the left side of a RIGHT JOIN, and
  // what stands before the parentheses that it is in, as SQLite does not see it there.
  std::size_t optional_ = 0;
  std::size_t outside_ = 0;
  bool recursive_ = false;  // a common table that sees itself
};

// The type an expression gets from its operands, all of which have theirs.
const Type* infer(const Node* node, Context& context);
const Type* simple_type(TypeKind kind);
// DECIMAL of so many digits behind the point.
const Type* decimal_type(int scale, Context& context);
// Digits behind the point, 0 for integers; nothing if they are not known, or not exact.
std::optional<int> exact_scale(const Type* type);
// One type for values of both, as MySQL has it; kUnknown where that is not known.
const Type* merged_type(const Type* first, const Type* second, Context& context);
// Converts column number `at` of a query's body to a merged type.
void merge_column(Node* body, std::uint32_t at, const Type* to, Context& context);
// Errors 1115, 1273 and 1253 for what there is not, or does not go together; either may be empty.
void check_collation(std::string_view charset, std::string_view collation, Context& context);
// Of CASE, IF, IFNULL, COALESCE; and converts what their values can be.
const Type* branches_type(const Node* node, Context& context);
void merge_branches(Node* node, Context& context);
// Integers of at most 32 bits: what is computed from two of them fits 64.
bool is_small_integer(const Node* node);
// Of an INTERVAL: does it leave the time alone?
bool counts_days(std::string_view unit);

}  // namespace murmel::sql
