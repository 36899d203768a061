// Rows arrive: every operation, every type, whole transactions, exactly once.
#include <doctest/doctest.h>

#include "tests/unit/store/node.h"

namespace murmel::store::test {

TEST_CASE_FIXTURE(TwoNodes, "insert, update and delete arrive with every storage class") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c REAL, d BLOB);"
      "INSERT INTO t VALUES(1, NULL, 'x', 1.5, x'00ff00'), (2, -9223372036854775808, '', 1e999, x''),"
      "(3, 9223372036854775807, CAST(x'ff80' AS TEXT), -0.0, zeroblob(100000))");
  exchange(one, two);
  CHECK(equal(one, two));
  one.app().run("UPDATE t SET b = b || '!' WHERE id < 3; DELETE FROM t WHERE id = 3");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT id, b, hex(d) FROM t ORDER BY id") == "1|x!|00FF00\n2|!|");
}

TEST_CASE_FIXTURE(TwoNodes, "what was applied is not taken for a local write") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)");
  replicate(one, two);
  CHECK(two.tail().empty());
  CHECK(two.have(2) == 0);
}

TEST_CASE_FIXTURE(TwoNodes, "a change set that comes twice has effect once, also across a restart") {
  one.app().run("CREATE TABLE t(a)");
  one.app().run("INSERT INTO t VALUES('no key')");
  const auto changes = one.tail();
  CHECK(two.apply(changes).transactions == static_cast<std::int64_t>(changes.size()));
  CHECK(two.apply(changes).transactions == 0);
  two.restart();
  CHECK(two.apply(changes).transactions == 0);
  CHECK(two.app().query("SELECT count(*) FROM t") == "1");
}

TEST_CASE_FIXTURE(TwoNodes, "a change set with a gap before it waits") {
  for (const char* sql : {"CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(0)",
                          "INSERT INTO t VALUES(1)", "INSERT INTO t VALUES(2)"}) {
    one.app().run(sql);
  }
  const auto changes = one.tail();
  REQUIRE(changes.size() == 3);
  two.apply(std::vector{changes[0], changes[2]});
  CHECK(two.have(1) == 1);
  two.apply(std::vector{changes[1], changes[2]});
  CHECK(two.have(1) == 3);
}

TEST_CASE("a change set waits for what its author had seen") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  const auto first = one.tail();
  two.apply(first);
  two.app().run("INSERT INTO t VALUES(1)");
  const auto second = two.tail();
  REQUIRE(second.size() == 1);
  CHECK(second[0].depends == std::vector<core::Position>{{1, first.back().seq}});
  CHECK(three.apply(second).transactions == 0);
  three.apply(first);
  CHECK(three.apply(second).transactions == 1);
}

TEST_CASE_FIXTURE(TwoNodes, "a transaction of several records is applied whole or not at all") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, b)");
  replicate(one, two);
  one.app().run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
      "INSERT INTO t SELECT i, randomblob(100000) FROM n");
  const auto changes = one.tail();
  REQUIRE(changes.size() > 2);
  CHECK(changes.front().more);
  CHECK_FALSE(changes.back().more);
  const std::span all(changes);
  CHECK(two.apply(all.first(all.size() - 1)).transactions == 0);
  CHECK(two.app().query("SELECT count(*) FROM t") == "0");
  CHECK(two.apply(all).transactions == 1);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "primary keys of several columns, WITHOUT ROWID and changed keys") {
  one.app().run(
      "CREATE TABLE t(a TEXT COLLATE NOCASE, b REAL, c, PRIMARY KEY(b, a)) WITHOUT ROWID;"
      "INSERT INTO t VALUES('x', 1, 1), ('y', 2, 2);"
      "UPDATE t SET b = b + 10, a = upper(a); UPDATE t SET c = 'z' WHERE a = 'x'");
  exchange(one, two);
  CHECK(equal(one, two));
  one.app().run("UPDATE t SET a = lower(a)");
  exchange(one, two);
  CHECK(two.app().query("SELECT a, b, c FROM t ORDER BY b") == "x|11.0|z\ny|12.0|2");
}

TEST_CASE_FIXTURE(TwoNodes, "tables without a key are multisets") {
  one.app().run("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'), (1, 'x'), (1.0, 'x'), (NULL, NULL)");
  exchange(one, two);
  two.app().run("DELETE FROM t WHERE rowid = 1; INSERT INTO t VALUES('from two', 2)");
  one.app().run("UPDATE t SET b = 'y' WHERE typeof(a) = 'real'; INSERT INTO t VALUES('from one', 1)");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT count(*) FROM t") == "5");
}

TEST_CASE_FIXTURE(TwoNodes, "generated columns and hostile names") {
  one.app().run(R"(CREATE TABLE "a ""b'; --"("key ""x" INTEGER PRIMARY KEY, "select" TEXT,
                   g AS (upper("select")), s AS ("key ""x" * 2) STORED);
                   INSERT INTO "a ""b'; --" VALUES(1, 'v');
                   UPDATE "a ""b'; --" SET "select" = 'w')");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query(R"(SELECT g, s FROM "a ""b'; --")") == "W|2");
}

TEST_CASE_FIXTURE(TwoNodes, "rows whose key column is NULL have no identity and still arrive") {
  one.app().run("CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES(NULL, 1), (NULL, 1), ('a', 2)");
  exchange(one, two);
  one.app().run("UPDATE t SET k = 'b' WHERE rowid = 1; UPDATE t SET k = NULL WHERE k = 'a'");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT k, v FROM t ORDER BY k, v") == "NULL|1\nNULL|2\nb|1");
}

TEST_CASE_FIXTURE(TwoNodes, "the application's triggers and foreign keys don't act a second time") {
  one.app().run(
      "PRAGMA foreign_keys=ON; CREATE TABLE p(id INTEGER PRIMARY KEY);"
      "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);"
      "CREATE TABLE log(id INTEGER PRIMARY KEY, what);"
      "CREATE TRIGGER g AFTER DELETE ON c BEGIN INSERT INTO log(what) VALUES(old.id); END;"
      "INSERT INTO p VALUES(1); INSERT INTO c VALUES(7, 1); DELETE FROM p");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT id, what FROM log") == "1|7");
}

}  // namespace murmel::store::test
