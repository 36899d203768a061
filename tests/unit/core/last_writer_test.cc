#include "agent/core/last_writer.h"

#include <doctest/doctest.h>

#include "agent/core/causal.h"

namespace murmel::core {
namespace {

const RowVersion kHeld{{Hlc::at(100), 2}, 7};

TEST_CASE("a row that nobody touched lately is written") {
  CHECK(decide(std::nullopt, {{Hlc::at(1), 1}, 1}, {}) == RowDecision{RowVerdict::kApply, false});
}

TEST_CASE("the later stamp wins, the greater node id breaks a tie") {
  CHECK(decide(kHeld, {{Hlc::at(101), 1}, 1}, {}).verdict == RowVerdict::kApply);
  CHECK(decide(kHeld, {{Hlc::at(99), 3}, 1}, {}).verdict == RowVerdict::kSkip);
  CHECK(decide(kHeld, {{Hlc::at(100), 3}, 1}, {}).verdict == RowVerdict::kApply);
  CHECK(decide(kHeld, {{Hlc::at(100), 1}, 1}, {}).verdict == RowVerdict::kSkip);
}

TEST_CASE("a transaction may write a row twice") {
  CHECK(decide(kHeld, kHeld, {}) == RowDecision{RowVerdict::kApply, false});
}

TEST_CASE("a write that has not seen the row's last one is concurrent, whoever wins") {
  CHECK(decide(kHeld, {{Hlc::at(101), 1}, 1}, {{2, 6}}).concurrent);
  CHECK(decide(kHeld, {{Hlc::at(50), 1}, 1}, {{2, 6}}).concurrent);
  CHECK_FALSE(decide(kHeld, {{Hlc::at(101), 1}, 1}, {{2, 7}}).concurrent);
}

TEST_CASE("two deletes that did not know of each other lose nothing") {
  const RowVersion deleted{{Hlc::at(100), 2}, 7, true};
  CHECK_FALSE(decide(deleted, {{Hlc::at(101), 1}, 1, true}, {}).concurrent);
  CHECK(decide(deleted, {{Hlc::at(101), 1}, 1, false}, {}).concurrent);
  CHECK(decide(kHeld, {{Hlc::at(101), 1}, 1, true}, {}).concurrent);
}

TEST_CASE("what a change set has seen adds up over its predecessors") {
  CausalHistory history;
  ChangeSet change;
  change.origin = 1;
  change.seq = 1;
  change.depends = {{2, 5}, {3, 1}};
  CHECK(history.add(change) == VersionVector{{1, 1}, {2, 5}, {3, 1}});
  change.seq = 2;
  change.depends = {{2, 9}};
  CHECK(history.add(change) == VersionVector{{1, 2}, {2, 9}, {3, 1}});
}

TEST_CASE("what earlier change sets had seen may be told instead") {
  CausalHistory history;
  history.learn(1, {{2, 5}, {3, 1}});
  ChangeSet change;
  change.origin = 1;
  change.seq = 4;
  change.depends = {{3, 2}};
  CHECK(history.add(change) == VersionVector{{1, 4}, {2, 5}, {3, 2}});
}

}  // namespace
}  // namespace murmel::core
