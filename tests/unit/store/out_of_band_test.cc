// Writers that did not load the extension, by policy.
#include <doctest/doctest.h>

#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr char kTable[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES(1, 'x')";

Options with(OutOfBand policy) {
  Options options;
  options.out_of_band = policy;
  return options;
}

}  // namespace

TEST_CASE("capture: what they write arrives like anything else") {
  const TempDir dir;
  TestNode one(dir, 1, with(OutOfBand::kCapture));
  TestNode two(dir, 2);
  App stranger(one.path(), false);
  stranger.run(kTable);
  exchange(one, two);
  stranger.run("UPDATE t SET v = 'y'; INSERT INTO t VALUES(2, NULL), (3, 'z'); DELETE FROM t WHERE id = 3");
  one.app().run("INSERT INTO t VALUES(4, 'with the extension')");
  exchange(one, two);
  CHECK(equal(one, two));
  CHECK(two.app().query("SELECT id, v FROM t ORDER BY id") == "1|y\n2|NULL\n4|with the extension");
}

TEST_CASE("capture: an unread write of a stranger is not overwritten by an older one") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2, with(OutOfBand::kCapture));
  one.app().run(kTable);
  exchange(one, two);
  one.app().run("UPDATE t SET v = 'older'");
  const auto older = one.tail();
  App stranger(two.path(), false);
  stranger.run("UPDATE t SET v = 'newer'");
  CHECK(two.apply(older).overruled == 1);
  exchange(one, two);
  CHECK(one.app().query("SELECT v FROM t") == "newer");
}

TEST_CASE("capture: tables that arrive from elsewhere are captured too") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2, with(OutOfBand::kCapture));
  one.app().run(kTable);
  exchange(one, two);
  App stranger(two.path(), false);
  stranger.run("INSERT INTO t VALUES(2, 'stranger')");
  exchange(one, two);
  CHECK(one.app().query("SELECT v FROM t WHERE id = 2") == "stranger");
  one.app().run("ALTER TABLE t ADD COLUMN w DEFAULT 5");
  exchange(one, two);
  stranger.run("INSERT INTO t(id, v, w) VALUES(3, 'stranger', 6)");
  exchange(one, two);
  CHECK(equal(one, two));
}

TEST_CASE("refuse: their writes fail, those of equipped writers and of other nodes don't") {
  const TempDir dir;
  TestNode one(dir, 1);
  TestNode two(dir, 2, with(OutOfBand::kRefuse));
  one.app().run(kTable);
  exchange(one, two);
  App stranger(two.path(), false);
  CHECK_FALSE(stranger.try_run("INSERT INTO t VALUES(2, 'stranger')"));
  CHECK(stranger.query("SELECT count(*) FROM t") == "1");
  two.app().run("INSERT INTO t VALUES(3, 'equipped')");
  one.app().run("INSERT INTO t VALUES(4, 'one')");
  exchange(one, two);
  CHECK(equal(one, two));
}

TEST_CASE("the policy can be changed at the next start") {
  const TempDir dir;
  const std::string path = dir.file("node1.db");
  TestNode one(dir, 1, with(OutOfBand::kRefuse));
  one.app().run(kTable);
  one.tail();
  Options warn = with(OutOfBand::kWarn);
  warn.node = 1;
  REQUIRE(Database::open(path, warn).ok());
  App stranger(path, false);
  CHECK(stranger.try_run("INSERT INTO t VALUES(2, 'stranger')"));
  CHECK(stranger.query("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == "0");
}

}  // namespace murmel::store::test
