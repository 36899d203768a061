// The log as others see it: the tail, ranges, what is trimmed, filters, the audit of commits.
#include <doctest/doctest.h>

#include "agent/wire/row_writer.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

std::vector<Seq> seqs(const std::vector<core::ChangeSet>& changes) {
  std::vector<Seq> all;
  all.reserve(changes.size());
  for (const auto& change : changes) all.push_back(change.seq);
  return all;
}

void insert_many(TestNode& node, int count) {
  node.app().run("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v)");
  for (int i = 0; i < count; ++i) node.app().run("INSERT INTO t(v) VALUES(randomblob(50))");
}

TrimRule everything_of(TestNode& node) {
  TrimRule rule;
  rule.all_have = node.db().state()->have;
  rule.min_age = milliseconds(-3'600'000);
  rule.max_age = seconds(1'000'000);
  return rule;
}

}  // namespace

TEST_CASE("the tail gives each local change set once, in order, in pieces of about the size asked for") {
  const TempDir dir;
  TestNode one(dir, 1);
  insert_many(one, 20);
  const auto first = one.db().tail(200);
  REQUIRE(first.ok());
  CHECK(first->size() < 10);
  const auto rest = one.tail();
  CHECK(first->size() + rest.size() == 20);
  CHECK(rest.front().seq == first->back().seq + 1);
  CHECK(one.tail().empty());
}

TEST_CASE_FIXTURE(TwoNodes, "ranges of every origin are read as they were sent") {
  insert_many(one, 150);
  const auto sent = one.tail();
  two.apply(sent);
  two.app().run("INSERT INTO t(id, v) VALUES(1000, 1)");
  two.app().run("INSERT INTO t(id, v) VALUES(1001, 1)");
  const auto own = two.tail();
  for (const Seq from : {Seq{1}, Seq{2}, Seq{64}, Seq{65}, Seq{130}, Seq{150}}) {
    for (TestNode* node : {&one, &two}) {
      const auto range = node->db().read_range(1, from, 1 << 30);
      REQUIRE(range.ok());
      CHECK(range->changes == std::vector(sent.begin() + (from - 1), sent.end()));
    }
  }
  CHECK(two.db().read_range(2, 1, 1 << 30)->changes == own);
  CHECK(two.db().read_range(2, 2, 1 << 30)->changes == std::vector{own[1]});
  CHECK(two.db().read_range(1, 10, 1)->changes.size() == 1);
  CHECK(two.db().read_range(1, 151, 100)->changes.empty());
  CHECK(two.db().read_range(9, 1, 100)->changes.empty());
  two.restart();
  CHECK(two.db().read_range(1, 65, 1 << 30)->changes == std::vector(sent.begin() + 64, sent.end()));
  CHECK(two.db().read_range(2, 1, 1 << 30)->changes == own);
}

TEST_CASE_FIXTURE(
    TwoNodes, "what all members have is trimmed, except the last record; then ranges say that it is gone") {
  insert_many(one, 100);
  replicate(one, two);
  const State before = *one.db().state();
  REQUIRE(one.db().set_watermark({before.clock, {}}).ok());
  const TrimRule rule = everything_of(one);
  const auto report = one.db().trim(rule);
  REQUIRE(report.ok());
  CHECK(report->records == 99);
  CHECK(one.db().trim(rule)->records == 0);
  const auto range = one.db().read_range(1, 5, 1000);
  CHECK(range->gone);
  CHECK(range->first_kept == 100);
  CHECK(one.db().state()->trimmed == core::VersionVector{{1, 99}});
  one.restart();
  const State after = *one.db().state();
  CHECK(after.have == before.have);
  CHECK(after.clock == before.clock);
  CHECK(after.trimmed == core::VersionVector{{1, 99}});
  one.app().run("INSERT INTO t(v) VALUES(1)");
  CHECK(seqs(one.tail()) == std::vector<Seq>{101});
}

TEST_CASE("nothing is trimmed above the watermark, that a member lacks, or that is young") {
  const TempDir dir;
  TestNode one(dir, 1);
  insert_many(one, 10);
  one.tail();
  TrimRule rule = everything_of(one);
  CHECK(one.db().trim(rule)->records == 0);
  REQUIRE(one.db().set_watermark({one.db().state()->clock, {}}).ok());
  rule.all_have = {{1, 4}};
  CHECK(one.db().trim(rule)->records == 4);
  rule.all_have = {{1, 10}};
  rule.min_age = seconds(3'600);
  CHECK(one.db().trim(rule)->records == 0);
}

TEST_CASE_FIXTURE(TwoNodes, "a restart reads only what is not settled, and finds everything all the same") {
  insert_many(one, 30);
  const auto sent = one.tail();
  two.apply(sent);
  REQUIRE(two.db().set_watermark({two.db().state()->clock, {}}).ok());
  two.app().run("INSERT INTO t(id, v) VALUES(1000, 1)");
  const auto own = two.tail();
  const State before = *two.db().state();
  for (int round = 0; round < 2; ++round) {
    two.restart();
    CHECK(*two.db().state() == before);
    CHECK(two.db().status()->version_entries == 1);
    CHECK(two.db().read_range(1, 7, 1 << 30)->changes == std::vector(sent.begin() + 6, sent.end()));
    CHECK(two.db().read_range(2, 1, 1 << 30)->changes == own);
  }
  insert_many(one, 3);
  two.apply(one.tail());
  CHECK(two.have(1) == 33);
  REQUIRE(two.db().set_watermark({}).ok());
  CHECK(two.db().status()->version_entries == 34);
}

TEST_CASE("past the greatest age goes what the reachable members have") {
  const TempDir dir;
  TestNode one(dir, 1);
  insert_many(one, 10);
  one.tail();
  TrimRule rule;
  rule.max_age = milliseconds(-3'600'000);
  CHECK(one.db().trim(rule)->records == 0);
  rule.reachable_have = {{1, 3}};
  CHECK(one.db().trim(rule)->records == 3);
  CHECK(one.db().read_range(1, 4, 1 << 20)->changes.size() == 7);
}

TEST_CASE("versions of records that were trimmed for their age outlive a restart") {
  const TempDir dir;
  TestNode one(dir, 4);  // wins a tie within one millisecond
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 0), (2, 0)");
  const auto base = one.tail();
  two.apply(base);
  two.app().run("UPDATE t SET v = 'older'");
  const auto older = two.tail();
  one.app().run("UPDATE t SET v = 'newer' WHERE id = 1");
  one.app().run("INSERT INTO t VALUES(3, 0)");
  one.tail();
  TrimRule rule;
  rule.max_age = milliseconds(-3'600'000);
  rule.reachable_have = one.db().state()->have;
  CHECK(one.db().trim(rule)->records == 2);
  one.restart();
  REQUIRE(one.db().make_snapshot(dir.file("s")).ok());
  REQUIRE(three.db().install_snapshot(dir.file("s")).ok());
  for (TestNode* node : {&one, &three}) {
    CHECK(node->apply(older).overruled == 1);
    CHECK(node->app().query("SELECT v FROM t ORDER BY id") == "newer\nolder\n0");
  }
}

TEST_CASE("what the author of a record trimmed for its age had seen outlives a restart") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  TestNode four(dir, 4);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 0), (2, 0)");
  const auto base = one.tail();
  for (TestNode* node : {&two, &three}) node->apply(base);
  two.app().run("UPDATE t SET v = 'two' WHERE id = 1");
  const auto from_two = two.tail();
  three.apply(from_two);
  three.app().run("UPDATE t SET v = 'three' WHERE id = 2");  // says what node 3 has seen
  one.apply(from_two);
  one.apply(three.tail());
  one.app().run("UPDATE t SET v = 'one' WHERE id = 2");
  one.tail();
  TrimRule rule;
  rule.max_age = milliseconds(-3'600'000);
  rule.reachable_have = one.db().state()->have;
  CHECK(one.db().trim(rule)->records == 3);
  one.restart();
  REQUIRE(one.db().make_snapshot(dir.file("s")).ok());
  REQUIRE(four.db().install_snapshot(dir.file("s")).ok());
  three.app().run("UPDATE t SET v = 'three, having seen two' WHERE id = 1");
  const auto last = three.tail();
  for (TestNode* node : {&one, &four}) CHECK(node->apply(last).conflicts == 0);
}

TEST_CASE("tables that trimming makes for itself are no change of the application's schema") {
  const TempDir dir;
  TestNode one(dir, 1);
  one.app().run("CREATE TABLE bag(v); INSERT INTO bag VALUES(1)");
  one.app().run("INSERT INTO bag VALUES(2)");
  one.tail();
  TrimRule rule;
  rule.max_age = milliseconds(-3'600'000);
  rule.reachable_have = one.db().state()->have;
  CHECK(one.db().trim(rule)->records == 1);
  CHECK(one.tail().empty());
  one.app().run("INSERT INTO bag VALUES(3)");
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE other(v)");
  const auto changes = one.tail();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].rows.size() < 60);
}

TEST_CASE("filtered tables neither leave a node nor are written on it, but their records are passed on") {
  const TempDir dir;
  Options no_secret;
  no_secret.exclude = {"SECRET*"};
  TestNode one(dir, 1);
  TestNode two(dir, 2, no_secret);
  TestNode three(dir, 3);
  one.app().run(
      "CREATE TABLE secret_a(id INTEGER PRIMARY KEY); CREATE TABLE t(id INTEGER PRIMARY KEY);"
      "INSERT INTO secret_a VALUES(1); INSERT INTO t VALUES(1)");
  CHECK(replicate(one, two).filtered > 0);
  CHECK(two.app().query("SELECT name FROM sqlite_schema WHERE name LIKE 'secret%'").empty());
  three.apply(two.db().read_range(1, 1, 1 << 20)->changes);
  CHECK(three.app().query("SELECT id FROM secret_a") == "1");
  two.app().run(
      "CREATE TABLE secret_b(id INTEGER PRIMARY KEY); INSERT INTO secret_b VALUES(1); INSERT INTO t "
      "VALUES(2)");
  three.apply(two.tail());
  CHECK(three.app().query("SELECT name FROM sqlite_schema WHERE name = 'secret_b'").empty());
  CHECK(three.app().query("SELECT id FROM t ORDER BY id") == "1\n2");
  CHECK(two.db().table_hashes()->tables.size() == 1);
}

TEST_CASE("records of which nothing is replicated count too, so that a range never has too many") {
  const TempDir dir;
  Options no_secret;
  no_secret.exclude = {"secret*"};
  TestNode one(dir, 1, no_secret);
  one.app().run("CREATE TABLE secret_a(id INTEGER PRIMARY KEY)");
  for (int i = 0; i < 50; ++i) one.app().run("INSERT INTO secret_a(id) VALUES(NULL)");
  CHECK(one.db().tail(500)->size() < 10);
  CHECK(one.db().read_range(1, 1, 500)->changes.size() < 10);
}

TEST_CASE("a change set that can't be applied is named; others of the batch go in") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  const auto base = one.tail();
  two.apply(base);
  three.apply(base);
  one.app().run("INSERT INTO t VALUES(1, 'good')");
  one.app().run("INSERT INTO t VALUES(2, 'bad')");
  one.app().run("INSERT INTO t VALUES(3, 'behind the bad one')");
  two.app().run("INSERT INTO t VALUES(4, 'of another node')");
  auto changes = one.tail();
  changes[1].rows = SharedBytes(std::string(as_text(changes[1].rows.view())) + "garbage");
  const auto good = one.db().read_range(1, changes[1].seq, 1 << 20)->changes;
  for (auto& change : two.tail()) changes.push_back(change);
  const ApplyReport report = three.apply(changes);
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].position == core::Position{1, changes[1].seq});
  CHECK(report.failures[0].code == ErrorCode::kCorrupt);
  CHECK(three.app().query("SELECT id FROM t ORDER BY id") == "1\n4");
  CHECK(three.apply(good).failures.empty());
  CHECK(three.app().query("SELECT id FROM t ORDER BY id") == "1\n2\n3\n4");
}

TEST_CASE_FIXTURE(TwoNodes, "commits without the extension are counted, captured and own ones are not") {
  insert_many(one, 5);
  replicate(one, two);
  insert_many(one, 5);
  replicate(one, two);
  two.tail();
  CHECK(one.db().status()->uncaptured_commits == 0);
  CHECK(two.db().status()->uncaptured_commits == 0);
  App stranger(one.path(), false);
  stranger.run("INSERT INTO t(v) VALUES(1)");
  stranger.run("INSERT INTO t(v) VALUES(2)");
  one.tail();
  CHECK(one.db().status()->uncaptured_commits == 2);
}

// The commit of CREATE TABLE has no record; the next one of the application brings it along.
TEST_CASE_FIXTURE(
    TwoNodes,
    "a schema change that an application logged itself is not counted, whatever the agent does meanwhile") {
  insert_many(one, 5);
  replicate(one, two);
  two.tail();
  two.app().run("CREATE TABLE new_one(id INTEGER PRIMARY KEY)");
  two.app().run("INSERT INTO new_one VALUES(1)");
  insert_many(one, 1);
  replicate(one, two);
  two.tail();
  CHECK(two.db().status()->uncaptured_commits == 0);
  insert_many(two, 1);
  two.tail();
  CHECK(two.db().status()->uncaptured_commits == 0);
}

TEST_CASE("syncing the WAL works before and after checkpoints") {
  const TempDir dir;
  TestNode one(dir, 1);
  CHECK(one.db().sync_wal().ok());
  insert_many(one, 3);
  CHECK(one.db().sync_wal().ok());
  one.app().query("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(one.db().sync_wal().ok());
}

TEST_CASE("a record is dumped as JSON") {
  const TempDir dir;
  TestNode one(dir, 1);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  one.tail();
  one.app().run("INSERT INTO t VALUES(1, x'00ff')");
  one.tail();
  const auto dump = one.db().dump_record(1, 2);
  REQUIRE(dump.ok());
  CHECK(dump->find(R"("items":[{"op":"insert","table":"t","after":{"id":1,"v":{"blob":"00ff"}}}])") !=
        std::string::npos);
  CHECK(one.db().dump_record(1, 3).error().code == ErrorCode::kNotFound);
  CHECK(one.db().dump_record(7, 1).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a database that nobody has used is fresh; one with content before its log has a baseline") {
  const TempDir dir;
  TestNode one(dir, 1);
  CHECK(one.db().state()->fresh);
  CHECK_FALSE(one.db().state()->baseline);
  const std::string path = dir.file("old.db");
  { App(path, false).run("CREATE TABLE t(a)"); }
  Options options;
  options.node = 5;
  const auto old = Database::open(path, options);
  REQUIRE(old.ok());
  CHECK((*old)->state()->baseline);
  CHECK_FALSE((*old)->state()->fresh);
}

TEST_CASE_FIXTURE(TwoNodes, "another database's id is adopted and kept") {
  const Uuid id = one.db().state()->database_id;
  CHECK(two.db().state()->database_id != id);
  REQUIRE(two.db().adopt_database_id(id).ok());
  two.restart();
  CHECK(two.db().state()->database_id == id);
}

TEST_CASE("detaching leaves no trace and a sound database") {
  const TempDir dir;
  TestNode one(dir, 1);
  insert_many(one, 3);
  one.tail();
  REQUIRE(detach(one.path()).ok());
  App after(one.path(), false);
  CHECK(after.query("SELECT name FROM sqlite_schema ORDER BY name") == "t");
  CHECK(after.query("PRAGMA integrity_check") == "ok");
}

}  // namespace murmel::store::test
