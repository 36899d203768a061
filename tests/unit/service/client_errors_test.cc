#include "agent/service/client_errors.h"

#include <doctest/doctest.h>

namespace murmel::service {
namespace {

std::string told(int code, const std::string& message) {
  const mysql::ClientError error = client_error({code, message, {}}, "app");
  return std::to_string(error.number) + " " + error.message;
}

std::uint16_t number(int code, const std::string& message) {
  return client_error({code, message, {}}, "app").number;
}

}  // namespace

TEST_CASE("what may go better again is a deadlock") {
  constexpr char kDeadlock[] = "1213 Deadlock found when trying to get lock; try restarting transaction";
  CHECK(told(5 | 2 << 8, "database is locked") == kDeadlock);
  CHECK(told(5, "no majority") == std::string(kDeadlock) + " (no majority)");
  CHECK(told(19 | 2 << 8, "constraint failed") == std::string(kDeadlock) + " (the commit was refused)");
  CHECK(told(5, "database is locked") == "1205 Lock wait timeout exceeded; try restarting transaction");
}

TEST_CASE("a constraint is told by MySQL's number") {
  CHECK(told(19 | 8 << 8, "UNIQUE constraint failed: t.a, t.b") == "1062 Duplicate entry for key 't.b'");
  CHECK(told(19 | 5 << 8, "NOT NULL constraint failed: t.a") == "1048 Column 'a' cannot be null");
  CHECK(number(19 | 3 << 8, "FOREIGN KEY constraint failed") == 1452);
  CHECK(number(19 | 1 << 8, "CHECK constraint failed: positive") == 3819);
}

TEST_CASE("what collides is told by its columns, or its index where they are expressions") {
  const auto columns = duplicate_key({19 | 8 << 8, "UNIQUE constraint failed: t.a, t.b", {}});
  REQUIRE(columns.has_value());
  CHECK(columns->table == "t");
  CHECK(columns->is({.name = "k", .unique = true, .columns = {"A", "b"}}));
  CHECK_FALSE(columns->is({.name = "k", .unique = true, .columns = {"a"}}));
  const auto index = duplicate_key({19 | 8 << 8, "UNIQUE constraint failed: index 't.k'", {}});
  REQUIRE(index.has_value());
  CHECK(index->table == "t");
  CHECK(index->is({.name = "k", .unique = true, .sqlite_name = "t.k"}));
  CHECK_FALSE(duplicate_key({19 | 5 << 8, "NOT NULL constraint failed: t.a", {}}).has_value());
}

TEST_CASE("a mistake in a statement, and its end, are told by MySQL's number") {
  CHECK(told(1, "no such table: t") == "1146 Table 'app.t' doesn't exist");
  CHECK(number(1, "no such column: x") == 1054);
  CHECK(number(1, "near \"x\": syntax error") == 1064);
  CHECK(number(1, "table t already exists") == 1050);
  CHECK(number(9, "interrupted") == 1317);
}

}  // namespace murmel::service
