#include "tests/capture/compare.h"

#include <algorithm>

namespace murmel::capture_test {
namespace {

constexpr std::size_t kShownMax = 4;

constexpr char kSchema[] =
    "SELECT s.type, s.name, s.tbl_name, replace(replace(s.sql, char(10), ' '), '\"', '') FROM sqlite_schema "
    "AS s "
    "LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.tbl_name "
    "WHERE s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.name NOT LIKE '\\_\\_murmel%' ESCAPE '\\' "
    "AND s.tbl_name NOT LIKE '\\_\\_murmel%' ESCAPE '\\' AND coalesce(l.type, '') <> 'shadow' ORDER BY 1, 2";

// Of the virtual tables only full-text ones are replicated.
constexpr char kTables[] =
    "SELECT l.name FROM pragma_table_list AS l JOIN sqlite_schema AS s ON s.name = l.name "
    "WHERE l.schema = 'main' AND (l.type = 'table' OR l.type = 'virtual' AND s.sql LIKE '%using fts%') "
    "AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.name NOT LIKE '\\_\\_murmel%' ESCAPE '\\' ORDER BY 1";

std::vector<std::string> rows_of(sqlite3* db, const std::string& table) {
  std::vector<std::string> rows;
  const Statement statement = prepare(db, "SELECT * FROM " + quoted(table));
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    std::string row;
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
      row += " " + typed_text(statement.get(), i);
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

void append(std::vector<std::string>& to, const std::string& prefix, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) to.push_back(prefix + line);
}

}  // namespace

std::vector<std::string> compare_lines(const std::vector<std::string>& expected,
                                       const std::vector<std::string>& actual) {
  std::vector<std::string> differences;
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()) && differences.size() < kShownMax;
       ++i) {
    const std::string left = i < expected.size() ? expected[i] : "(nothing)";
    const std::string right = i < actual.size() ? actual[i] : "(nothing)";
    if (left == right) continue;
    differences.push_back("expected '");
    differences.back().append(left).append("', got '").append(right).append("'");
  }
  return differences;
}

std::vector<std::string> compare_schema(sqlite3* expected, sqlite3* actual) {
  return compare_lines(query(expected, kSchema), query(actual, kSchema));
}

std::vector<std::string> compare_rows(sqlite3* expected, sqlite3* actual) {
  std::vector<std::string> differences = compare_lines(query(expected, kTables), query(actual, kTables));
  if (!differences.empty()) return differences;
  for (const std::string& table : query(expected, kTables)) {
    append(differences, table + ": ", compare_lines(rows_of(expected, table), rows_of(actual, table)));
  }
  return differences;
}

}  // namespace murmel::capture_test
