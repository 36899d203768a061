// Schema changes of one node on another one.
#include <doctest/doctest.h>

#include "agent/wire/row_writer.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr char kSchema[] =
    "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_\\_murmel%' ESCAPE '\\'"
    " ORDER BY type, name";

bool same_schema(TestNode& a, TestNode& b) {
  return a.app().query(kSchema) == b.app().query(kSchema);
}

}  // namespace

TEST_CASE_FIXTURE(TwoNodes, "tables, indexes, views and triggers are created and dropped") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t(v);"
      "CREATE VIEW w AS SELECT v FROM t;"
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET v = v + 1; END; INSERT INTO t VALUES(1, 1)");
  exchange(one, two);
  CHECK(same_schema(one, two));
  CHECK(equal(one, two));
  one.app().run("DROP VIEW w; DROP TRIGGER g; DROP INDEX i");
  exchange(one, two);
  CHECK(same_schema(one, two));
  one.app().run("DROP TABLE t");
  exchange(one, two);
  CHECK(same_schema(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "what was applied is not logged again") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE u(id INTEGER PRIMARY KEY)");
  replicate(one, two);
  CHECK(two.tail().empty());
  two.app().run("INSERT INTO t VALUES(1)");
  const auto changes = two.tail();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].rows.size() < 40);
}

struct AlteringNodes : TwoNodes {
  void alter(const std::string& sql) {
    INFO(sql);
    one.app().run(sql.c_str());
    exchange(one, two);
    CHECK(same_schema(one, two));
    CHECK(equal(one, two));
  }
};

TEST_CASE_FIXTURE(AlteringNodes, "ALTER TABLE keeps rows, indexes and triggers") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE INDEX i ON t(a); CREATE TABLE n(x);"
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM n; END;"
      "INSERT INTO t VALUES(1, 'a', 'b'), (2, 'c', 'd'); INSERT INTO n VALUES('q'), ('r')");
  exchange(one, two);
  alter("ALTER TABLE t ADD COLUMN c DEFAULT 'dflt'");
  alter("ALTER TABLE t RENAME COLUMN a TO aa");
  alter("ALTER TABLE t DROP COLUMN b");
  alter("ALTER TABLE n ADD COLUMN y INTEGER NOT NULL DEFAULT 5");
  alter("ALTER TABLE t RENAME TO tt");
  one.app().run("INSERT INTO tt(aa, c) VALUES('e', 'f')");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("PRAGMA integrity_check") == "ok");
}

TEST_CASE_FIXTURE(AlteringNodes, "a column of a UNIQUE index gets other names") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c); CREATE UNIQUE INDEX i ON t(a, \"b\");"
      "CREATE INDEX open ON t(c) WHERE c <> \"shut\"; INSERT INTO t VALUES(1, 1, 1, 'x'), (2, 1, 2, 'y')");
  exchange(one, two);
  alter("ALTER TABLE t RENAME COLUMN b TO bb");
  alter("ALTER TABLE t RENAME COLUMN bb TO \"B\"");
  alter("ALTER TABLE t RENAME COLUMN a TO \"a \"\"quoted\"\"\"");
  alter("ALTER TABLE t RENAME COLUMN \"a \"\"quoted\"\"\" TO a");
}

TEST_CASE_FIXTURE(TwoNodes, "the same table made on two nodes is one table") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'one')");
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(2, 'two')");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(one.app().query("SELECT * FROM t ORDER BY id") == "1|one\n2|two");
}

TEST_CASE_FIXTURE(TwoNodes, "CREATE TABLE AS and a rebuild migration bring their rows") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'), (2, 'y');"
      "CREATE TABLE u AS SELECT * FROM t");
  exchange(one, two);
  CHECK(equal(one, two));
  one.app().run(
      "BEGIN; CREATE TABLE t2(id INTEGER PRIMARY KEY, v TEXT NOT NULL); INSERT INTO t2 SELECT * FROM t;"
      "DROP TABLE t; ALTER TABLE t2 RENAME TO t; COMMIT");
  exchange(one, two);
  CHECK(same_schema(one, two));
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes,
                  "a table made anew under its own name has its rows, its column order and its indexes") {
  one.app().run(
      "CREATE TABLE t(id INTEGER NOT NULL, v TEXT, PRIMARY KEY(id)); CREATE INDEX \"t.v\" ON t(v);"
      "INSERT INTO t VALUES(1, '7'), (2, '8')");
  exchange(one, two);
  two.app().run("INSERT INTO t VALUES(3, '9')");
  exchange(one, two);
  one.app().run(
      "BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM t; DROP TABLE t;"
      "CREATE TABLE t(v INTEGER NOT NULL, id INTEGER NOT NULL, extra TEXT, PRIMARY KEY(id));"
      "INSERT INTO t(v, id) SELECT CAST(v AS INTEGER), id FROM temp.kept ORDER BY _rowid_;"
      "DROP TABLE temp.kept; CREATE INDEX \"t.v\" ON t(v); COMMIT");
  exchange(one, two);
  CHECK(same_schema(one, two));
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT v, typeof(v), id FROM t ORDER BY id") ==
        "7|integer|1\n8|integer|2\n9|integer|3");
  two.app().run("UPDATE t SET v = 10 WHERE id = 3");
  exchange(one, two);
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "rows of a table that is gone here are passed over") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)");
  exchange(one, two);
  two.app().run("DROP TABLE t");
  one.app().run("INSERT INTO t VALUES(2)");
  const ApplyReport report = replicate(one, two);
  CHECK(report.failures.empty());
  CHECK(report.filtered == 1);
}

TEST_CASE_FIXTURE(TwoNodes,
                  "rows that a UNIQUE index of another node excludes give way to the last written ones") {
  for (const char* index :
       {"CREATE UNIQUE INDEX i ON t(v)", "CREATE UNIQUE INDEX i ON t(lower(v) DESC) WHERE n IS NULL"}) {
    INFO(std::string(index));
    one.app().run(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n); INSERT INTO t(id, v) VALUES(1, 'x'), (5, 'z')");
    exchange(one, two);
    two.app().run("INSERT INTO t(id, v) VALUES(2, 'x'); INSERT INTO t(id, v) VALUES(3, 'y')");
    one.app().run(std::string("BEGIN; INSERT INTO t(id, v) VALUES(4, 'w'); ") + index + "; COMMIT");
    two.app().run("UPDATE t SET v = 'w' WHERE id = 3");
    const ApplyReport report = replicate(one, two);
    CHECK(report.failures.empty());
    exchange(one, two);
    CHECK(same_schema(one, two));
    CHECK(equal(one, two));
    CHECK(two.app().query("SELECT id, v FROM t ORDER BY id") == "2|x\n3|w\n5|z");
    CHECK(two.app().query(
              "SELECT loser_row FROM __murmel_conflicts WHERE reason = 'unique' ORDER BY loser_row") ==
          "{\"id\":1,\"v\":\"x\",\"n\":null}\n{\"id\":4,\"v\":\"w\",\"n\":null}");
    one.app().run("DROP TABLE t");
    two.app().run("DELETE FROM __murmel_conflicts");
    exchange(one, two);
  }
}

TEST_CASE_FIXTURE(TwoNodes, "a UNIQUE index over rows that can't be told apart waits in quarantine") {
  one.app().run("CREATE TABLE t(v)");
  exchange(one, two);
  two.app().run("INSERT INTO t VALUES('x'), ('x')");
  one.app().run("BEGIN; INSERT INTO t VALUES('y'); CREATE UNIQUE INDEX i ON t(v); COMMIT");
  const ApplyReport report = replicate(one, two);
  REQUIRE(report.failures.size() == 1);
  CHECK(two.app().query("SELECT count(*) FROM t") == "2");
}

TEST_CASE_FIXTURE(TwoNodes, "a row whose author had not heard of a renamed column keeps its value") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES(1, 'a1', 'b1'), (2, 'a2', 'b2')");
  exchange(one, two);
  two.app().run(
      "INSERT INTO t VALUES(3, 'a3', 'b3'); UPDATE t SET a = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2");
  const auto late = two.tail();
  one.app().run("BEGIN; INSERT INTO t VALUES(4, 'a4', 'b4'); ALTER TABLE t RENAME COLUMN a TO aa; COMMIT");
  one.app().run("BEGIN; INSERT INTO t VALUES(5, 'a5', 'b5'); ALTER TABLE t RENAME COLUMN aa TO aaa; COMMIT");
  one.app().run("BEGIN; INSERT INTO t VALUES(6, 'a6', 'b6'); ALTER TABLE t RENAME COLUMN id TO key; COMMIT");
  SUBCASE("at once") {}
  SUBCASE("after a restart") {
    one.restart();
  }
  CHECK(one.apply(late).failures.empty());
  CHECK(one.app().query("SELECT key, aaa FROM t ORDER BY 1") == "1|new\n3|a3\n4|a4\n5|a5\n6|a6");
  const auto range = one.db().read_range(1, 1, 1'000'000);
  REQUIRE(range.ok());
  CHECK(two.apply(range->changes).failures.empty());
  CHECK(same_schema(one, two));
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes,
                  "rows that a migration had not seen when it rebuilt their table are in the new one") {
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE last(a);"
      "INSERT INTO t VALUES(1, 'x'), (2, 'x'), (3, 'x')");
  exchange(one, two);
  two.app().run("INSERT INTO t VALUES(4, 'late'); DELETE FROM t WHERE id = 3");
  const auto late = two.tail();
  one.app().run(
      "BEGIN; CREATE TABLE new_t(id INTEGER PRIMARY KEY, v TEXT NOT NULL, w DEFAULT 7);"
      "INSERT INTO new_t(id, v) SELECT id, v || '!' FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t; "
      "COMMIT");
  const auto rebuild = one.tail();
  SUBCASE("before it arrived") {
    CHECK(two.apply(rebuild).failures.empty());
    CHECK(one.apply(late).failures.empty());
  }
  SUBCASE("after a restart") {
    two.restart();
    CHECK(two.apply(rebuild).failures.empty());
    CHECK(one.apply(late).failures.empty());
  }
  SUBCASE("and one that has no place there") {
    two.app().run("INSERT INTO t VALUES(5, NULL)");
    CHECK(two.apply(rebuild).failures.empty());
    CHECK(two.app().query("SELECT reason, loser_row FROM __murmel_conflicts WHERE reason = 'unapplied'") ==
          "unapplied|{\"id\":5,\"v\":null}");
    CHECK(one.apply(late).failures.empty());
  }
  CHECK(two.app().query("SELECT id, v, w FROM t ORDER BY 1") ==
        one.app().query("SELECT id, v, w FROM t ORDER BY 1"));
  CHECK(one.app().query("SELECT w FROM t WHERE v = 'late'") == "7");
  CHECK(same_schema(one, two));
}

TEST_CASE("a schema change that is more than one CREATE statement is refused") {
  const TempDir dir;
  TestNode two(dir, 2);
  for (const char* sql : {"CREATE TABLE t(a); DROP TABLE t", "DROP TABLE x", "CREATE VIEW t AS SELECT 1"}) {
    wire::RowWriter writer;
    writer.schema({row_stream::kCreate, "table", "t", "t", "", sql});
    core::ChangeSet change;
    change.origin = 1;
    change.seq = 1;
    change.hlc = core::Hlc::at(1);
    change.rows = SharedBytes(writer.take());
    const ApplyReport report = two.apply(std::vector{change});
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures[0].code == ErrorCode::kRefused);
    CHECK(report.failures[0].position == core::Position{1, 1});
  }
  CHECK(two.app().query("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "0");
}

}  // namespace murmel::store::test
