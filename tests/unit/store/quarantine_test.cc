#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "agent/store/database.h"
#include "agent/wire/row_writer.h"
#include "tests/unit/store/node.h"

namespace murmel::store::test {
namespace {

constexpr NodeId kFar = 7;  // its table t has another key

core::ChangeSet far_change(Seq seq, const char* key_column) {
  wire::RowWriter writer;
  const bool first = std::string(key_column) == "a";
  const std::uint64_t table =
      writer.table({"t",
                    row_stream::kHasKey,
                    {{"a", static_cast<std::uint8_t>(first ? 1 : 0), row_stream::kBinary},
                     {"b", static_cast<std::uint8_t>(first ? 0 : 1), row_stream::kBinary}},
                    {static_cast<std::uint16_t>(first ? 0 : 1)}});
  const std::vector<wire::Value> row{wire::integer_value(seq), wire::text_value("far")};
  writer.insert(table, row);
  core::ChangeSet change;
  change.origin = kFar;
  change.seq = seq;
  change.hlc = core::Hlc::at(1'700'000'000'000 + seq);
  change.rows = SharedBytes(writer.take());
  return change;
}

TEST_CASE_FIXTURE(TwoNodes,
                  "a change set that can't be applied stays out, with those behind it; other origins go on") {
  one.app().run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  exchange(one, two);
  one.app().run("INSERT INTO t VALUES(100, 'one')");
  std::vector<core::ChangeSet> changes{far_change(1, "b"), far_change(2, "a")};
  for (core::ChangeSet& change : one.tail()) changes.push_back(std::move(change));
  const ApplyReport report = two.apply(changes);
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].position == core::Position{kFar, 1});
  CHECK(two.app().query("SELECT a, b FROM t") == "100|one");
  CHECK(two.have(kFar) == 0);
}

TEST_CASE(
    "one that is skipped is logged for others, kept among the conflicts, and what follows it is applied") {
  const TempDir dir;
  TestNode two(dir, 2);
  two.app().run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  (void)two.tail();
  const std::vector<core::ChangeSet> changes{far_change(1, "b"), far_change(2, "a")};
  CHECK(two.apply(changes).failures.size() == 1);
  CHECK(two.db().skip({kFar, 1}).ok());
  two.restart();  // before it comes again
  const ApplyReport report = two.apply(changes);
  CHECK(report.failures.empty());
  CHECK(report.skipped == 1);
  CHECK(report.transactions == 1);
  CHECK(two.app().query("SELECT a, b FROM t") == "2|far");
  CHECK(two.have(kFar) == 2);
  const auto range = two.db().read_range(kFar, 1, 1'000'000);
  REQUIRE(range.ok());
  CHECK(range->changes.size() == 2);
  const auto conflicts = two.db().conflicts(10);
  REQUIRE(conflicts.ok());
  REQUIRE(conflicts->size() == 1);
  CHECK(conflicts->front().reason == "unapplied");
  CHECK(conflicts->front().loser_row.find("far") != std::string::npos);
  two.restart();
  CHECK(two.have(kFar) == 2);
}

TEST_CASE("one that could be skipped but can be applied again is applied") {
  const TempDir dir;
  TestNode two(dir, 2);
  two.app().run("CREATE TABLE t(b PRIMARY KEY, a)");
  (void)two.tail();
  const std::vector<core::ChangeSet> changes{far_change(1, "a")};
  CHECK(two.apply(changes).failures.size() == 1);
  CHECK(two.db().skip({kFar, 1}).ok());
  two.app().run("DROP TABLE t; CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  (void)two.tail();
  const ApplyReport report = two.apply(changes);
  CHECK(report.skipped == 0);
  CHECK(report.transactions == 1);
  CHECK(two.app().query("SELECT a, b FROM t") == "1|far");
}

}  // namespace
}  // namespace murmel::store::test
