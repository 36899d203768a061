#include "agent/store/statement_pool.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>

namespace murmel::store {
namespace {

struct Memory {
  Memory() { REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK); }
  ~Memory() { CHECK(sqlite3_close(db) == SQLITE_OK); }  // SQLITE_BUSY if a statement were left

  sqlite3_stmt* prepare(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    return statement;
  }

  sqlite3* db = nullptr;
};

TEST_CASE("a statement comes back reset, with nothing bound") {
  Memory memory;
  StatementPool pool;
  sqlite3_stmt* const statement = memory.prepare("SELECT ?1");
  sqlite3_bind_int(statement, 1, 7);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  pool.give_back(statement);
  CHECK(pool.take("SELECT 1") == nullptr);
  REQUIRE(pool.take("SELECT ?1") == statement);
  CHECK(pool.take("SELECT ?1") == nullptr);  // it is in use
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  CHECK(sqlite3_column_type(statement, 0) == SQLITE_NULL);
  pool.give_back(statement);
  pool.clear();
}

TEST_CASE("the statement given back longest ago makes room, also among equal ones") {
  Memory memory;
  StatementPool pool;
  for (int i = 0; i < 2; ++i) pool.give_back(memory.prepare("SELECT 'same'"));
  for (std::size_t i = 0; i + 1 < StatementPool::kMost; ++i) {
    pool.give_back(memory.prepare("SELECT " + std::to_string(i)));
  }
  sqlite3_stmt* const same = pool.take("SELECT 'same'");
  REQUIRE(same != nullptr);
  CHECK(pool.take("SELECT 'same'") == nullptr);
  sqlite3_finalize(same);
  pool.clear();
}

}  // namespace
}  // namespace murmel::store
