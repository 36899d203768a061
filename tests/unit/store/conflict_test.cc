// Last writer wins: the same rows everywhere, and no overwritten write is forgotten.
#include <doctest/doctest.h>

#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr char kTable[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, w TEXT); INSERT INTO t VALUES(1, 'old', 'w')";

}  // namespace

TEST_CASE_FIXTURE(TwoNodes,
                  "of two concurrent updates the later one stays on both nodes, and the other one is kept") {
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'first'");
  two.app().run("UPDATE t SET w = 'second'");
  const auto first = one.tail();
  const auto second = two.tail();
  CHECK(one.apply(second).conflicts == 1);
  const ApplyReport overruled = two.apply(first);
  CHECK(overruled.conflicts == 1);
  CHECK(overruled.overruled == 1);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT v, w FROM t") == "old|second");
  for (TestNode* node : {&one, &two}) {
    const auto conflicts = node->db().conflicts(10);
    REQUIRE(conflicts.ok());
    REQUIRE(conflicts->size() == 1);
    CHECK(conflicts->front().reason == "concurrent");
    CHECK(conflicts->front().key == R"({"id":1})");
    CHECK(conflicts->front().winner.origin == 2);
    CHECK(conflicts->front().loser_row == R"({"id":1,"v":"first","w":"w"})");
  }
}

TEST_CASE_FIXTURE(TwoNodes, "a write that had seen the other one is no conflict") {
  one.app().run(kTable);
  exchange(one, two);
  two.app().run("UPDATE t SET v = 'second'");
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'third'");
  CHECK(replicate(one, two).conflicts == 0);
  CHECK(two.app().query("SELECT v FROM t") == "third");
}

TEST_CASE_FIXTURE(TwoNodes, "two nodes that delete the same row agree: no conflict, also after a restart") {
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("DELETE FROM t");
  two.app().run("DELETE FROM t");
  const auto first = one.tail();
  const auto second = two.tail();
  CHECK(one.apply(second).conflicts == 0);
  two.restart();
  CHECK(two.apply(first).conflicts == 0);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "a delete is a write like any other") {
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'kept?'");
  two.app().run("DELETE FROM t");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT count(*) FROM t") == "0");

  one.app().run("INSERT INTO t VALUES(2, 'a', 'b')");
  exchange(one, two);
  one.app().run("DELETE FROM t");
  two.app().run("UPDATE t SET v = 'later'");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT id, v, w FROM t") == "2|later|b");
}

TEST_CASE_FIXTURE(TwoNodes, "a tombstone outlives a restart") {
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'older'");
  const auto older = one.tail();
  two.app().run("DELETE FROM t");
  two.restart();
  CHECK(two.apply(older).overruled == 1);
  CHECK(two.app().query("SELECT count(*) FROM t") == "0");
}

TEST_CASE_FIXTURE(TwoNodes,
                  "a local write that the agent has not read yet is not overwritten by an older one") {
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'older'");
  const auto older = one.tail();
  two.app().run("UPDATE t SET v = 'newer'");
  CHECK(two.apply(older).overruled == 1);
  CHECK(two.app().query("SELECT v FROM t") == "newer");
}

TEST_CASE_FIXTURE(TwoNodes, "rows below the watermark have no versions, and any write to come is later") {
  one.app().run(kTable);
  exchange(one, two);
  const auto state = two.db().state();
  REQUIRE(state.ok());
  REQUIRE(two.db().set_watermark({state->clock, {}}).ok());
  CHECK(two.db().status()->version_entries == 0);
  REQUIRE(two.db().set_watermark({}).ok());
  CHECK(two.db().status()->version_entries == 1);
}

TEST_CASE_FIXTURE(
    TwoNodes, "two rows with one UNIQUE value: the later stays everywhere, the other is deleted and kept") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO t VALUES(0, 'x')");
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES(1, 'ada')");
  two.app().run("INSERT INTO t VALUES(2, 'ada')");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT id, name FROM t ORDER BY id") == "0|x\n2|ada");
  const auto conflicts = one.db().conflicts(10);
  REQUIRE(conflicts.ok());
  REQUIRE_FALSE(conflicts->empty());
  CHECK(conflicts->back().reason == "unique");
  CHECK(conflicts->back().loser_row == R"({"id":1,"name":"ada"})");
}

TEST_CASE("a third node that sees the losing row first ends like the others") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO t VALUES(0, 'x')");
  const auto base = one.tail();
  two.apply(base);
  three.apply(base);
  one.app().run("INSERT INTO t VALUES(1, 'ada')");
  two.app().run("INSERT INTO t VALUES(2, 'ada')");
  const auto from_one = one.tail();
  const auto from_two = two.tail();
  three.apply(from_one);
  three.apply(from_two);
  two.apply(from_one);
  one.apply(from_two);
  for (TestNode* from : {&one, &two, &three}) {
    const auto deletes = from->tail();
    for (TestNode* to : {&one, &two, &three}) {
      if (to != from) to->apply(deletes);
    }
  }
  CHECK(equal(one, two));
  CHECK(equal(one, three));
  CHECK(three.app().query("SELECT id FROM t ORDER BY id") == "0\n2");
}

TEST_CASE_FIXTURE(TwoNodes, "a row that collides only for a moment of its transaction stays everywhere") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO t VALUES(1, 'a'), (2, 'b')");
  exchange(one, two);
  one.app().run("BEGIN; UPDATE t SET name = 'z' WHERE id = 1; UPDATE t SET name = 'c' WHERE id = 1; COMMIT");
  two.app().run("UPDATE t SET name = 'z' WHERE id = 2");
  exchange(one, two);
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT id, name FROM t ORDER BY id") == "1|c\n2|z");
}

TEST_CASE_FIXTURE(TwoNodes,
                  "partial and expression UNIQUE indexes of a WITHOUT ROWID table are settled too") {
  one.app().run(
      "CREATE TABLE t(k TEXT PRIMARY KEY, name, live) WITHOUT ROWID;"
      "CREATE UNIQUE INDEX i ON t(lower(name)) WHERE live; INSERT INTO t VALUES('z', 'ADA', 0)");
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES('a', 'Ada', 1)");
  two.app().run("INSERT INTO t VALUES('b', 'aDA', 1)");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT k FROM t ORDER BY k") == "b\nz");
}

TEST_CASE_FIXTURE(TwoNodes, "UNIQUE values in a table without a key: all nodes keep the same row") {
  one.app().run("CREATE TABLE t(name UNIQUE, v); INSERT INTO t VALUES('x', 0)");
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES('ada', 1)");
  two.app().run("INSERT INTO t VALUES('ada', 2)");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT count(*) FROM t") == "2");
}

TEST_CASE("equal rows of a table without a key, deleted twice and inserted at once, end equal on all nodes") {
  for (const std::vector<int>& order :
       {std::vector{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
    const TempDir dir;
    TestNode one(dir, 1);
    TestNode two(dir, 2);
    TestNode three(dir, 3);
    TestNode four(dir, 4);
    one.app().run("CREATE TABLE bag(v); INSERT INTO bag VALUES('x'), ('y')");
    const auto base = one.tail();
    for (TestNode* node : {&two, &three, &four}) node->apply(base);
    one.app().run("DELETE FROM bag WHERE v = 'x'");
    two.app().run("DELETE FROM bag WHERE v = 'x'");
    three.app().run("INSERT INTO bag VALUES('x')");
    const std::vector<std::vector<core::ChangeSet>> all = {one.tail(), two.tail(), three.tail()};
    for (const int i : order) {
      four.apply(all[static_cast<std::size_t>(i)]);
      four.restart();
    }
    one.apply(all[1]);
    one.apply(all[2]);
    CHECK(equal(one, four));
    two.apply(all[2]);
    two.apply(all[0]);
    CHECK(equal(two, four));
    three.apply(all[1]);
    three.apply(all[0]);
    CHECK(equal(three, four));
    CHECK(four.app().query("SELECT v FROM bag ORDER BY v") == "x\ny");
  }
}

TEST_CASE_FIXTURE(TwoNodes, "updates of one row without a key on two nodes leave both new rows, everywhere") {
  one.app().run("CREATE TABLE bag(v); INSERT INTO bag VALUES('x')");
  exchange(one, two);
  one.app().run("UPDATE bag SET v = 'one'");
  two.app().run("UPDATE bag SET v = 'two'");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT v FROM bag ORDER BY v") == "one\ntwo");
}

TEST_CASE("the number of conflicts kept is bounded") {
  const TempDir dir;
  Options options;
  options.conflicts_max = 100;
  TestNode one(dir, 1, options);
  TestNode two(dir, 2, options);
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
      "INSERT INTO t SELECT i, 0 FROM n");
  exchange(one, two);
  one.app().run("UPDATE t SET v = 1");
  two.app().run("UPDATE t SET v = 2");
  CHECK(replicate(one, two).conflicts == 500);
  CHECK(two.db().status()->conflicts_kept < 200);
}

}  // namespace murmel::store::test
