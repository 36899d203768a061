#include "agent/store/client_database.h"

#include <doctest/doctest.h>

#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

std::string first_value(ClientDatabase& database, const std::string& sql) {
  std::string_view rest;
  auto statement = database.prepare(sql, &rest);
  if (!statement.ok()) return statement.error().message;
  auto row = statement->step();
  if (!row.ok()) return row.error().message;
  const ClientValue value = *row ? statement->value(0) : ClientValue();
  const auto* const text = std::get_if<std::string_view>(&value);
  return text != nullptr ? std::string(*text) : "nothing";
}

}  // namespace

TEST_CASE("a table that is gone is not taken from an attached database") {
  const TempDir dir;
  TestNode own(dir, 1);
  TestNode other(dir, 2);
  own.app().run("CREATE TABLE t(v TEXT); INSERT INTO t VALUES('own')");
  other.app().run("CREATE TABLE t(v TEXT); INSERT INTO t VALUES('secret')");
  auto opened = ClientDatabase::open(own.path(), 1'000);
  REQUIRE(opened.ok());
  ClientDatabase& database = *opened.value();
  REQUIRE(database.attach(other.path(), "other").ok());
  database.expect_own({"T"});
  CHECK(first_value(database, "SELECT v FROM t") == "own");
  std::string_view rest;
  auto prepared = database.prepare("SELECT v FROM t", &rest);
  REQUIRE(prepared.ok());
  own.app().run("DROP TABLE t");
  auto row = prepared->step();
  REQUIRE_FALSE(row.ok());
  CHECK(row.error().message == "access to other.t.v is prohibited");
  CHECK(first_value(database, "SELECT v FROM t") == "access to other.t.v is prohibited");
  database.expect_own({});
  CHECK(first_value(database, "SELECT v FROM other.t") == "secret");
}

TEST_CASE("a client's text reaches neither files nor Murmel's own tables") {
  auto opened = ClientDatabase::open_scratch(0);
  REQUIRE(opened.ok());
  for (const char* const sql : {"ATTACH '/tmp/x' AS x", "PRAGMA journal_mode = delete", "BEGIN",
                                "SELECT load_extension('x')", "CREATE TABLE __murmel_log(a)"}) {
    CHECK_MESSAGE(first_value(*opened.value(), sql).find("auth") != std::string::npos, sql);
  }
}

}  // namespace murmel::store::test
