// A snapshot takes the place of a database's content, and nothing that only this node knew is lost.
#include "agent/store/snapshot.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr char kContent[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE, g AS (upper(v)));"
    "CREATE TABLE keyless(a, b); CREATE TABLE k(a TEXT, b, c, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "CREATE INDEX i ON keyless(a); CREATE VIEW w AS SELECT v FROM t;"
    "CREATE TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO keyless VALUES('deleted', old.id); END;"
    "CREATE VIRTUAL TABLE f USING fts5(x); CREATE VIRTUAL TABLE ext USING fts5(v, content='t', "
    "content_rowid='id');"
    "INSERT INTO t(v) VALUES('a'), ('b'), ('c'); DELETE FROM t WHERE v = 'c'; INSERT INTO k VALUES('x', 1, "
    "2);"
    "INSERT INTO f VALUES('red fox'); INSERT INTO ext(ext) VALUES('rebuild'); PRAGMA user_version = 17";

Result<State> install(TestNode& from, TestNode& to, const TempDir& dir) {
  const std::string file = dir.file("snapshot");
  TRY(from.db().make_snapshot(file));
  return to.db().install_snapshot(file);
}

}  // namespace

TEST_CASE("a fresh node becomes a copy of the donor and goes on from there") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run(kContent);
  one.tail();
  const auto installed = install(one, two, dir);
  INFO((installed.ok() ? std::string() : installed.error().message));
  REQUIRE(installed.ok());
  CHECK(equal(one, two));
  CHECK(installed->database_id == one.db().state()->database_id);
  CHECK(core::seq_of(installed->have, 1) == one.have(1));
  CHECK(core::seq_of(installed->have, 2) == 0);
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'fox'") == "1");
  CHECK(two.app().query("SELECT rowid FROM ext WHERE ext MATCH 'b'") == "2");
  CHECK(two.app().query("PRAGMA user_version") == "17");
  CHECK(two.app().query("PRAGMA integrity_check") == "ok");
  two.app().run("INSERT INTO t(v) VALUES('from two')");
  one.app().run("UPDATE t SET v = 'A' WHERE id = 1");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT id FROM t WHERE v = 'from two'") == "4");
}

TEST_CASE("local changes that the donor had not seen survive, as the change sets they were") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  exchange(one, two);
  REQUIRE(two.db().adopt_database_id(one.db().state()->database_id).ok());
  two.app().run("INSERT INTO t VALUES(1, 'seen by one')");
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES(2, 'only in the snapshot'); UPDATE t SET v = 'one' WHERE id = 1");
  one.tail();
  two.app().run("INSERT INTO t VALUES(3, 'unseen')");
  two.app().run("UPDATE t SET v = 'two, later' WHERE id = 1");
  const auto unseen = two.tail();
  const auto installed = install(one, two, dir);
  REQUIRE(installed.ok());
  CHECK(core::seq_of(installed->have, 2) == unseen.back().seq);
  CHECK(two.app().query("SELECT * FROM t ORDER BY id") == "1|two, later\n2|only in the snapshot\n3|unseen");
  CHECK(two.tail().empty());
  CHECK(two.db().read_range(2, unseen.front().seq, 1 << 20)->changes == unseen);
  one.apply(unseen);
  CHECK(equal(one, two));
  two.restart();
  two.app().run("INSERT INTO t VALUES(4, 'next')");
  const auto next = two.tail();
  REQUIRE(next.size() == 1);
  CHECK(next[0].seq == unseen.back().seq + 1);
}

TEST_CASE("records of other nodes that the donor had not seen are kept too") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'one')");
  const auto base = one.tail();
  two.apply(base);
  three.apply(base);
  for (TestNode* node : {&two, &three}) {
    REQUIRE(node->db().adopt_database_id(one.db().state()->database_id).ok());
  }
  three.app().run("UPDATE t SET v = 'three'");
  const auto from_three = three.tail();
  two.apply(from_three);
  REQUIRE(install(one, two, dir).ok());
  CHECK(two.have(3) == from_three.back().seq);
  CHECK(two.app().query("SELECT v FROM t") == "three");
  CHECK(two.db().read_range(3, 1, 1 << 20)->changes == from_three);
  CHECK(two.apply(from_three).transactions == 0);
}

TEST_CASE("changes of another history come back as new change sets") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'one')");
  one.tail();
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(2, 'two')");
  two.tail();
  const auto installed = install(one, two, dir);
  REQUIRE(installed.ok());
  CHECK(two.app().query("SELECT * FROM t ORDER BY id") == "1|one\n2|two");
  one.apply(two.db().read_range(2, 1, 1 << 20)->changes);
  CHECK(equal(one, two));
}

TEST_CASE("a record written after a snapshot depends on all of it, whether it is pushed or pulled") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'one')");
  one.tail();
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(2, 'two')");
  two.tail();
  const auto installed = install(one, two, dir);
  REQUIRE(installed.ok());
  two.app().run("INSERT INTO t VALUES(3, 'next')");
  const auto pushed = two.tail();
  REQUIRE(pushed.size() == 1);
  CHECK(pushed[0].depends == std::vector<core::Position>{{1, core::seq_of(installed->have, 1)}});
  CHECK(two.db().read_range(2, pushed[0].seq, 1 << 20)->changes == pushed);
}

TEST_CASE("a write that another history brings over one it had not seen is a conflict") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'one')");
  one.tail();
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'two')");
  two.tail();
  REQUIRE(install(one, two, dir).ok());
  CHECK(one.apply(two.db().read_range(2, 1, 1 << 20)->changes).conflicts == 1);
  CHECK(one.app().query("SELECT v FROM t") == "two");
  REQUIRE(two.db().conflicts(10)->size() == 1);
  CHECK(two.db().conflicts(10)->front().loser_row == R"({"id":1,"v":"one"})");
}

TEST_CASE("an unseen write that does not fit the snapshot is kept as text, and the others come back") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE other(id INTEGER PRIMARY KEY, v)");
  exchange(one, two);
  REQUIRE(two.db().adopt_database_id(one.db().state()->database_id).ok());
  two.app().run("INSERT INTO other VALUES(1, 'before')");
  two.app().run("INSERT INTO t VALUES(7, 'no place for it')");
  two.app().run("INSERT INTO other VALUES(2, 'after')");
  const auto unseen = two.tail();
  one.app().run("DROP TABLE t; CREATE TABLE t(id, v PRIMARY KEY)");
  one.tail();
  const auto installed = install(one, two, dir);
  REQUIRE(installed.ok());
  CHECK(core::seq_of(installed->have, 2) == unseen.back().seq);
  CHECK(two.app().query("SELECT v FROM other ORDER BY id") == "before\nafter");
  CHECK(two.app().query("SELECT count(*) FROM t") == "0");
  CHECK(two.db().read_range(2, unseen.front().seq, 1 << 20)->changes == unseen);
  const auto kept = two.db().conflicts(10);
  REQUIRE(kept.ok());
  REQUIRE(kept->size() == 1);
  CHECK(kept->front().reason == "unapplied");
  CHECK(kept->front().loser == core::Position{2, unseen[1].seq});
  CHECK(kept->front().loser_row.find("no place for it") != std::string::npos);
}

TEST_CASE("the log that comes with a snapshot serves third nodes") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  TestNode three(dir, 3);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  exchange(one, three);
  three.app().run("INSERT INTO t VALUES(3, 'three')");
  exchange(one, three);
  one.app().run("INSERT INTO t VALUES(1, 'one')");
  const auto last = one.tail();
  REQUIRE(install(one, two, dir).ok());
  const auto range = two.db().read_range(1, last.front().seq, 1 << 20);
  REQUIRE(range.ok());
  CHECK(range->changes == last);
  CHECK(two.db().read_range(3, 1, 1 << 20)->changes == one.db().read_range(3, 1, 1 << 20)->changes);
}

TEST_CASE("an application's open connection sees the new content without reopening") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  two.app().run("CREATE TABLE old(a)");
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)");
  one.tail();
  CHECK(two.app().query("SELECT count(*) FROM old") == "0");
  REQUIRE(install(one, two, dir).ok());
  CHECK(two.app().query("SELECT id FROM t") == "1");
}

TEST_CASE("a file that is no snapshot changes nothing") {
  const TempDir dir;
  TestNode two(dir, 2);
  two.app().run("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  const std::string file = dir.file("snapshot");
  CHECK(two.db().install_snapshot(file).error().code == ErrorCode::kNotFound);
  std::ofstream(file) << std::string(5000, 'x');
  CHECK(two.db().install_snapshot(file).error().code == ErrorCode::kCorrupt);
  { App(dir.file("plain"), false).run("CREATE TABLE t(a)"); }
  CHECK(two.db().install_snapshot(dir.file("plain")).error().code == ErrorCode::kCorrupt);
  CHECK(two.db().make_snapshot(file).ok());
  CHECK(two.db().install_snapshot(file).error().code == ErrorCode::kRefused);
  CHECK(two.app().query("SELECT a FROM t") == "1");
  two.app().run("INSERT INTO t VALUES(2)");
  CHECK_FALSE(two.tail().empty());
}

TEST_CASE("progress is told while a snapshot is made and installed") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run(kContent);
  std::int64_t calls = 0;
  const Progress progress = [&](std::int64_t done, std::int64_t total) {
    ++calls;
    CHECK(done <= total);
  };
  REQUIRE(one.db().make_snapshot(dir.file("s"), progress).ok());
  CHECK(calls > 0);
  calls = 0;
  REQUIRE(two.db().install_snapshot(dir.file("s"), progress).ok());
  CHECK(calls > 5);
}

}  // namespace murmel::store::test
