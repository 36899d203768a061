#include <doctest/doctest.h>

#include <string>

#include "agent/store/database.h"
#include "agent/store/table_difference.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr std::size_t kBytesMax = 1 << 20;

// What `good` has where `damaged` has something else.
BucketRows ask(TestNode& damaged, TestNode& good, const std::string& table) {
  const auto sums = sum_buckets(damaged.path(), table);
  REQUIRE(sums.ok());
  auto rows = differing_rows(good.path(), good.id(), table, *sums, kBytesMax);
  INFO((rows.ok() ? std::string() : rows.error().message));
  REQUIRE(rows.ok());
  return std::move(rows).value();
}

RepairReport repair(TestNode& damaged, TestNode& good, const std::string& table) {
  const auto report = damaged.db().repair(ask(damaged, good, table));
  INFO((report.ok() ? std::string() : report.error().message));
  REQUIRE(report.ok());
  return *report;
}

// Writes behind the back of capture.
void damage(TestNode& node, const std::string& sql) {
  App(node.path(), false).run(sql);
}

TEST_CASE_FIXTURE(
    TwoNodes, "rows that were changed, removed and added behind the back of capture are put right and kept") {
  one.app().run(
      "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v, u UNIQUE) WITHOUT ROWID;"
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500)"
      " INSERT INTO t SELECT 'k' || i, i, i FROM c");
  exchange(one, two);
  damage(two,
         "UPDATE t SET v = 'damaged' WHERE k = 'k7'; DELETE FROM t WHERE k IN ('k8', 'k9');"
         "INSERT INTO t VALUES('extra', x'00', 8)");
  CHECK_FALSE(equal(one, two));
  const RepairReport report = repair(two, one, "t");
  CHECK(report.rows == 4);
  CHECK(report.newer == 0);
  CHECK(equal(one, two));
  CHECK(two.tail().empty());
  const auto kept = two.db().conflicts(10);
  REQUIRE(kept.ok());
  CHECK(kept->size() == 4);
  for (const Conflict& conflict : *kept) CHECK(conflict.reason == "repaired");
  CHECK(repair(two, one, "t").rows == 0);
}

TEST_CASE_FIXTURE(TwoNodes, "equal rows of a table without a key are counted") {
  one.app().run("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'), (1, 'x'), (2, NULL), (2.5, 'z')");
  exchange(one, two);
  damage(two, "DELETE FROM t WHERE rowid = 1; INSERT INTO t VALUES(2, NULL), (3, 'w')");
  CHECK(repair(two, one, "t").rows == 3);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "a row that was written since is left alone") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'a'), (2, 'b')");
  exchange(one, two);
  damage(two, "UPDATE t SET v = 'damaged'");
  const BucketRows rows = ask(two, one, "t");
  two.app().run("UPDATE t SET v = 'newer' WHERE id = 1");
  const auto report = two.db().repair(rows);
  REQUIRE(report.ok());
  CHECK(report->newer == 1);
  CHECK(report->rows == 1);
  CHECK(two.app().query("SELECT v FROM t ORDER BY id") == "newer\nb");
  exchange(one, two);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "rows of a node that is ahead are not taken") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'a')");
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'not there yet'");
  (void)one.tail();
  const auto report = two.db().repair(ask(two, one, "t"));
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == ErrorCode::kBusy);
}

TEST_CASE_FIXTURE(TwoNodes, "a table that is another one there is not touched") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'a')");
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, w); INSERT INTO t VALUES(1, 'b')");
  (void)one.tail();
  (void)two.tail();
  BucketRows rows = ask(two, one, "t");
  rows.have = {};
  const auto report = two.db().repair(rows);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == ErrorCode::kInvalid);
  CHECK(two.app().query("SELECT w FROM t") == "b");
  CHECK_FALSE(sum_buckets(two.path(), "missing").ok());
}

}  // namespace
}  // namespace murmel::store::test
