#include "agent/core/stability.h"

#include <doctest/doctest.h>

namespace murmel::core {
namespace {

TEST_CASE("the watermark waits for every member, dead or alive") {
  Stability stability;
  stability.set_members({1, 2, 3});
  stability.report(1, {}, Hlc::at(10));
  stability.report(2, {}, Hlc::at(20));
  CHECK_FALSE(stability.advance({}));
  stability.report(3, {}, Hlc::at(30));
  CHECK(stability.advance({})->hlc == Hlc::at(10));
}

TEST_CASE("a stamp is settled only when everybody has what its origin wrote up to then") {
  Stability stability;
  stability.set_members({1, 2});
  stability.report(1, {{1, 5}}, Hlc::at(50));
  stability.report(2, {{2, 3}}, Hlc::at(40));
  CHECK_FALSE(stability.advance({{1, 5}}));
  stability.report(1, {{1, 5}, {2, 3}}, Hlc::at(50));
  CHECK_FALSE(stability.advance({{1, 5}, {2, 3}}));
  stability.report(2, {{1, 5}, {2, 9}}, Hlc::at(60));
  // Node 2 wrote up to 9 before it said that it has everything: some of that may not know of 1:5.
  CHECK_FALSE(stability.advance({{1, 5}, {2, 3}}));
  CHECK(stability.advance({{1, 5}, {2, 9}}) == Watermark{Hlc::at(40), {1, 2}});
}

TEST_CASE("what was being decided when a member had everything may not know of it, and is waited for") {
  Stability stability;
  const NodeId decided = decided_origin(2);
  stability.set_members({1, 2});
  stability.report(1, {{1, 5}}, Hlc::at(50));
  stability.report(2, {{1, 5}}, Hlc::at(60), 3);
  CHECK_FALSE(stability.advance({{1, 5}}));
  CHECK_FALSE(stability.advance({{1, 5}, {decided, 2}}));
  CHECK(stability.advance({{1, 5}, {decided, 3}})->hlc == Hlc::at(50));
}

TEST_CASE("what arrives of a stranger before all have confirmed is not settled") {
  Stability stability;
  stability.set_members({1, 2});
  stability.report(1, {{1, 5}, {9, 1}}, Hlc::at(50));
  stability.report(2, {{9, 1}}, Hlc::at(40));
  CHECK_FALSE(stability.advance({{1, 5}, {9, 1}}));
  stability.report(2, {{1, 5}, {9, 1}}, Hlc::at(60));
  CHECK_FALSE(stability.advance({{1, 5}, {9, 2}}));
  stability.report(1, {{1, 5}, {9, 2}}, Hlc::at(50));
  CHECK_FALSE(stability.advance({{1, 5}, {9, 2}}));
  stability.report(2, {{1, 5}, {9, 2}}, Hlc::at(60));
  CHECK(stability.advance({{1, 5}, {9, 2}})->hlc == Hlc::at(50));
}

TEST_CASE("a node without the database does not hold the watermark back") {
  Stability stability;
  stability.set_members({1, 2});
  stability.report(1, {}, Hlc::at(10));
  stability.mark_absent(2);
  CHECK(stability.advance({})->hlc == Hlc::at(10));
}

TEST_CASE("the watermark says nothing about nodes that were no members when it moved") {
  Stability stability;
  stability.set_members({1});
  stability.report(1, {}, Hlc::at(10));
  REQUIRE(stability.advance({}));
  CHECK(stability.holds_for(1));
  CHECK_FALSE(stability.holds_for(2));
  stability.lower_watermark();
  CHECK(stability.watermark() == Hlc{});
  CHECK(stability.holds_for(2));
}

TEST_CASE("a watermark that was kept holds for those who vouched for it") {
  Stability stability;
  stability.restore({Hlc::at(10), {1, 2}});
  CHECK(stability.watermark() == Hlc::at(10));
  CHECK(stability.holds_for(2));
  CHECK_FALSE(stability.holds_for(3));
}

TEST_CASE("trimming goes by the least of all reports") {
  Stability stability;
  stability.set_members({1, 2});
  stability.report(1, {{1, 5}, {2, 3}}, Hlc::at(1));
  CHECK_FALSE(stability.all_have());
  stability.report(2, {{1, 2}}, Hlc::at(1));
  CHECK(stability.all_have() == VersionVector{{1, 2}});
}

TEST_CASE("only the greater side of a partition may leave others behind") {
  Stability stability;
  stability.set_members({1, 2, 3, 4});
  for (const NodeId node : {1, 2, 3, 4}) stability.report(node, {{1, node}}, Hlc::at(1));
  CHECK(stability.reachable_have({2, 3, 4}) == VersionVector{{1, 2}});
  CHECK(stability.reachable_have({2, 3}).empty());
  CHECK(stability.reachable_have({1}).empty());
}

TEST_CASE("half of the members may leave the others behind if these members have been in step") {
  Stability stability;
  stability.set_members({1, 2, 3, 4});
  for (const NodeId node : {1, 2, 3, 4}) stability.report(node, {{1, node}}, Hlc::at(1));
  stability.restore({Hlc::at(1), {1, 2, 3, 4, 5}});
  CHECK(stability.reachable_have({1, 4}).empty());
  stability.restore({Hlc::at(1), {1, 2, 3, 4}});
  CHECK(stability.reachable_have({1, 4}) == VersionVector{{1, 1}});
  CHECK(stability.reachable_have({2, 3}).empty());
}

}  // namespace
}  // namespace murmel::core
