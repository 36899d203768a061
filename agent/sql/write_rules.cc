// INSERT into a table with generated columns or CHECK constraints. The rows are made first, so that what
// varies from call to call (RAND(), AUTO_INCREMENT) is called once; the expressions look at them:
//
//   INSERT INTO t (a, g) SELECT "_mysql_row".a, g's expression FROM (WITH "_mysql_new"(a) AS MATERIALIZED
//   (rows) SELECT * FROM "_mysql_new") AS "_mysql_row" WHERE checks
#include <algorithm>
#include <string>

#include "agent/sql/trigger.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kRow[] = "_mysql_row";

}  // namespace

void WriteTranslation::in_trigger(Node* condition) {
  in_trigger_ = true;
  if (condition == nullptr) return;
  guard_ = clone(context_.arena, condition);
  resolver_.expression(guard_, Scope{}, "field list");
  if (!context_.error) guard_ = lowering_.condition(guard_);
}

Node* WriteTranslation::guarded(Node* where) {
  if (guard_ == nullptr || where == nullptr) return guard_ != nullptr ? guard_ : where;
  Node* const both = new_node(context_.arena, Kind::kBinary, {guard_, where});
  both->op = Op::kAnd;
  return both;
}

void WriteTranslation::refuse_generated(std::string_view table, const ColumnInfo& column) {
  context_.fail(3105, "HY000",
                "The value specified for generated column '" + column.name + "' in table '" +
                    std::string(table) + "' is not allowed.");
}

// Of values given to a generated column only DEFAULT is allowed; they go.
void WriteTranslation::leave_generated(const TableInfo& table, const std::vector<const ColumnInfo*>& columns,
                                       Node* rows) {
  const bool any = std::any_of(columns.begin(), columns.end(),
                               [](const ColumnInfo* column) { return is_computed(*column); });
  if (!any) return;
  for (std::uint32_t i = 0; i < rows->count && !context_.error && rows->kind == Kind::kList; ++i) {
    Node* const row = rows->kids[i];
    if (row->count == 0) continue;
    if (row->count != columns.size()) {
      return context_.fail(1136, "21S01",
                           "Column count doesn't match value count at row " + std::to_string(i + 1));
    }
    std::uint32_t kept = 0;
    for (std::uint32_t j = 0; j < row->count; ++j) {
      Node* const value = row->kids[j];
      if (!is_computed(*columns[j])) {
        row->kids[kept++] = value;
      } else if (value->kind != Kind::kDefault || !value->text.empty()) {
        return refuse_generated(table.name, *columns[j]);
      }
    }
    row->count = kept;
  }
  for (const ColumnInfo* const column : columns) {
    if (rows->kind == Kind::kQuery && is_computed(*column)) return refuse_generated(table.name, *column);
  }
}

// Columns that SQLite would give their DEFAULT, as the expressions have to see it.
void WriteTranslation::add_the_rest(const TableInfo& table, std::vector<const ColumnInfo*>& columns,
                                    std::vector<Node*>& added) {
  for (const ColumnInfo& column : table.columns) {
    if (column.generated || std::find(columns.begin(), columns.end(), &column) != columns.end()) continue;
    columns.push_back(&column);
    added.push_back(assigned(table.name, column, default_of(column), 0));
  }
}

void WriteTranslation::begin_ruled(const TableInfo& table, const std::vector<const ColumnInfo*>& columns) {
  RowRules rules(context_, table, kRow, out_.ignore);
  std::vector<Target> made;
  BeforeTriggers(context_, table, kRow, "INSERT", out_.ignore).run(made);
  rules.generate(made, true);
  row_checks_ = rules.checks(made, true);
  std::vector<const ColumnInfo*> all;
  const auto is_made = [&](const ColumnInfo* column) {
    return std::any_of(made.begin(), made.end(), [&](const Target& target) { return target.info == column; });
  };
  for (const ColumnInfo* const column : columns) {
    if (!is_made(column)) all.push_back(column);
  }
  const std::size_t taken = all.size();
  for (const Target& target : made) all.push_back(target.info);
  print_names(all);
  printer_.add("SELECT ");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i != 0) printer_.add(", ");
    if (i < taken) {
      printer_.name(all[i]->name);
    } else {
      printer_.node(made[i - taken].value);
    }
  }
  printer_.add(" FROM (WITH \"_mysql_new\"");
  print_names(columns);
  printer_.add("AS MATERIALIZED (");
}

void WriteTranslation::end_ruled() {
  printer_.add(") SELECT * FROM \"_mysql_new\") AS \"" + std::string(kRow) + "\" WHERE ");
  for (const Node* const check : row_checks_) {
    if (check != row_checks_.front()) printer_.add(" AND ");
    printer_.node(check);
  }
  if (row_checks_.empty()) printer_.add("1");
}

}  // namespace murmel::sql
