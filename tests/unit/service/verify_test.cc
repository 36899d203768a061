#include "agent/service/verify.h"

#include <doctest/doctest.h>

namespace murmel::service {
namespace {

NodeHashes hashes(std::int64_t seq, const std::string& hash) {
  NodeHashes result;
  result.have = {{"1", seq}};
  result.schema = "s";
  result.tables = {{"t", {3, hash}}};
  return result;
}

}  // namespace

TEST_CASE("the same hashes at the same positions are equal") {
  CHECK(compare({{1, hashes(5, "a")}, {2, hashes(5, "a")}}).verdict == Verdict::kEqual);
}

TEST_CASE("hashes of other positions can't be compared") {
  CHECK(compare({{1, hashes(5, "a")}, {2, hashes(6, "b")}}).verdict == Verdict::kMoving);
}

TEST_CASE("a table with other rows, and one that is missing, are named") {
  const Comparison rows = compare({{1, hashes(5, "a")}, {2, hashes(5, "b")}});
  CHECK(rows.verdict == Verdict::kDifferent);
  CHECK(rows.different_tables == std::vector<std::string>{"t"});
  NodeHashes without = hashes(5, "a");
  without.tables.clear();
  CHECK(compare({{1, hashes(5, "a")}, {2, without}}).verdict == Verdict::kDifferent);
  CHECK(compare({{1, without}, {2, hashes(5, "a")}}).verdict == Verdict::kDifferent);
}

TEST_CASE("a node with table filters may lack tables, but not differ in those it has") {
  NodeHashes filtered = hashes(5, "a");
  filtered.filtered = true;
  NodeHashes more = hashes(5, "a");
  more.tables["u"] = {1, "x"};
  CHECK(compare({{1, more}, {2, filtered}}).verdict == Verdict::kEqual);
  filtered.tables["t"].hash = "b";
  CHECK(compare({{1, more}, {2, filtered}}).verdict == Verdict::kDifferent);
}

TEST_CASE("nodes in the minority take the rows of the majority, among equals those of the smallest node") {
  const auto plan = [](const std::map<std::uint32_t, NodeHashes>& answers) {
    return plan_repairs(answers, compare(answers));
  };
  using Steps = std::vector<RepairStep>;
  CHECK(plan({{1, hashes(5, "x")}, {2, hashes(5, "a")}, {3, hashes(5, "a")}}) == Steps{{"t", 1, 2}});
  CHECK(plan({{1, hashes(5, "a")}, {2, hashes(5, "x")}}) == Steps{{"t", 2, 1}});
  CHECK(plan({{1, hashes(5, "a")}, {2, hashes(5, "b")}, {3, hashes(5, "c")}}) ==
        Steps{{"t", 2, 1}, {"t", 3, 1}});
  CHECK(plan({{1, hashes(5, "a")}, {2, hashes(5, "a")}}).empty());
  NodeHashes silent;
  silent.error = "not linked";
  CHECK(plan({{1, hashes(5, "a")}, {2, hashes(5, "b")}, {3, silent}}) == Steps{{"t", 2, 1}});
  CHECK(plan({{1, hashes(5, "a")}, {2, hashes(5, "b")}, {3, silent}, {4, silent}}).empty());
  NodeHashes other = hashes(5, "b");
  other.schema = "z";
  CHECK(plan({{1, hashes(5, "a")}, {2, other}}).empty());
}

TEST_CASE("another schema is a difference") {
  NodeHashes other = hashes(5, "a");
  other.schema = "z";
  const Comparison result = compare({{1, hashes(5, "a")}, {2, other}});
  CHECK(result.verdict == Verdict::kDifferent);
  CHECK(result.schema_differs);
}

TEST_CASE("a node that does not answer leaves the comparison incomplete, unless a difference is known") {
  NodeHashes silent;
  silent.error = "not linked";
  CHECK(compare({{1, hashes(5, "a")}, {2, silent}}).verdict == Verdict::kIncomplete);
  CHECK(compare({{1, hashes(5, "a")}, {2, silent}, {3, hashes(5, "b")}}).verdict == Verdict::kDifferent);
  CHECK(compare({{1, silent}}).verdict == Verdict::kIncomplete);
}

}  // namespace murmel::service
