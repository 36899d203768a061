// core::Commit: from one set of voters to the next, and what reaches the store.
#include "tests/unit/core/one_commit_node.h"

namespace murmel::core {
namespace {

TEST_CASE("who is in an older epoch is refused; who is in a newer one asks again") {
  OneNode node(3);
  node.step(commit_input::Received{2, Prepare{{}, 9, {of_node_2(1, {5})}}});
  node.sync();
  CHECK(node.said<Votes>(2) == nullptr);
  node.step(commit_input::Received{2, Prepare{{}, 0, {of_node_2(1, {5})}}});
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kEpoch);
}

TEST_CASE("a fenced voter says no, and goes on taking part in recovery") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.sync();
  node.step(commit_input::Fenced{});
  node.hear(2, Prepare{{}, 1, {of_node_2(2, {6})}});
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kFenced);
  CHECK(node.commit().known() == VersionVector{{kSlots2, 1}});
  node.hear(3, Recover{{}, 1, {{{kSlots2, 1}, {}, {1, 3}}}});
  node.sync();
  REQUIRE(node.said<Promise>(3) != nullptr);
  CHECK(node.said<Promise>(3)->slots[0].voted);
}

TEST_CASE("a reader hears nothing from a voter that is fenced, or counts other voters") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  CHECK(node.commit().known_in(1) == VersionVector{{kSlots2, 1}});
  CHECK_FALSE(node.commit().known_in(2));
  node.step(commit_input::Fenced{});
  CHECK_FALSE(node.commit().known_in(1));
  node.step(commit_input::EpochChanged{{2, {1, 2, 3}}, {}});
  CHECK(node.commit().known_in(2) == VersionVector{{kSlots2, 1}});
  CHECK_FALSE(node.commit().known_in(1));
}

TEST_CASE("nothing new is proposed behind a fence") {
  OneNode node(3);
  node.step(commit_input::Fenced{});
  node.propose(transaction({1}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);
  CHECK(node.effects.reply[0].slot.seq == 0);
}

// Node 1 is asked by one that has seen all but the last of what was decided in earlier epochs.
VoteReason vote_without_tips(Mutation mutation) {
  OneNode node(3, {}, {}, mutation);
  node.step(commit_input::EpochChanged{{1, {1, 2, 3}}, {{kSlots1, 4}}});
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5}, {{kSlots1, 3}})}});
  node.sync();
  REQUIRE(node.said<Votes>(2) != nullptr);
  return node.said<Votes>(2)->votes[0].reason;
}

TEST_CASE("who has not seen what was decided in earlier epochs is refused") {
  CHECK(vote_without_tips(Mutation::kIgnoreTips) == VoteReason::kYes);  // the planted bug shows here
  OneNode node(3);
  node.step(commit_input::EpochChanged{{1, {1, 2, 3}}, {{kSlots1, 4}}});
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5}, {{kSlots1, 3}})}});
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kBehind);
  node.hear(2, Prepare{{}, 1, {of_node_2(2, {5}, {{kSlots1, 4}})}});
  node.sync();
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kYes);
}

// Node 1 said yes in epoch 1, to a slot above the tips. Does it say so in epoch 2, after a restart?
bool vote_counts_later(Mutation mutation) {
  OneNode before(3);
  before.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  OneNode node(3, before.journal, {}, mutation);
  node.step(commit_input::EpochChanged{{2, {1, 2, 3}}, {}});
  node.step(commit_input::Received{3, Recover{{}, 2, {{{kSlots2, 1}, {}, {1, 3}}}}});
  node.sync();
  REQUIRE(node.said<Promise>(3) != nullptr);
  return node.said<Promise>(3)->slots[0].voted;
}

TEST_CASE("a yes counts in the epoch in which it was said, across a restart, too") {
  CHECK_FALSE(vote_counts_later(Mutation::kNone));
  CHECK(vote_counts_later(Mutation::kOldVotes));  // the planted bug shows here
}

TEST_CASE("slots up to the tips are not recovered by later voters") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.sync();
  node.step(commit_input::EpochChanged{{2, {1, 2, 3}}, {{kSlots2, 1}}});
  node.step(commit_input::Received{3, Recover{{}, 2, {{{kSlots2, 1}, {}, {1, 3}}}}});
  node.sync();
  CHECK(node.said<Promise>(3) == nullptr);
}

TEST_CASE("a drained slot is held when its outcome and its rows are on disk") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.sync();
  node.step(commit_input::Fenced{});
  const VersionVector tips{{kSlots2, 2}};
  node.step(commit_input::Drain{tips});
  CHECK_FALSE(node.commit().holds(tips));
  node.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), true}, {{kSlots2, 2}, Hlc::at(kWall), false}}});
  CHECK_FALSE(node.commit().holds(tips));
  node.sync();
  CHECK(node.commit().holds(tips));
  OneNode again(3, node.journal);
  CHECK(again.commit().holds(tips));
}

TEST_CASE("a drained slot whose rows are not here is held when the database has it") {
  OneNode node(3);
  const VersionVector tips{{kSlots2, 1}};
  node.step(commit_input::Drain{tips});
  node.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), true}}});
  node.sync();
  CHECK_FALSE(node.commit().holds(tips));
  node.step(commit_input::StoreMoved{tips, {}, {}});
  CHECK_FALSE(node.commit().holds(tips));
  node.step(commit_input::StoreMoved{tips, tips, {}});
  CHECK(node.commit().holds(tips));
}

TEST_CASE("a witness that has no room for rows keeps the outcomes of what it is given") {
  OneNode node(3, {}, {}, Mutation::kNone, 10);
  std::vector<ChangeSet> changes;
  for (Seq seq = 1; seq <= 4; ++seq) {
    changes.push_back(of_node_2(seq, {}).change);
    changes.back().rows = SharedBytes("6 long");
  }
  node.step(commit_input::Taken{changes});
  node.sync();
  const VersionVector all{{kSlots2, 4}};
  CHECK(node.commit().held(all) == VersionVector{{kSlots2, 1}});
  CHECK(node.commit().settled(all) == all);
  OneNode again(3, node.journal);
  CHECK(again.commit().settled(all) == all);
}

TEST_CASE("an empty slot has a stamp, even if the database is still empty") {
  OneNode node(3);
  node.step(commit_input::Drain{{{kSlots2, 1}}});
  node.pass(milliseconds(25));
  node.sync();
  REQUIRE(node.said<Recover>(3) != nullptr);
  const Ballot ballot = node.said<Recover>(3)->slots[0].ballot;
  node.hear(3, Promise{{}, 1, {{{kSlots2, 1}, {}, ballot, true, {}, false, {}, {}}}});
  REQUIRE(node.said<Accept>(3) != nullptr);
  CHECK(node.said<Accept>(3)->proposals[0].hlc != Hlc{});
}

TEST_CASE("drained slots that nobody decided are recovered at once") {
  OneNode node(3);
  node.step(commit_input::Drain{{{kSlots2, 2}}});
  node.pass(milliseconds(25));
  node.sync();
  REQUIRE(node.said<Recover>(3) != nullptr);
  CHECK(node.said<Recover>(3)->slots.size() == 2);
}

TEST_CASE("slots reach the store in order, an aborted one as an empty change set") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5}), of_node_2(2, {6})}});
  node.sync();
  node.hear(2, Decided{{}, {{{kSlots2, 2}, Hlc::at(kWall), true}}});
  CHECK(node.effects.decided.empty());
  node.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), false}}});
  REQUIRE(node.effects.decided.size() == 2);
  CHECK(node.effects.decided[0].rows.empty());
  CHECK(node.effects.decided[0].hlc == kVoidStamp);
  CHECK(node.effects.decided[1].seq == 2);
}

TEST_CASE("of a voter that was taken out slots may still come, until the database has what was decided") {
  OneNode node(3);
  CHECK(node.commit().authors().empty());
  node.step(commit_input::EpochChanged{{2, {1, 3}}, {{kSlots2, 4}}});
  CHECK(node.commit().authors() == std::vector<NodeId>{2});
  node.step(commit_input::StoreMoved{{{kSlots2, 4}}, {}, {}});
  CHECK(node.commit().authors().empty());
}

}  // namespace
}  // namespace murmel::core
