// Version, history and digest of the schema, and making it as it is at another node.
#include "agent/store/schema_state.h"

#include <doctest/doctest.h>

#include "agent/store/schema_history.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

// After the agent has logged what applications did.
SchemaState schema_of(TestNode& node) {
  auto state = node.db().schema_state();
  REQUIRE(state.ok());
  return *state;
}

// As if the cluster had decided what `from` wrote last.
void apply_as_decided(TestNode& from, TestNode& to) {
  std::vector<core::ChangeSet> changes = from.tail();
  Seq seq = 0;
  for (core::ChangeSet& change : changes) {
    change.origin = decided_origin(from.id());
    change.seq = ++seq;
    change.depends.clear();
  }
  CHECK(to.apply(changes).failures.empty());
}

}  // namespace

TEST_CASE("spaces, comments and the case of words are no difference, quoted text is") {
  CHECK(normalised_sql("CREATE TABLE t ( a INTEGER , b ) -- x\n") ==
        normalised_sql("create /* y */ table t(a integer,b)"));
  CHECK(normalised_sql("CREATE TABLE ta(b)") != normalised_sql("CREATE TABLE t a(b)"));
  CHECK(normalised_sql("SELECT 'A  b'") != normalised_sql("SELECT 'a  b'"));
  CHECK(normalised_sql("SELECT 'it''s  --'") == "select 'it''s  --'");
  CHECK(normalised_sql("SELECT [a  b], `c`,\"D\"") == "select [a  b],`c`,\"D\"");
  CHECK(normalised_sql("'open -- end") == "'open -- end");
  CHECK(normalised_sql("/* open") == "");
}

TEST_CASE_FIXTURE(TwoNodes,
                  "nodes with the same changes have the same history and digest, whoever made them") {
  CHECK(schema_of(one).history == schema_of(two).history);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  CHECK(one.db().schema_state().error().code == ErrorCode::kBusy);  // not logged yet
  exchange(one, two);
  two.app().run(
      "BEGIN; INSERT INTO t VALUES(1, 'x'); CREATE INDEX i ON t(v); INSERT INTO t VALUES(2, 'y'); COMMIT");
  CHECK(schema_of(one).history != schema_of(two).history);
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES(3, 'rows alone are no change of the schema')");
  CHECK(schema_of(one).history == schema_of(two).history);
  CHECK(schema_of(one).digest == schema_of(two).digest);
  CHECK(schema_of(one).version == 0);
  two.restart();
  CHECK(schema_of(one).history == schema_of(two).history);
}

TEST_CASE_FIXTURE(TwoNodes, "the version counts decided changes, also past what is kept of them one by one") {
  one.app().run("CREATE TABLE t(a)");
  for (std::size_t i = 0; i <= kSchemaHistoryMax; ++i)  // each with a row, or they would be one record
    one.app().run("BEGIN; CREATE VIEW w" + std::to_string(i) +
                  " AS SELECT 1; INSERT INTO t VALUES(1); COMMIT");
  apply_as_decided(one, two);
  const SchemaState before = schema_of(two);
  CHECK(before.version == std::int64_t{kSchemaHistoryMax} + 1);
  two.restart();
  CHECK(two.app().query("SELECT count(*) FROM __murmel_schema_history") ==
        std::to_string(kSchemaHistoryMax / 2));
  CHECK(schema_of(two).version == before.version);
  CHECK(schema_of(two).history == before.history);
}

TEST_CASE_FIXTURE(TwoNodes, "a snapshot brings the donor's history") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x')");
  two.app().run("CREATE TABLE own(a); INSERT INTO own VALUES(1)");
  (void)one.tail();
  (void)two.tail();
  REQUIRE(one.db().make_snapshot(dir.file("snapshot")).ok());
  const auto installed = two.db().install_snapshot(dir.file("snapshot"));
  REQUIRE(installed.ok());
  // What two did before comes on top, as a change of its own.
  const auto again = two.db().read_range(2, 1, 1'000'000);
  REQUIRE(again.ok());
  CHECK(one.apply(again->changes).failures.empty());
  CHECK(schema_of(one).history == schema_of(two).history);
  CHECK(schema_of(one).digest == schema_of(two).digest);
}

TEST_CASE("a database from before there was a history gets one") {
  const TempDir dir;
  TestNode one(dir, 1);
  one.app().run("DROP TABLE __murmel_schema_history; CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  (void)one.tail();
  one.restart();
  CHECK(schema_of(one).version == 0);
  const std::string before = schema_of(one).history;
  one.app().run("CREATE TABLE u(a); INSERT INTO u VALUES(1)");
  (void)one.tail();
  CHECK(schema_of(one).history != before);
}

TEST_CASE_FIXTURE(TwoNodes,
                  "two changes at once may leave two schemas; a repair makes them one and keeps the rows") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'), (2, 'y')");
  exchange(one, two);
  one.app().run("ALTER TABLE t ADD COLUMN a DEFAULT 'of one'");
  two.app().run("ALTER TABLE t ADD COLUMN b DEFAULT 'of two'");
  exchange(one, two);
  REQUIRE(schema_of(one).history == schema_of(two).history);
  REQUIRE(schema_of(one).digest != schema_of(two).digest);

  const auto report = two.db().repair_schema(schema_of(one));
  REQUIRE(report.ok());
  CHECK(report->done == std::vector<std::string>{"changed table t"});
  CHECK(schema_of(one).digest == schema_of(two).digest);
  CHECK(two.app().query("SELECT id, v FROM t ORDER BY id") == "1|x\n2|y");
  CHECK(two.tail().empty());  // no record of it
  two.app().run("INSERT INTO t(id, v) VALUES(3, 'z')");
  exchange(one, two);
  CHECK(one.app().query("SELECT v FROM t WHERE id = 3") == "z");
}

TEST_CASE_FIXTURE(TwoNodes, "what a repair has no place for is kept among the conflicts") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x')");
  exchange(one, two);
  SchemaState wanted = schema_of(one);
  two.app().run(
      "CREATE TABLE extra(a, b); INSERT INTO extra VALUES('kept', NULL); CREATE VIEW w AS SELECT 1;"
      "ALTER TABLE t ADD COLUMN more; UPDATE t SET more = 'kept too'; CREATE INDEX i ON t(more)");
  (void)two.tail();
  const SchemaState now = schema_of(two);
  CHECK(two.db().repair_schema(wanted).error().code == ErrorCode::kBusy);  // two has changes that one has not
  wanted.history = now.history;
  const auto report = two.db().repair_schema(wanted);
  REQUIRE(report.ok());
  CHECK(report->rows_kept == 2);
  CHECK(schema_of(two).digest == wanted.digest);
  CHECK(two.app().query(
            "SELECT tbl, loser_row FROM __murmel_conflicts WHERE reason = 'repaired' ORDER BY tbl") ==
        "extra|{\"a\":\"kept\",\"b\":null}\nt|{\"id\":1,\"v\":\"x\",\"more\":\"kept too\"}");
}

TEST_CASE("a node that filters is compared and repaired by the tables that it replicates") {
  const TempDir dir;
  TestNode one(dir, 1);
  Options options;
  options.exclude = {"private*"};
  TestNode two(dir, 2, options);
  one.app().run(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'x'); CREATE TABLE private_a(a);"
      "CREATE TABLE private_b(b); CREATE INDEX i ON t(v)");
  exchange(one, two);
  two.app().run(
      "CREATE TABLE private_a(other); CREATE TABLE private_c(c); INSERT INTO private_c VALUES('kept')");
  exchange(one, two);
  CHECK(schema_of(two).filtered);
  CHECK(schema_of(two).tables.size() == 1);
  CHECK(schema_of(two).tables.at("t") == schema_of(one).tables.at("t"));
  CHECK(schema_of(two).objects.size() == 2);

  two.app().run(
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(id)' WHERE name = "
      "'i'");
  CHECK(schema_of(two).tables.at("t") != schema_of(one).tables.at("t"));
  SchemaState wanted = schema_of(one);
  wanted.history = schema_of(two).history;
  const auto report = two.db().repair_schema(wanted);
  REQUIRE(report.ok());
  CHECK(report->done == std::vector<std::string>{"changed index i"});
  CHECK(schema_of(two).tables.at("t") == schema_of(one).tables.at("t"));
  CHECK(two.app().query("SELECT c FROM private_c") == "kept");
}

TEST_CASE_FIXTURE(TwoNodes, "a repair that can't be done changes nothing") {
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'same'), (2, 'same')");
  exchange(one, two);
  SchemaState wanted = schema_of(two);
  wanted.objects.push_back({"table", "made", "CREATE TABLE made(a)"});
  wanted.objects.push_back({"index", "i", "CREATE UNIQUE INDEX i ON t(v)"});
  CHECK(!two.db().repair_schema(wanted).ok());
  CHECK(two.app().query("SELECT count(*) FROM sqlite_schema WHERE name IN ('made', 'i')") == "0");
  exchange(one, two);
  CHECK(equal(one, two));
}

}  // namespace murmel::store::test
