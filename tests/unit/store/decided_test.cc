// Records that were decided with others: some are committed by the application that waited for the decision,
// the rest is applied by the agent.
#include <doctest/doctest.h>

#include "agent/store/depends_codec.h"
#include "agent/wire/row_writer.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr NodeId kOneDecided = decided_origin(1);

// INSERT INTO t(id, v).
core::ChangeSet insert(NodeId origin, Seq seq, core::Hlc hlc, std::int64_t id, std::int64_t v) {
  const wire::Table table{"t", row_stream::kHasKey, {{"id", 1}, {"v"}}, {0}};
  wire::RowWriter writer;
  writer.insert(writer.table(table), std::vector{wire::integer_value(id), wire::integer_value(v)});
  core::ChangeSet change;
  change.origin = origin;
  change.seq = seq;
  change.hlc = hlc;
  change.rows = SharedBytes(writer.take());
  return change;
}

core::ChangeSet aborted(NodeId origin, Seq seq, core::Hlc hlc) {
  core::ChangeSet change;
  change.origin = origin;
  change.seq = seq;
  change.hlc = hlc;
  change.rows = SharedBytes(wire::RowWriter().take());
  return change;
}

std::string hex(ByteView bytes) {
  std::string text = "x'";
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text + "'";
}

// What the extension does once a transaction is decided: its rows are in the tables already.
std::string record_sql(const core::ChangeSet& change) {
  const std::string origin = std::to_string(change.origin);
  const std::string seq = std::to_string(change.seq);
  const std::string hlc = std::to_string(change.hlc.value);
  const std::string depends = encode_depends(change.depends);
  return "INSERT INTO __murmel_log(origin,seq,hlc,more,schema,ichange,clock,local_seq,depends,payload) "
         "VALUES(" +
         origin + "," + seq + "," + hlc + ",0,1,NULL,max(" + hlc +
         ",(SELECT coalesce(max(clock),0) FROM __murmel_log)),"
         "(SELECT coalesce(max(local_seq),0) FROM __murmel_log)," +
         hex(as_bytes(depends)) + "," + hex(change.rows.view()) + ");" +
         "INSERT INTO __murmel_cursor(origin,seq,hlc) VALUES(" + origin + "," + seq + "," + hlc +
         ") ON CONFLICT(origin) DO UPDATE SET seq=excluded.seq, hlc=max(hlc,excluded.hlc);";
}

void commit_decided(TestNode& node, const std::string& rows, const core::ChangeSet& change) {
  App writer(node.path(), false);
  writer.run("BEGIN IMMEDIATE;" + rows + ";" + record_sql(change) + "COMMIT");
}

core::Hlc later(TestNode& node, int by = 1) {
  return core::Hlc{node.db().state()->clock.value + by};
}

// One and two with an empty table t.
struct Pair {
  TempDir dir;
  TestNode one{dir, 1};
  TestNode two{dir, 2};
  Pair() {
    one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    exchange(one, two);
  }
};

}  // namespace

TEST_CASE("what an application had decided and committed itself is taken in, and not applied again") {
  Pair nodes;
  core::ChangeSet change = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  change.depends = {{1, nodes.one.have(1)}};
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", change);
  CHECK(nodes.one.tail().empty());
  CHECK(nodes.one.have(kOneDecided) == 1);
  CHECK(nodes.one.db().state()->clock == change.hlc);
  nodes.one.app().run("UPDATE t SET v = 11");
  CHECK(nodes.one.apply(std::vector{change}).transactions == 0);
  CHECK(nodes.one.app().query("SELECT v FROM t") == "11");
  for (int i = 0; i < 2; ++i) {
    const auto range = nodes.one.db().read_range(kOneDecided, 1, 1'000);
    REQUIRE(range.ok());
    REQUIRE(range->changes.size() == 1);
    change.schema_version = range->changes[0].schema_version;
    CHECK(range->changes[0] == change);
    nodes.one.restart();
    CHECK(nodes.one.have(kOneDecided) == 1);
  }
}

TEST_CASE("what was decided and not committed by its application is applied, empty ones too") {
  Pair nodes;
  const core::Hlc stamp = later(nodes.one);
  const std::vector changes{insert(kOneDecided, 1, stamp, 1, 10), aborted(kOneDecided, 2, stamp),
                            insert(kOneDecided, 3, {stamp.value + 1}, 2, 20)};
  for (TestNode* node : {&nodes.one, &nodes.two}) {
    const auto report = node->apply(changes);
    CHECK(report.transactions == 3);
    CHECK(node->have(kOneDecided) == 3);
    CHECK(node->app().query("SELECT id, v FROM t") == "1|10\n2|20");
    CHECK(node->db().read_range(kOneDecided, 1, 1'000)->changes == changes);
  }
}

TEST_CASE("an aborted record, which has no age, stays in the log as long as those before it") {
  Pair nodes;
  const core::Hlc stamp = later(nodes.one);
  nodes.one.apply(std::vector{insert(kOneDecided, 1, stamp, 1, 10), aborted(kOneDecided, 2, core::kVoidStamp),
                              insert(kOneDecided, 3, {stamp.value + 1}, 2, 20)});
  const std::size_t before = nodes.one.db().read_range(kOneDecided, 1, 1'000)->changes.size();
  CHECK(before == 3);
  TrimRule rule;
  rule.reachable_have = nodes.one.db().state()->have;
  rule.max_age = seconds(3'600);
  CHECK(nodes.one.db().trim(rule)->records == 0);
  rule.reachable_have[kOneDecided] = 2;
  rule.max_age = milliseconds(-3'600'000);
  CHECK(nodes.one.db().trim(rule)->records > 2);
  CHECK(nodes.one.db().read_range(kOneDecided, 3, 1'000)->changes.size() == 1);
}

// What was made in one place, as it would have been decided.
core::ChangeSet schema_change(TestNode& at, Seq seq, const std::string& sql) {
  const auto plan = at.db().plan_schema(sql);
  REQUIRE(plan.ok());
  core::ChangeSet change;
  change.origin = kOneDecided;
  change.seq = seq;
  change.hlc = core::Hlc{plan->clock.value + 1};
  change.rows = SharedBytes(plan->rows);
  return change;
}

TEST_CASE("a schema change is planned without being made, and applied once it is decided") {
  Pair nodes;
  nodes.one.app().run("INSERT INTO t VALUES(1, 10)");
  exchange(nodes.one, nodes.two);
  const core::ChangeSet change = schema_change(
      nodes.one, 1,
      "ALTER TABLE t ADD COLUMN w DEFAULT 'w'; CREATE TABLE n AS SELECT id FROM t; -- and no more");
  CHECK(nodes.one.app().query("SELECT count(*) FROM pragma_table_info('t')") == "2");
  for (TestNode* node : {&nodes.one, &nodes.two}) {
    CHECK(node->apply(std::vector{change}).transactions == 1);
    CHECK(node->app().query("SELECT * FROM t") == "1|10|w");
    CHECK(node->app().query("SELECT * FROM n") == "1");
    CHECK(node->tail().empty());  // the difference is in the log already
    CHECK(node->apply(std::vector{change}).transactions == 0);
    node->restart();
    CHECK(node->tail().empty());
  }
  CHECK(equal(nodes.one, nodes.two));
}

TEST_CASE("only changes of the schema are planned, and those that are possible") {
  Pair nodes;
  for (const char* sql :
       {"DELETE FROM t", "CREATE TABLE n(a); INSERT INTO n VALUES(1)", "CREATE TABLE t(a)", "DROP"}) {
    const auto plan = nodes.one.db().plan_schema(sql);
    REQUIRE(!plan.ok());
    CHECK(plan.error().code == ErrorCode::kInvalid);
  }
  CHECK(nodes.one.db().plan_schema("CREATE TABLE IF NOT EXISTS t(other)")->rows.empty());
  CHECK(nodes.one.app().query("SELECT name FROM sqlite_master WHERE name = 'n'").empty());
}

TEST_CASE("the agent goes on behind what the application committed") {
  Pair nodes;
  const core::ChangeSet first = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  const core::ChangeSet second = insert(kOneDecided, 2, later(nodes.one, 2), 2, 20);
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", first);
  CHECK(nodes.one.apply(std::vector{first, second}).transactions == 1);
  CHECK(nodes.one.app().query("SELECT id, v FROM t") == "1|10\n2|20");
}

TEST_CASE("a local write after a decided one depends on it") {
  Pair nodes;
  const core::ChangeSet change = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", change);
  nodes.one.app().run("UPDATE t SET v = 11");
  const auto local = nodes.one.tail();
  REQUIRE(local.size() == 1);
  CHECK(local[0].hlc > change.hlc);
  CHECK(local[0].depends == std::vector<core::Position>{{kOneDecided, 1}});
  CHECK(nodes.two.apply(local).transactions == 0);
  CHECK(nodes.two.apply(std::vector{change, local[0]}).transactions == 2);
  CHECK(nodes.two.apply(local).conflicts == 0);
  CHECK(nodes.two.app().query("SELECT v FROM t") == "11");
}

TEST_CASE("between a decided write and one at ONE the later stamp wins, on every node") {
  Pair nodes;
  const core::ChangeSet decided = insert(kOneDecided, 1, later(nodes.one, 1'000), 1, 10);
  const core::ChangeSet at_one = insert(3, 1, later(nodes.one, 500), 1, 30);
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", decided);
  CHECK(nodes.one.apply(std::vector{at_one}).conflicts == 1);
  CHECK(nodes.two.apply(std::vector{at_one}).conflicts == 0);
  CHECK(nodes.two.apply(std::vector{decided}).conflicts == 1);
  for (TestNode* node : {&nodes.one, &nodes.two}) CHECK(node->app().query("SELECT v FROM t") == "10");
}

TEST_CASE("an equal stamp is settled alike on every node, also between the two logs of one node") {
  Pair nodes;
  const core::Hlc stamp = later(nodes.one, 1'000);
  const std::vector changes{insert(decided_origin(3), 1, stamp, 1, 10), insert(3, 1, stamp, 1, 30)};
  nodes.one.apply(changes);
  nodes.two.apply(std::vector{changes[1], changes[0]});
  CHECK(equal(nodes.one, nodes.two));
}

TEST_CASE("a decided change set waits for other decided ones, not for writes at ONE that may be lost") {
  Pair nodes;
  core::ChangeSet change = insert(decided_origin(3), 1, later(nodes.two), 1, 10);
  change.depends = {{4, 7}};
  core::ChangeSet second = insert(decided_origin(3), 2, later(nodes.two), 2, 20);
  second.depends = {{decided_origin(4), 7}};
  CHECK(nodes.two.apply(std::vector{change, second}).transactions == 1);
  CHECK(nodes.two.have(decided_origin(3)) == 1);
}

TEST_CASE("decided commits of applications count as captured") {
  Pair nodes;
  nodes.one.tail();
  const core::ChangeSet change = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", change);
  nodes.one.tail();
  CHECK(nodes.one.db().uncaptured_commits() == 0);
  App stranger(nodes.one.path(), false);
  stranger.run("INSERT INTO t VALUES(2, 20)");
  nodes.one.tail();
  CHECK(nodes.one.db().uncaptured_commits() == 1);
}

TEST_CASE("a decided record that nobody here can have written, or out of its place, is reported") {
  for (const core::Position wrong : {core::Position{decided_origin(2), 1}, core::Position{kOneDecided, 2}}) {
    Pair nodes;
    commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)",
                   insert(wrong.origin, wrong.seq, later(nodes.one), 1, 10));
    CHECK_FALSE(nodes.one.db().state().ok());
  }
}

TEST_CASE("what was decided here survives a snapshot of a donor that lacks it") {
  Pair nodes;
  const core::ChangeSet change = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  commit_decided(nodes.one, "INSERT INTO t VALUES(1, 10)", change);
  nodes.two.app().run("INSERT INTO t VALUES(2, 20)");
  const std::string file = nodes.dir.file("snapshot");
  REQUIRE(nodes.two.db().make_snapshot(file).ok());
  SUBCASE("of the same history: as it was") {
    REQUIRE(nodes.one.db().adopt_database_id(nodes.two.db().state()->database_id).ok());
    REQUIRE(nodes.one.db().install_snapshot(file).ok());
    CHECK(nodes.one.have(kOneDecided) == 1);
  }
  SUBCASE("of another history: as a write of this node") {
    Uuid other;
    other.bytes[0] = 1;
    REQUIRE(nodes.one.db().adopt_database_id(other).ok());
    const Seq before = nodes.one.have(1);
    REQUIRE(nodes.one.db().install_snapshot(file).ok());
    CHECK(nodes.one.have(kOneDecided) == 0);
    CHECK(nodes.one.have(1) > before);
  }
  CHECK(nodes.one.app().query("SELECT id, v FROM t") == "1|10\n2|20");
}

TEST_CASE("what the extension has to know is in the database") {
  const TempDir dir;
  Options options;
  options.commit_path = "/run/murmel/commit";
  options.consistency = "quorum";
  TestNode node(dir, 7, options);
  const char* const kRead =
      "SELECT key, value FROM __murmel_meta WHERE key IN ('node', 'commit', 'consistency', 'agent_away')";
  CHECK(node.app().query(kRead) == "commit|/run/murmel/commit\nconsistency|quorum\nnode|7");
}

TEST_CASE("a record is shown with the log it belongs to") {
  Pair nodes;
  const core::ChangeSet change = insert(kOneDecided, 1, later(nodes.one), 1, 10);
  nodes.one.apply(std::vector{change});
  const auto text = nodes.one.db().dump_record(kOneDecided, 1);
  REQUIRE(text.ok());
  CHECK(text->find("\"origin\":1,\"decided\":true,\"seq\":1") != std::string::npos);
}

}  // namespace murmel::store::test
