// core::Commit: votes, decisions, recovery.
#include "tests/unit/core/one_commit_node.h"

namespace murmel::core {
namespace {

TEST_CASE("a transaction is committed in one round trip when all voters say yes") {
  OneNode node(3);
  node.propose(transaction({1}));
  CHECK(node.said<Prepare>(2) == nullptr);  // its number is not reserved yet
  node.sync();
  REQUIRE(node.said<Prepare>(2) != nullptr);
  node.hear(2, yes({kSlots1, 1}));
  CHECK(node.effects.reply.empty());
  node.hear(3, yes({kSlots1, 1}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kCommitted);
  REQUIRE(node.effects.decided.size() == 1);
  CHECK(node.effects.decided[0].rows == SharedBytes("rows"));
  CHECK(node.said<Decided>(3) != nullptr);
  CHECK(node.commit().status().fast == 1);
}

TEST_CASE("the own vote counts only when it is on disk") {
  OneNode node(1);
  node.propose(transaction({1}));
  CHECK(node.effects.reply.empty());
  node.sync();
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kCommitted);
}

TEST_CASE("a majority of yes needs a second phase") {
  OneNode node(3);
  node.propose(transaction({1}));
  node.sync();
  node.hear(2, yes({kSlots1, 1}));
  CHECK(node.said<Accept>(2) == nullptr);
  node.pass(milliseconds(10));
  REQUIRE(node.said<Accept>(2) != nullptr);
  const Proposal proposal = node.said<Accept>(2)->proposals[0];
  CHECK(proposal.commit);
  CHECK(proposal.ballot == Ballot{0, 1});
  node.hear(2, Accepted{{}, 1, {{{kSlots1, 1}, proposal.ballot, true, {}}}});
  CHECK(node.effects.reply.empty());  // its own acceptance is not on disk
  node.sync();
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kCommitted);
}

TEST_CASE("TWO and THREE are so many voters, and a majority at least") {
  struct Case {
    NodeId voters;
    CommitLevel level;
    NodeId yes;  // so many decide, the own one included; 0: refused
  };
  for (const auto& [voters, level, yes_needed] :
       {Case{1, CommitLevel::kTwo, 0}, Case{2, CommitLevel::kTwo, 2}, Case{3, CommitLevel::kTwo, 2},
        Case{5, CommitLevel::kTwo, 3}, Case{2, CommitLevel::kThree, 0}, Case{3, CommitLevel::kThree, 3},
        Case{4, CommitLevel::kThree, 3}, Case{5, CommitLevel::kThree, 3}, Case{7, CommitLevel::kThree, 4}}) {
    CAPTURE(voters);
    CAPTURE(static_cast<int>(level));
    OneNode node(voters);
    node.propose(transaction({1}), false, level);
    if (yes_needed == 0) {
      REQUIRE(node.effects.reply.size() == 1);
      CHECK(node.effects.reply[0].outcome == CommitOutcome::kRefused);
      CHECK(node.effects.reply[0].slot.seq == 0);
      continue;
    }
    node.sync();
    const auto is_decided = [&node] {
      node.pass(milliseconds(10));
      return node.said<Accept>(2) != nullptr || !node.effects.decided.empty();
    };
    for (NodeId voter = 2; voter < yes_needed; ++voter) node.hear(voter, yes({kSlots1, 1}));
    CHECK_FALSE(is_decided());
    node.hear(yes_needed, yes({kSlots1, 1}));
    CHECK((!node.effects.decided.empty() || is_decided()));
  }
}

TEST_CASE("a minority is refused at once and uses no slot") {
  OneNode node(3);
  node.step(commit_input::PeerDown{2});
  node.step(commit_input::PeerDown{3});
  node.propose(transaction({1}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kUnavailable);
  CHECK(node.effects.reply[0].slot.seq == 0);
}

TEST_CASE("a yes is said after it is on disk, and holds the claims") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5, 6})}});
  CHECK(node.said<Votes>(2) == nullptr);
  node.sync();
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kYes);
  node.propose(transaction({6}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);
  CHECK(node.effects.reply[0].by == Position{kSlots2, 1});
}

TEST_CASE("a committed write must have been seen, also after a restart") {
  OneNode before(3);
  before.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  before.sync();
  before.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), true}}});
  OneNode node(3, before.journal);
  node.propose(transaction({5}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  node.propose(transaction({5}, {{kSlots2, 1}}));
  CHECK(node.effects.reply.empty());
}

TEST_CASE("what is forgotten must have been seen") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.sync();
  node.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), true}}});
  node.step(commit_input::StoreMoved{{{kSlots2, 1}}, {{kSlots2, 1}}, Hlc::at(kWall)});
  node.pass(seconds(20));
  CHECK(node.commit().status().claims == 0);
  node.propose(transaction({99}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
}

TEST_CASE("who can't be reached is not waited for when the others can't all say yes yet") {
  const auto busy_by = [](Seq seq) {
    return Votes{{}, 1, {{{kSlots1, 1}, VoteReason::kBusy, {kSlots2, seq}}}};
  };
  int asked_again = 0;
  int gave_way = 0;
  for (Seq other = 1; other <= 8; ++other) {  // which of two comes first is as good as random
    for (const bool gone_before : {true, false}) {
      CAPTURE(other);
      CAPTURE(gone_before);
      OneNode node(3);
      if (gone_before) node.step(commit_input::PeerDown{3});
      node.propose(transaction({1}));
      node.sync();
      node.hear(2, busy_by(other));
      if (!gone_before) {
        CHECK(node.said<Accept>(2) == nullptr);  // node 3 may still say yes
        node.step(commit_input::PeerDown{3});
        node.pass(milliseconds(1));
      }
      if (const auto* accept = node.said<Accept>(2)) {
        CHECK_FALSE(accept->proposals[0].commit);
        ++gave_way;
        continue;
      }
      node.pass(milliseconds(9));
      CHECK(node.said<Prepare>(2) != nullptr);
      ++asked_again;
    }
  }
  CHECK(asked_again > 0);
  CHECK(gave_way > 0);
}

void commit_of_node_2(OneNode& node, Seq seq, std::vector<Claim> claims, VersionVector seen = {}) {
  node.hear(2, Prepare{{}, 1, {of_node_2(seq, std::move(claims), std::move(seen))}});
  node.sync();
  node.hear(2, Decided{{}, {{{kSlots2, seq}, Hlc::at(kWall), true}}});
}

TEST_CASE("a schema change must have seen every decided transaction, whatever it wrote") {
  OneNode node(3);
  commit_of_node_2(node, 1, {});  // rows without a key have no claims
  node.hear(3, Prepare{{}, 1, {[] {
                         Transaction t = transaction({kWholeDatabase});
                         t.change.origin = decided_origin(3);
                         t.change.seq = 1;
                         return t;
                       }()}});
  REQUIRE(node.said<Votes>(3) != nullptr);
  CHECK(node.said<Votes>(3)->votes[0].reason == VoteReason::kConflict);
  node.propose(transaction({kWholeDatabase}, {{kSlots2, 1}}));
  node.sync();
  CHECK(node.effects.reply.empty());
  CHECK(node.said<Prepare>(2) != nullptr);
}

TEST_CASE("rows made for an older schema are refused") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {kWholeDatabase})}});
  node.sync();
  node.propose(transaction({5}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);  // not decided yet
  node.hear(2, Decided{{}, {{{kSlots2, 1}, Hlc::at(kWall), true}}});
  node.propose(transaction({}));  // no claims of its own
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  CHECK(node.effects.reply[0].by == Position{kSlots2, 1});
  node.propose(transaction({5}, {{kSlots2, 1}}));
  CHECK(node.effects.reply.empty());
}

TEST_CASE("a schema change that is refused tells the others, and keeps new transactions back for a while") {
  OneNode node(3);
  commit_of_node_2(node, 1, {5});
  node.propose(transaction({kWholeDatabase}));
  node.sync();
  CHECK(node.said<Prepare>(2) != nullptr);
  node.propose(transaction({9}, {{kSlots2, 1}}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);
  CHECK(node.effects.reply[0].slot.seq == 0);
  node.pass(milliseconds(500));
  node.propose(transaction({9}, {{kSlots2, 1}}));
  CHECK(node.effects.reply.empty());
}

TEST_CASE("who reads may hold new transactions back, for a while and not for ever") {
  OneNode node(3);
  Claim claim = 0;
  const auto refused = [&] {
    node.propose(transaction({++claim}));
    return node.effects.reply.size() == 1 && node.effects.reply[0].outcome == CommitOutcome::kBusy;
  };
  node.step(commit_input::HoldBack{milliseconds(50)});
  CHECK(refused());
  node.pass(milliseconds(60));
  CHECK_FALSE(refused());
  node.step(commit_input::HoldBack{seconds(100)});  // as long as for a schema change, at most
  CHECK(refused());
  node.pass(milliseconds(500));
  CHECK_FALSE(refused());
  bool free = false;
  for (int turn = 0; turn < 40 && !free; ++turn) {
    node.step(commit_input::HoldBack{milliseconds(100)});
    free = !refused();
    node.pass(milliseconds(90));
  }
  CHECK(free);
}

TEST_CASE("whoever reads is told what was voted for, decided or not") {
  const auto known = [](Mutation mutation) {
    OneNode node(3, {}, {}, mutation);
    node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
    return node.commit().known_in(1);
  };
  CHECK(known(Mutation::kNone) == VersionVector{{kSlots2, 1}});
  CHECK(known(Mutation::kKnowDecided) == VersionVector{});
}

TEST_CASE(
    "a writer in place lets go of its database, which a schema change, or a change of the voters, needs") {
  OneNode node(3);
  commit_of_node_2(node, 1, {5});
  node.hear(2, Prepare{{}, 1, {of_node_2(2, {kWholeDatabase})}});  // refused: it has not seen the first one
  node.propose(transaction({9}, {{kSlots2, 1}}), true);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  node.pass(milliseconds(500));
  node.step(commit_input::Fenced{});
  node.propose(transaction({9}, {{kSlots2, 1}}), true);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
}

TEST_CASE("a schema change that comes again tells the others again before they stop keeping back") {
  OneNode node(3);
  commit_of_node_2(node, 1, {5});
  node.propose(transaction({kWholeDatabase}));
  node.sync();  // its number is reserved only now
  CHECK(node.said<Prepare>(2) != nullptr);
  node.pass(milliseconds(250));
  node.propose(transaction({kWholeDatabase}));
  CHECK(node.said<Prepare>(2) != nullptr);
}

TEST_CASE("numbers that were reserved before a crash are not used again") {
  OneNode node(3, {journal::Reserve{64, Hlc::at(kWall)}});
  node.propose(transaction({1}));
  node.sync();
  REQUIRE(node.said<Prepare>(2) != nullptr);
  CHECK(node.said<Prepare>(2)->transactions[0].change.seq == 65);
  CHECK(node.commit().pending_floor() == Hlc{Hlc::at(kWall).value + 1});
}

TEST_CASE("who has not seen what its node has on disk, and so may have told of, begins again") {
  OneNode node(3, {}, {{2, 1}});
  CHECK(node.commit().last_slot() == 0);
  node.propose(transaction({1}, {{2, 1}}));
  node.sync();
  CHECK(node.said<Prepare>(2) != nullptr);
  CHECK(node.commit().last_slot() == 1);
  node.step(commit_input::StoreMoved{{{2, 2}, {3, 1}}, {{2, 2}}, Hlc::at(kWall)});
  node.propose(transaction({2}, {{2, 1}}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  CHECK(node.effects.reply[0].slot.seq == 0);
  node.propose(transaction({2}, {{2, 2}}));  // of what is not on disk nobody was told
  CHECK(node.effects.reply.empty());
  CHECK(node.commit().last_slot() == 2);
  OneNode careless(3, {}, {{2, 1}}, Mutation::kUnseeing);
  careless.propose(transaction({1}));
  CHECK(careless.effects.reply.empty());
}

TEST_CASE("nothing is proposed in a new history before a majority has it, so that it can still give way") {
  OneNode node(3);
  node.step(commit_input::Strangers{{2, 3}});
  node.propose(transaction({1}));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kBusy);
  node.propose(transaction({1}), true);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);  // lets go of the database
  node.step(commit_input::Strangers{{1}});
  node.propose(transaction({1}));
  CHECK(node.effects.reply.size() == 1);
  CHECK_FALSE(node.commit().begun());
  node.step(commit_input::Strangers{{3}});
  node.propose(transaction({1}));
  CHECK(node.effects.reply.empty());
  CHECK(node.commit().begun());
  node.step(commit_input::Strangers{{2, 3}});  // links come and go
  node.propose(transaction({2}));
  CHECK(node.effects.reply.empty());
}

TEST_CASE("a voter whose database may still take another history promises nothing in this one") {
  OneNode node(3);
  node.step(commit_input::Strangers{{1}});
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  REQUIRE(node.said<Votes>(2) != nullptr);
  CHECK(node.said<Votes>(2)->votes[0].reason == VoteReason::kFenced);
  CHECK_FALSE(node.commit().begun());
  node.step(commit_input::Strangers{{3}});
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  CHECK(node.commit().begun());
}

TEST_CASE("what has changed while a number was reserved on disk must have been seen, too") {
  OneNode node(3);
  node.propose(transaction({1}));
  CHECK(node.commit().last_slot() == 0);
  node.step(commit_input::StoreMoved{{{2, 1}}, {{2, 1}}, Hlc::at(kWall)});
  node.sync();
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
  CHECK(node.commit().last_slot() == 0);
}

TEST_CASE("a writer in place must have seen all slots of its node") {
  OneNode node(1, {journal::Reserve{64, Hlc::at(kWall)}});
  node.propose(transaction({1}), true);
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == CommitOutcome::kConflict);
}

// Another voter's answer to a recovery.
Promise promised(Ballot ballot, bool voted, std::optional<Proposal> accepted = {}) {
  Promised answer;
  answer.slot = {kSlots2, 1};
  answer.hlc = Hlc::at(kWall);
  answer.ballot = ballot;
  answer.ok = true;
  answer.voted = voted;
  answer.accepted = accepted;
  return {{}, 1, {answer}};
}

// Node 1 has said yes to 2:1 and hears nothing more; returns the ballot of its recovery.
Ballot begin_recovery(OneNode& node) {
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.sync();
  node.pass(seconds(1));
  node.sync();
  REQUIRE(node.said<Recover>(3) != nullptr);
  return node.said<Recover>(3)->slots[0].ballot;
}

TEST_CASE("a slot whose coordinator's link is gone is recovered soon, by one voter after the other") {
  OneNode node(3);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {1})}});
  node.sync();
  node.pass(milliseconds(100));
  CHECK(node.said<Recover>(3) == nullptr);
  node.step(commit_input::PeerDown{2});
  CHECK(node.commit().wake_at() <= node.now + milliseconds(2));  // the first of those who are left
  node.pass(milliseconds(2));
  node.sync();
  CHECK(node.said<Recover>(3) != nullptr);
}

TEST_CASE("recovery commits what all who answer had voted for") {
  OneNode node(3);
  const Ballot ballot = begin_recovery(node);
  node.hear(3, promised(ballot, true));
  REQUIRE(node.said<Accept>(3) != nullptr);
  CHECK(node.said<Accept>(3)->proposals[0].commit);
}

TEST_CASE("recovery aborts what somebody had not voted for") {
  OneNode node(3);
  const Ballot ballot = begin_recovery(node);
  node.hear(3, promised(ballot, false));
  REQUIRE(node.said<Accept>(3) != nullptr);
  CHECK_FALSE(node.said<Accept>(3)->proposals[0].commit);
}

// What the node proposes when it has accepted "abort" in a high round and another "commit" in round 0.
bool choice_between_ballots(Mutation mutation) {
  OneNode node(3, {}, {}, mutation);
  node.hear(2, Prepare{{}, 1, {of_node_2(1, {5})}});
  node.hear(3, Accept{{}, 1, {{{kSlots2, 1}, Hlc::at(kWall), {4, 3}, false}}});
  node.sync();
  node.pass(seconds(1));
  node.sync();
  REQUIRE(node.said<Recover>(2) != nullptr);
  const Ballot ballot = node.said<Recover>(2)->slots[0].ballot;
  CHECK(ballot > Ballot{4, 3});
  node.hear(2, promised(ballot, true, Proposal{{kSlots2, 1}, Hlc::at(kWall), {0, 2}, true}));
  REQUIRE(node.said<Accept>(2) != nullptr);
  return node.said<Accept>(2)->proposals[0].commit;
}

TEST_CASE(
    "an own transaction that nobody was asked about is aborted after the restart, and who asks is told") {
  OneNode node(3, {journal::Reserve{1, {}}});
  const auto ask = [&node] {
    node.step(commit_input::Ask{9, {kSlots1, 1}});
    REQUIRE(node.effects.reply.size() == 1);
    return node.effects.reply[0].outcome;
  };
  CHECK(ask() == CommitOutcome::kUnknown);
  node.pass(milliseconds(5));
  node.sync();
  REQUIRE(node.said<Recover>(2) != nullptr);
  const Ballot ballot = node.said<Recover>(2)->slots[0].ballot;
  node.hear(2, Promise{{}, 1, {{{kSlots1, 1}, {}, ballot, true, {}, false, {}, {}}}});
  node.sync();
  node.hear(2, Accepted{{}, 1, {{{kSlots1, 1}, ballot, true, {}}}});
  CHECK(ask() == CommitOutcome::kAborted);
}

TEST_CASE("recovery proposes the accepted value of the highest ballot again") {
  CHECK_FALSE(choice_between_ballots(Mutation::kNone));
  CHECK(choice_between_ballots(Mutation::kLowestBallot));  // the planted bug shows here
}

TEST_CASE("a slot that nobody saw gets no stamp of whoever ends it") {
  OneNode node(3);
  node.step(commit_input::StoreMoved{{{1, 1}}, {{1, 1}}, Hlc::at(kWall + 3'600'000)});
  node.hear(2, Recover{{}, 1, {{{kSlots2, 1}, {}, {1, 2}}}});
  node.sync();
  node.pass(seconds(2));
  node.sync();
  REQUIRE(node.said<Recover>(3) != nullptr);
  Promise unseen = promised(node.said<Recover>(3)->slots[0].ballot, false);
  unseen.slots[0].hlc = {};
  node.hear(3, unseen);
  REQUIRE(node.said<Accept>(3) != nullptr);
  CHECK(node.said<Accept>(3)->proposals[0].hlc == kVoidStamp);
}

}  // namespace
}  // namespace murmel::core
