#include "agent/store/table_names.h"

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>

#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr char kRows[] = "SELECT id, v FROM ";

// All that `from` has written, whatever the other has of it.
std::vector<core::ChangeSet> all_of(TestNode& from) {
  const auto range = from.db().read_range(from.id(), 1, 1'000'000);
  REQUIRE(range.ok());
  return range->changes;
}

// One schema change after the other, each logged before the next one as by a running agent.
void change(TestNode& node, std::initializer_list<const char*> statements) {
  for (const char* sql : statements) {
    node.app().run(sql);
    node.tail();
  }
}

// What is written from here on is later, in the eyes of all nodes.
void tick() {
  const auto now = [] {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  for (const auto before = now(); now() <= before;) {
  }
}

// Both make changes in ignorance of the other's.
struct InFlight : TwoNodes {
  void begin(const std::string& sql) {
    one.app().run(sql);
    exchange(one, two);
  }
  void meet() {
    one.tail();
    two.tail();
    const auto ones = all_of(one);
    CHECK(one.apply(all_of(two)).failures.empty());
    CHECK(two.apply(ones).failures.empty());
    exchange(one, two);
    CHECK(equal(one, two));
    CHECK(one.app().query("SELECT * FROM __murmel_names ORDER BY 1") ==
          two.app().query("SELECT * FROM __murmel_names ORDER BY 1"));
  }
};

}  // namespace

TEST_CASE_FIXTURE(InFlight,
                  "rows that were written before a table's rename arrived there arrive under its new name") {
  begin("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'), (2, 'x')");
  two.app().run(
      "INSERT INTO t VALUES(3, 'late'); UPDATE t SET v = 'late' WHERE id = 1; DELETE FROM t WHERE id = 2");
  SUBCASE("alone") {
    one.app().run("ALTER TABLE t RENAME TO U");
  }
  SUBCASE("beside rows") {
    one.app().run("BEGIN; INSERT INTO t VALUES(4, 'before'); ALTER TABLE t RENAME TO u; COMMIT");
    one.app().run("INSERT INTO u VALUES(5, 'after')");
  }
  SUBCASE("with rows behind it in one transaction") {
    one.app().run("BEGIN; ALTER TABLE t RENAME TO u; INSERT INTO u VALUES(5, 'after'); COMMIT");
  }
  SUBCASE("by a connection without the extension") {
    App(one.path(), false).run("ALTER TABLE t RENAME TO u");
  }
  SUBCASE("and back again") {
    change(one, {"ALTER TABLE t RENAME TO s", "ALTER TABLE s RENAME TO t", "ALTER TABLE t RENAME TO u"});
  }
  SUBCASE("after a restart") {
    change(one, {"ALTER TABLE t RENAME TO u"});
    one.restart();
  }
  meet();
  CHECK(one.app().query(std::string(kRows) + "u WHERE v = 'late'") == "1|late\n3|late");
  CHECK(one.app().query("SELECT count(*) FROM u WHERE id = 2") == "0");
}

TEST_CASE_FIXTURE(InFlight, "a table may be renamed among other changes of its transaction") {
  begin(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'), (2, 'x');"
      "CREATE TABLE other(a); CREATE INDEX by_v ON t(v); CREATE TRIGGER guard AFTER INSERT ON t BEGIN SELECT "
      "1; END");
  two.app().run(
      "INSERT INTO t VALUES(3, 'late'); UPDATE t SET v = 'late' WHERE id = 1; DELETE FROM t WHERE id = 2");
  const auto in_one = [&](const std::string& sql) { one.app().run("BEGIN;" + sql + "; COMMIT"); };
  bool again = false;  // its rows are logged once more, and so they can win
  SUBCASE("a new table") {
    in_one("ALTER TABLE t RENAME TO u; CREATE TABLE more(a)");
  }
  SUBCASE("another one's rename") {
    in_one("ALTER TABLE other RENAME TO t2; ALTER TABLE t RENAME TO u; ALTER TABLE t2 RENAME TO t");
    again = true;
  }
  SUBCASE("its columns") {
    in_one(
        "ALTER TABLE t RENAME TO u; ALTER TABLE u ADD COLUMN w DEFAULT 1; INSERT INTO u VALUES(7, 'n', 2)");
  }
  SUBCASE("its column's name") {
    in_one("ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t RENAME TO u; ALTER TABLE u ADD COLUMN v");
    again = true;
  }
  SUBCASE("an index of its own, and rows") {
    in_one("ALTER TABLE t RENAME TO u; INSERT INTO u VALUES(7, 'n'); CREATE INDEX by_id ON u(id, v)");
    again = true;
  }
  SUBCASE("two renames") {
    in_one("ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME TO u");
    again = true;
  }
  SUBCASE("a new table of its name") {
    in_one(
        "ALTER TABLE t RENAME TO u; CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(3, 'n')");
  }
  SUBCASE("onto the name of one that goes") {
    in_one("CREATE TABLE u2(a); DROP TABLE other; ALTER TABLE t RENAME TO other");
    one.tail();
    one.app().run("ALTER TABLE other RENAME TO u");
  }
  meet();
  CHECK(one.app().query("SELECT count(*) FROM u WHERE id = 3") == "1");
  if (!again) CHECK(one.app().query("SELECT id FROM u WHERE id = 2") == "");
}

TEST_CASE_FIXTURE(InFlight, "tables exchange names in one transaction") {
  begin(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v); CREATE TABLE b(id INTEGER PRIMARY KEY, v);"
      "CREATE TABLE z(x); INSERT INTO a VALUES(1, 'a'); INSERT INTO b VALUES(1, 'b')");
  two.app().run("UPDATE a SET v = 'a late'; UPDATE b SET v = 'b late'; INSERT INTO a VALUES(2, 'a late')");
  one.app().run(
      "BEGIN; ALTER TABLE a RENAME TO tmp; ALTER TABLE b RENAME TO a; ALTER TABLE tmp RENAME TO b; COMMIT");
  meet();
  CHECK(one.app().query(std::string(kRows) + "b ORDER BY 1") == "1|a late\n2|a late");
  CHECK(one.app().query(std::string(kRows) + "a") == "1|b late");
  two.app().run("UPDATE a SET v = 'b again'; UPDATE b SET v = 'a again'");
  exchange(one, two);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(InFlight, "the last writer wins across a table's names") {
  begin("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'), (2, 'x'), (3, 'x')");
  two.app().run("UPDATE t SET v = 'earlier' WHERE id = 1");
  tick();
  one.app().run("UPDATE t SET v = 'later' WHERE id = 1; DELETE FROM t WHERE id = 2");
  change(one, {"ALTER TABLE t RENAME TO u"});
  one.app().run("UPDATE u SET v = 'earlier' WHERE id = 3");
  tick();
  two.app().run("UPDATE t SET v = 'later' WHERE id IN (2, 3)");
  SUBCASE("at once") {}
  SUBCASE("after restarts") {
    one.restart();
    two.restart();
  }
  meet();
  CHECK(one.app().query(std::string(kRows) + "u ORDER BY 1") == "1|later\n2|later\n3|later");
  CHECK(one.app().query("SELECT count(*) FROM __murmel_conflicts") == "3");
}

TEST_CASE_FIXTURE(InFlight, "rows without a key follow their table to its new name") {
  begin("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'), (1, 'x'), (2, 'y')");
  two.app().run(
      "INSERT INTO t VALUES(1, 'x'); DELETE FROM t WHERE a = 2; UPDATE t SET b = 'z' WHERE rowid = 1");
  change(one, {"ALTER TABLE t RENAME TO u"});
  one.app().run("DELETE FROM u WHERE rowid = 2; INSERT INTO u VALUES(4, 'n')");
  meet();
  CHECK(one.app().query("SELECT a, b FROM u ORDER BY 1, 2") == "1|x\n1|z\n4|n");
}

TEST_CASE_FIXTURE(InFlight, "a name that is used again is another table's") {
  begin("CREATE TABLE a(id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES(1, 'x')");
  two.app().run("UPDATE a SET v = 'late' WHERE id = 1; INSERT INTO a VALUES(2, 'late')");
  change(one, {"ALTER TABLE a RENAME TO b", "CREATE TABLE a(id INTEGER PRIMARY KEY, v)",
               "INSERT INTO a VALUES(1, 'new'), (2, 'new')", "ALTER TABLE b RENAME TO c"});
  meet();
  CHECK(one.app().query(std::string(kRows) + "c ORDER BY 1") == "1|late\n2|late");
  CHECK(one.app().query(std::string(kRows) + "a ORDER BY 1") == "1|new\n2|new");
  // Both are renamed once more, while rows of both are on their way.
  two.app().run("UPDATE c SET v = 'later'; UPDATE a SET v = 'newer'");
  change(one, {"ALTER TABLE a RENAME TO d", "ALTER TABLE c RENAME TO a"});
  meet();
  CHECK(one.app().query("SELECT DISTINCT v FROM a") == "later");
  CHECK(one.app().query("SELECT DISTINCT v FROM d") == "newer");
}

TEST_CASE_FIXTURE(InFlight, "tables that exchange their names keep their rows apart") {
  begin(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v); CREATE TABLE b(id INTEGER PRIMARY KEY, v);"
      "INSERT INTO a VALUES(1, 'a'); INSERT INTO b VALUES(1, 'b')");
  two.app().run("UPDATE a SET v = 'a late'; UPDATE b SET v = 'b late'; INSERT INTO a VALUES(2, 'a late')");
  tick();
  change(one, {"ALTER TABLE a RENAME TO tmp", "ALTER TABLE b RENAME TO a", "ALTER TABLE tmp RENAME TO b"});
  one.app().run("UPDATE a SET v = 'b first'; UPDATE b SET v = 'a first'");
  tick();
  two.app().run("UPDATE a SET v = 'a last' WHERE id = 1");
  meet();
  CHECK(one.app().query(std::string(kRows) + "b ORDER BY 1") == "1|a last\n2|a late");
  CHECK(one.app().query(std::string(kRows) + "a") == "1|b first");
  // What they are now is told with the rows.
  two.restart();
  two.app().run("UPDATE a SET v = 'b again'; UPDATE b SET v = 'a again'");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query(std::string(kRows) + "a") == "1|b again");
}

TEST_CASE_FIXTURE(InFlight, "a column and its table are renamed, and a row in flight finds both") {
  begin("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x')");
  two.app().run("UPDATE t SET v = 'late'; INSERT INTO t VALUES(2, 'late')");
  change(one, {"ALTER TABLE t RENAME COLUMN v TO w", "ALTER TABLE t RENAME TO u",
               "ALTER TABLE u RENAME COLUMN w TO v2"});
  SUBCASE("at once") {}
  SUBCASE("after a restart") {
    one.restart();
  }
  meet();
  CHECK(one.app().query("SELECT id, v2 FROM u ORDER BY 1") == "1|late\n2|late");
}

TEST_CASE("a snapshot brings the names that its tables had") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x')");
  exchange(one, two);
  two.app().run("UPDATE t SET v = 'late'");
  const auto late = two.tail();
  change(one, {"ALTER TABLE t RENAME TO u"});
  TestNode three(dir, 3);
  const std::string file = dir.file("snapshot");
  REQUIRE(one.db().make_snapshot(file).ok());
  REQUIRE(three.db().install_snapshot(file).ok());
  CHECK(three.apply(late).failures.empty());
  CHECK(three.app().query(std::string(kRows) + "u") == "1|late");
  // What another node wrote here before the snapshot came is of the table all the same.
  REQUIRE(two.db().install_snapshot(file).ok());
  CHECK(two.app().query(std::string(kRows) + "u") == "1|late");
}

TEST_CASE("a database from before names were kept gets a place for them") {
  const TempDir dir;
  TestNode one(dir, 1);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  one.app().run("DROP TABLE __murmel_names; ALTER TABLE t RENAME TO u");
  one.restart();
  CHECK(one.app().query("SELECT count(*) FROM __murmel_names") == "0");
  change(one, {"ALTER TABLE u RENAME TO w"});
  CHECK(one.app().query("SELECT identity FROM __murmel_names WHERE name = 'w'") == "u");
}

}  // namespace murmel::store::test
