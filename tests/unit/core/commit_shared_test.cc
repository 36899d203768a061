#include <doctest/doctest.h>

#include "tests/unit/core/one_commit_node.h"

namespace murmel::core {
namespace {

constexpr Claim kParent = 9;

Transaction relying(Seq seq, VersionVector seen = {}) {
  Transaction t = of_node_2(seq, {100 + static_cast<Claim>(seq)}, std::move(seen));
  t.shared = {kParent};
  return t;
}

void vote_for(OneNode& node, Transaction t) {
  node.hear(2, Prepare{{}, 1, {std::move(t)}});
  node.sync();
}

void decide(OneNode& node, Seq seq, bool commit) {
  node.hear(2, Decided{{}, {{{kSlots2, seq}, Hlc::at(kWall), commit}}});
}

// Outcome and the slot in the way of what writes the parent; kCommitted: nothing is.
std::pair<CommitOutcome, Position> write_parent(OneNode& node, VersionVector seen = {}) {
  node.propose(transaction({kParent}, std::move(seen)));
  if (node.effects.reply.empty()) return {CommitOutcome::kCommitted, {}};
  return {node.effects.reply[0].outcome, node.effects.reply[0].by};
}

using Answer = std::pair<CommitOutcome, Position>;

}  // namespace

TEST_CASE("any number may rely on a key, and who writes it waits for all of them") {
  OneNode node(3);
  vote_for(node, relying(1));
  vote_for(node, relying(2));
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kYes);
  CHECK(write_parent(node) == Answer{CommitOutcome::kBusy, {kSlots2, 2}});
  decide(node, 2, false);
  CHECK(write_parent(node) == Answer{CommitOutcome::kBusy, {kSlots2, 1}});
  decide(node, 1, false);
  CHECK(write_parent(node).first == CommitOutcome::kCommitted);
}

TEST_CASE("who writes a key must have seen all that rely on it, also after a restart") {
  OneNode before(3);
  vote_for(before, relying(1));
  vote_for(before, relying(2));
  decide(before, 2, true);
  CHECK(write_parent(before) == Answer{CommitOutcome::kConflict, {kSlots2, 2}});
  decide(before, 1, true);
  CHECK(write_parent(before, {{kSlots2, 1}}) == Answer{CommitOutcome::kConflict, {kSlots2, 2}});
  OneNode node(3, before.journal);
  CHECK(write_parent(node, {{kSlots2, 1}}) == Answer{CommitOutcome::kConflict, {kSlots2, 2}});
  CHECK(write_parent(node, {{kSlots2, 2}}).first == CommitOutcome::kCommitted);
}

TEST_CASE("who relies on a key must have seen who wrote it") {
  OneNode node(3);
  vote_for(node, of_node_2(1, {kParent}));
  Transaction t = transaction({5});
  t.shared = {kParent};
  node.propose(t);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);
  decide(node, 1, true);
  node.propose(t);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  t.seen = {{kSlots2, 1}};
  node.propose(t);
  CHECK(node.effects.reply.empty());
}

TEST_CASE("what is forgotten is no longer relied on, and takes no room") {
  OneNode node(3);
  vote_for(node, relying(1));
  decide(node, 1, true);
  CHECK(node.commit().status().claims == 2);
  node.step(commit_input::StoreMoved{{{kSlots2, 1}}, {{kSlots2, 1}}, Hlc::at(kWall)});
  node.pass(seconds(20));
  CHECK(node.commit().status().claims == 0);
}

}  // namespace murmel::core
