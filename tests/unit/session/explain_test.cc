#include "agent/session/explain.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <memory>

namespace murmel::session {
namespace {

sql::IndexInfo index(std::string name, std::vector<std::string> columns, bool unique,
                     std::string sqlite_name) {
  sql::IndexInfo made;
  made.name = std::move(name);
  made.columns = std::move(columns);
  made.unique = unique;
  made.sqlite_name = std::move(sqlite_name);
  return made;
}

// Two tables, and what SQLite makes of statements about them.
class Plans {
 public:
  Plans() {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(":memory:", &opened) == SQLITE_OK);
    connection_.reset(opened);
    REQUIRE(sqlite3_exec(opened,
                         "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c INT, d TEXT);"
                         "CREATE INDEX \"t.bc\" ON t (b, c);"
                         "CREATE TABLE u (x TEXT PRIMARY KEY, y INT); CREATE UNIQUE INDEX \"u.y\" ON u (y);",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    t_.name = "t";
    t_.indexes = {index("PRIMARY", {"a"}, true, ""), index("bc", {"b", "c"}, false, "t.bc")};
    u_.name = "u";
    u_.indexes = {index("PRIMARY", {"x"}, true, ""), index("y", {"y"}, true, "u.y")};
  }

  std::vector<ExplainedTable> rows(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(connection_.get(), ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &statement,
                               nullptr) == SQLITE_OK);
    std::vector<PlanStep> plan;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      plan.push_back({sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                      reinterpret_cast<const char*>(sqlite3_column_text(statement, 3))});
    }
    sqlite3_finalize(statement);
    sql::Statement explained;
    if (sql.starts_with("UPDATE")) explained.verb = sql::Statement::WriteVerb::kUpdate;
    if (sql.starts_with("INSERT")) {
      explained.verb = sql::Statement::WriteVerb::kInsert;
      explained.tables = {{"", "t", "INSERT"}};
    }
    PlanTables tables;
    tables.find = [this](std::string_view name) { return name == "t" ? &t_ : name == "u" ? &u_ : nullptr; };
    tables.count_rows = [](std::string_view name) {
      return name == "t" || name == "u" ? std::optional<std::int64_t>(100) : std::nullopt;
    };
    return explain(plan, explained, tables);
  }

  // "id select_type table type key ref rows: extra", a line each.
  std::string told(const std::string& sql) const {
    std::string text;
    for (const ExplainedTable& row : rows(sql)) {
      text += std::to_string(row.select) + " " + row.select_type;
      for (const std::string& part : {row.table, row.type, row.key, row.ref})
        text += " " + (part.empty() ? "-" : part);
      text += " " + (row.rows ? std::to_string(*row.rows) : "-") + ":";
      for (const std::string& what : row.extra) text += " " + what + ".";
      text += "\n";
    }
    return text;
  }

 private:
  struct Closer {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  std::unique_ptr<sqlite3, Closer> connection_;
  sql::TableInfo t_, u_;
};

TEST_CASE("how a table is read is told in MySQL's words") {
  const Plans plans;
  CHECK(plans.told("SELECT * FROM t") == "1 SIMPLE t ALL - - 100:\n");
  CHECK(plans.told("SELECT * FROM t WHERE a = 1") == "1 SIMPLE t const PRIMARY const 1:\n");
  CHECK(plans.told("SELECT * FROM u WHERE x = 'k'") == "1 SIMPLE u const PRIMARY const 1:\n");
  CHECK(plans.told("SELECT * FROM u WHERE y = 1") == "1 SIMPLE u const y const 1:\n");
  CHECK(plans.told("SELECT * FROM t WHERE b = 1") == "1 SIMPLE t ref bc const 10:\n");
  CHECK(plans.told("SELECT * FROM t WHERE b = 1 AND c > 2") == "1 SIMPLE t range bc - 33: Using where.\n");
  CHECK(plans.told("SELECT b FROM t WHERE b = 1 AND c = 2") ==
        "1 SIMPLE t ref bc const,const 10: Using index.\n");
  CHECK(plans.told("SELECT b, c FROM t") == "1 SIMPLE t index bc - 100: Using index.\n");
  CHECK(plans.told("SELECT * FROM t WHERE b = 1 OR a = 3") ==
        "1 SIMPLE t index_merge bc,PRIMARY - 10: Using union(bc,PRIMARY). Using where.\n");
  CHECK(plans.told("SELECT 1") == "1 SIMPLE - - - - -: No tables used.\n");
}

TEST_CASE("joins, sorts and queries in queries are told") {
  const Plans plans;
  CHECK(plans.told("SELECT * FROM t JOIN u ON u.y = t.d ORDER BY t.c") ==
        "1 SIMPLE t ALL - - 100: Using filesort.\n"
        "1 SIMPLE u eq_ref y func 1:\n");
  CHECK(plans.told("SELECT d, COUNT(*) FROM t GROUP BY d") == "1 SIMPLE t ALL - - 100: Using temporary.\n");
  CHECK(plans.told("SELECT (SELECT y FROM u WHERE x = t.d) FROM t") ==
        "1 PRIMARY t ALL - - 100:\n"
        "2 DEPENDENT SUBQUERY u eq_ref PRIMARY func 1:\n");
  CHECK(plans.told("SELECT d FROM t UNION SELECT x FROM u") ==
        "1 PRIMARY t ALL - - 100:\n"
        "2 UNION u index PRIMARY - 100: Using index.\n"
        "0 UNION RESULT <union1,2> ALL - - -: Using temporary.\n");
  CHECK(plans.told("SELECT * FROM (SELECT DISTINCT d FROM t) AS w WHERE w.d > 'a'")
            .starts_with("1 PRIMARY <derived2> ALL"));
}

TEST_CASE("writes are told as what they are") {
  const Plans plans;
  CHECK(plans.told("UPDATE t SET b = 1 WHERE a = 1") == "1 UPDATE t const PRIMARY const 1:\n");
  CHECK(plans.told("INSERT INTO t VALUES (1, 2, 3, 4)") == "1 INSERT t ALL - - -:\n");
}

TEST_CASE("a plan is told as a tree, and as JSON") {
  const Plans plans;
  const auto rows = plans.rows("SELECT * FROM t JOIN u ON u.y = t.d ORDER BY t.c");
  CHECK(explained_tree(rows) ==
        "-> Sort\n"
        "    -> Table scan on t  (rows=100)\n"
        "    -> Single-row index lookup on u using y  (rows=1)\n");
  const std::string json = explained_json(rows);
  CHECK(json.find("\"select_id\": 1") != std::string::npos);
  CHECK(json.find("\"access_type\": \"eq_ref\"") != std::string::npos);
}

}  // namespace
}  // namespace murmel::session
