// A disk that is full or broken: nothing is half applied, the error says which, and later it goes on.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/unit/store/failing_vfs.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr int kWritesMax = 200;  // more than the batch needs

}  // namespace

TEST_CASE("whichever write fails, a batch is applied whole or not at all, and then goes in") {
  const FailingVfs disk;
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    const TempDir dir;
    TestNode one(dir, 1);
    one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t(v)");
    one.app().run("INSERT INTO t VALUES(1, randomblob(20000)), (2, 'x')");
    one.app().run("UPDATE t SET v = 'y' WHERE id = 2");
    const auto changes = one.tail();
    bool succeeded = false;
    for (int writes = 0; writes < kWritesMax && !succeeded; ++writes) {
      TestNode two(dir, 100 + static_cast<NodeId>(writes));
      FailingVfs::fail_after(writes, code);
      const auto report = two.db().apply(changes);
      FailingVfs::heal();
      succeeded = report.ok();
      if (!succeeded) {
        CHECK(report.error().code == (code == SQLITE_FULL ? ErrorCode::kFull : ErrorCode::kIo));
        CHECK(two.have(1) == 0);
        CHECK(two.app().query("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "0");
        CHECK(two.apply(changes).transactions == static_cast<std::int64_t>(changes.size()));
      }
      CHECK(equal(one, two));
      CHECK(two.app().query("PRAGMA integrity_check") == "ok");
    }
    CHECK(succeeded);
  }
}

TEST_CASE("a snapshot that does not fit leaves everything as it was") {
  const FailingVfs disk;
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, randomblob(100000))");
  one.tail();
  two.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(2, 'two')");
  two.tail();
  const State before = *two.db().state();
  REQUIRE(one.db().make_snapshot(dir.file("s")).ok());
  FailingVfs::fail_after(5, SQLITE_FULL);
  CHECK(two.db().install_snapshot(dir.file("s")).error().code == ErrorCode::kFull);
  FailingVfs::heal();
  CHECK(*two.db().state() == before);
  CHECK(two.app().query("SELECT id FROM t") == "2");
  CHECK(two.db().read_range(2, 1, 1 << 20)->changes.size() == static_cast<std::size_t>(before.have.at(2)));
  REQUIRE(two.db().install_snapshot(dir.file("s")).ok());
  CHECK(two.app().query("SELECT id FROM t ORDER BY id") == "1\n2");
}

TEST_CASE("a writer that holds the lock makes the store wait, then say busy") {
  const TempDir dir;
  Options options;
  options.busy_timeout_ms = 1;
  TestNode one(dir, 1);
  TestNode two(dir, 2, options);
  one.app().run("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  const auto changes = one.tail();
  two.app().run("BEGIN IMMEDIATE");
  CHECK(two.db().apply(changes).error().code == ErrorCode::kBusy);
  two.app().run("ROLLBACK");
  CHECK(two.apply(changes).transactions == 1);
}

}  // namespace murmel::store::test
