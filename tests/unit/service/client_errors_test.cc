#include "agent/service/client_errors.h"

#include <doctest/doctest.h>

namespace murmel::service {
namespace {

std::string told(int code, const std::string& message) {
  const mysql::ClientError error = client_error({code, message, {}}, "app");
  return std::to_string(error.number) + " " + error.message;
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
  CHECK(told(1, "no such table: t") == "1146 Table 'app.t' doesn't exist");
}

}  // namespace murmel::service
