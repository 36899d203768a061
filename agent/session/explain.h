// EXPLAIN: SQLite's query plan in the words of MySQL's (dev.mysql.com, "EXPLAIN Output Format"). What MySQL
// has no word for is left out; estimates of rows are those of information_schema. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/translator.h"

namespace murmel::session {

// A row of SQLite's EXPLAIN QUERY PLAN.
struct PlanStep {
  std::int64_t id = 0;
  std::int64_t parent = 0;
  std::string text;
};

// Of the tables that a plan names.
struct PlanTables {
  std::function<const sql::TableInfo*(std::string_view table)> find;              // null: there is none
  std::function<std::optional<std::int64_t>(std::string_view table)> count_rows;  // about; nothing: not known
};

// A row of EXPLAIN. Empty texts are NULL.
struct ExplainedTable {
  std::uint64_t select = 1;  // 0: NULL, of what unites several
  std::string select_type;
  std::string table;
  std::string type;
  std::string key;
  std::string ref;
  std::optional<std::int64_t> rows;
  std::vector<std::string> extra;
};

// `statement`: what is explained.
std::vector<ExplainedTable> explain(std::span<const PlanStep> plan, const sql::Statement& statement,
                                    const PlanTables& tables);
std::span<const sql::ResultColumn> explain_columns();
// FORMAT=TREE and FORMAT=JSON.
std::string explained_tree(std::span<const ExplainedTable> rows);
std::string explained_json(std::span<const ExplainedTable> rows);

}  // namespace murmel::session
