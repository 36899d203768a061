// core::Epochs, one node at a time: the test speaks for the others and for the databases.
#include "agent/core/epoch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "agent/core/epoch_record.h"

namespace murmel::core {
namespace {

const EpochLimits kLimits{10, 3};

Uuid uuid(std::uint8_t number) {
  Uuid id;
  id.bytes[15] = number;
  return id;
}

const Uuid kCluster = uuid(99);
const Uuid kDatabase = uuid(98);
const Tips kKnown{{kDatabase, {{decided_origin(2), 7}}}};

EpochRecord record(std::uint64_t number, const std::vector<NodeId>& voters) {
  EpochRecord r{kCluster, number, {}, {}, {}};
  for (const NodeId node : voters) {
    const auto n = static_cast<std::uint8_t>(node);
    r.members.push_back({uuid(n), node, n, EpochRole::kVoter});
  }
  return r;
}

EpochChange change(EpochChangeKind kind, NodeId node, EpochRole role = EpochRole::kVoter) {
  return {kind, uuid(static_cast<std::uint8_t>(node)), node, role};
}

// Node 1, linked to nodes 2 .. 5.
class OneNode {
 public:
  explicit OneNode(std::optional<EpochState> written) {
    EpochOptions options;
    options.self = 1;
    options.uuid = uuid(1);
    epochs_ = std::make_unique<Epochs>(options);
    step(epoch_input::Opened{std::move(written)});
    for (NodeId node = 2; node <= 5; ++node) {
      step(epoch_input::PeerUp{node, uuid(static_cast<std::uint8_t>(node))});
    }
  }
  explicit OneNode(const std::vector<NodeId>& voters) : OneNode(EpochState{record(1, voters), {}, {}}) {}

  void step(EpochInput input) {
    effects.clear();
    epochs_->step({now, 0}, std::move(input), effects);
    if (!effects.persist) return;
    state = *effects.persist;
    number_ = effects.persist_number;
  }
  void hear(NodeId node, EpochMessage message) { step(epoch_input::Received{node, std::move(message)}); }
  void sync() { step(epoch_input::Persisted{number_}); }
  void pass(Duration span) {
    now = now + span;
    step(epoch_input::Tick{});
  }
  void propose(EpochChange what) { step(epoch_input::Propose{7, what, seconds(20), {}}); }
  void answer_known(Tips known) { step(epoch_input::Known{*effects.ask_known, std::move(known)}); }
  template <typename Message>
  const Message* said(NodeId node) const {
    for (const auto& send : effects.send) {
      const bool to_node = std::find(send.to.begin(), send.to.end(), node) != send.to.end();
      if (const auto* message = std::get_if<Message>(&send.message); to_node && message) return message;
    }
    return nullptr;
  }
  // Proposes that 3 goes, up to where node 1 has its own promise and node 2 is asked for one.
  Ballot fence() {
    propose(change(EpochChangeKind::kRemove, 3));
    sync();
    REQUIRE(said<EpochFence>(2) != nullptr);
    const Ballot ballot = said<EpochFence>(2)->ballot;
    answer_known({});
    return ballot;
  }
  const Epochs& epochs() const { return *epochs_; }

  Instant now;
  EpochEffects effects;
  EpochState state;

 private:
  std::unique_ptr<Epochs> epochs_;
  std::uint64_t number_ = 0;
};

EpochFenced promise(Ballot ballot, Tips known = {}, std::optional<EpochProposal> accepted = {}) {
  return {kCluster, 2, ballot, true, {}, std::move(accepted), std::move(known)};
}

// --- records ----------------------------------------------------------------------------------------------

TEST_CASE("a removed data directory is refused until it is allowed to come back") {
  const EpochRecord first = record(1, {1, 2, 3});
  const EpochRecord without = apply_changes(first, {change(EpochChangeKind::kRemove, 3)}, kLimits).record;
  CHECK(voters_of(without) == std::vector<NodeId>{1, 2});
  CHECK(apply_changes(without, {change(EpochChangeKind::kAdd, 3)}, kLimits).verdict ==
        ChangeVerdict::kRefused);
  const ChangeResult back =
      apply_changes(without, {change(EpochChangeKind::kAllow, 3), change(EpochChangeKind::kAdd, 3)}, kLimits);
  REQUIRE(back.verdict == ChangeVerdict::kChanged);
  CHECK(back.record.number == 3);
  CHECK(back.record.members == first.members);  // with the number it had
}

TEST_CASE("who left comes back by itself") {
  const EpochRecord without =
      apply_changes(record(1, {1, 2, 3}), {change(EpochChangeKind::kLeave, 3)}, kLimits).record;
  CHECK(apply_changes(without, {change(EpochChangeKind::kAdd, 3)}, kLimits).verdict ==
        ChangeVerdict::kChanged);
}

TEST_CASE("a node id belongs to one data directory for ever") {
  const EpochRecord first = record(1, {1, 2, 3});
  EpochChange impostor{EpochChangeKind::kAdd, uuid(50), 3, EpochRole::kVoter};
  CHECK(apply_changes(first, {impostor}, kLimits).verdict == ChangeVerdict::kRefused);
  const EpochRecord without = apply_changes(first, {change(EpochChangeKind::kRemove, 3)}, kLimits).record;
  CHECK(apply_changes(without, {impostor}, kLimits).verdict == ChangeVerdict::kRefused);
  EpochChange renamed{EpochChangeKind::kAdd, uuid(2), 20, EpochRole::kVoter};
  CHECK(apply_changes(first, {renamed}, kLimits).verdict == ChangeVerdict::kRefused);
}

TEST_CASE("numbers of members are never given twice") {
  EpochRecord r = apply_changes(record(1, {1, 2, 3}), {change(EpochChangeKind::kRemove, 2)}, kLimits).record;
  r = apply_changes(r, {change(EpochChangeKind::kAdd, 8)}, kLimits).record;
  CHECK(member_of(r, uuid(8), 8)->number == 4);
}

TEST_CASE("a cluster keeps a voter that has the databases") {
  const EpochRecord one = record(1, {1});
  CHECK(apply_changes(one, {change(EpochChangeKind::kLeave, 1)}, kLimits).verdict == ChangeVerdict::kRefused);
  CHECK(apply_changes(one, {change(EpochChangeKind::kAdd, 1, EpochRole::kWitness)}, kLimits).verdict ==
        ChangeVerdict::kRefused);
  CHECK(apply_changes(one, {change(EpochChangeKind::kAdd, 2), change(EpochChangeKind::kLeave, 1)}, kLimits)
            .verdict == ChangeVerdict::kChanged);
}

TEST_CASE("more voters than there may be become replicas") {
  const ChangeResult r = apply_changes(record(1, {1, 2, 3}), {change(EpochChangeKind::kAdd, 4)}, kLimits);
  CHECK(member_of(r.record, uuid(4), 4)->role == EpochRole::kReplica);
}

// --- one node ---------------------------------------------------------------------------------------------

TEST_CASE("the first node votes alone as soon as that is on disk") {
  OneNode node(std::optional<EpochState>{});
  CHECK(node.epochs().epoch().voters.empty());
  node.step(epoch_input::Bootstrap{kCluster, {}});
  CHECK(!node.effects.enter);
  node.sync();
  REQUIRE(node.effects.enter);
  CHECK(node.epochs().epoch() == Epoch{1, {1}});
}

TEST_CASE("a promise is said when it is on disk, with what was known after the fence") {
  OneNode node({1, 2, 3});
  node.hear(2, EpochFence{kCluster, 2, {1, 2}});
  CHECK(node.effects.fence);
  REQUIRE(node.effects.ask_known);
  node.answer_known(kKnown);
  CHECK(node.said<EpochFenced>(2) == nullptr);
  node.sync();
  REQUIRE(node.said<EpochFenced>(2) != nullptr);
  CHECK(node.said<EpochFenced>(2)->ok);
  CHECK(node.said<EpochFenced>(2)->known == kKnown);
}

TEST_CASE("as long as a database can't be asked, nothing is promised") {
  OneNode node({1, 2, 3});
  node.hear(2, EpochFence{kCluster, 2, {1, 2}});
  node.sync();
  CHECK(node.said<EpochFenced>(2) == nullptr);
}

TEST_CASE("a fence survives a restart, and a higher promise binds") {
  OneNode before({1, 2, 3});
  before.hear(2, EpochFence{kCluster, 2, {4, 2}});
  OneNode after(before.state);
  CHECK(after.epochs().fenced());
  after.hear(3, EpochFence{kCluster, 2, {3, 3}});
  REQUIRE(after.said<EpochFenced>(3) != nullptr);
  CHECK(!after.said<EpochFenced>(3)->ok);
  CHECK(after.said<EpochFenced>(3)->promised == Ballot{4, 2});
  after.hear(3, EpochAccept{{{3, 3}, record(2, {3})}});
  REQUIRE(after.said<EpochAccepted>(3) != nullptr);
  CHECK(!after.said<EpochAccepted>(3)->ok);
}

TEST_CASE("who is no voter, or has another data directory, is not listened to") {
  OneNode node({1, 2, 3});
  node.hear(4, EpochFence{kCluster, 2, {1, 4}});
  CHECK(!node.epochs().fenced());
  node.step(epoch_input::PeerUp{2, uuid(77)});
  node.hear(2, EpochFence{kCluster, 2, {1, 2}});
  CHECK(!node.epochs().fenced());
}

TEST_CASE("a change is decided by a majority that is fenced, holds the tips and accepts") {
  OneNode node({1, 2, 3});
  const Ballot ballot = node.fence();
  node.hear(2, promise(ballot, kKnown));
  REQUIRE(node.said<EpochDrain>(2) != nullptr);
  CHECK(node.said<EpochDrain>(2)->tips == kKnown);
  REQUIRE(node.effects.drain);
  CHECK(node.said<EpochAccept>(2) == nullptr);
  node.hear(2, EpochHeld{kCluster, 2, ballot});  // of the voters 1 and 2, one is enough
  REQUIRE(node.said<EpochAccept>(2) != nullptr);
  CHECK(node.said<EpochAccept>(2)->proposal.record.tips == kKnown);
  node.sync();
  CHECK(node.effects.reply.empty());
  node.hear(2, EpochAccepted{kCluster, 2, ballot, true, {}});
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == EpochOutcome::kDone);
  CHECK(node.said<EpochHead>(4) != nullptr);
  node.sync();
  CHECK(node.epochs().epoch() == Epoch{2, {1, 2}});
  CHECK(node.epochs().tips(kDatabase) == kKnown.at(kDatabase));
  CHECK(!node.epochs().fenced());
}

TEST_CASE("what somebody has accepted is proposed again, the latest first") {
  OneNode node({1, 2, 3, 4, 5});
  const Ballot ballot = node.fence();
  const EpochProposal older{{1, 4}, record(2, {1, 2, 4})};
  const EpochProposal newer{{2, 5}, record(2, {1, 2, 5})};
  node.hear(2, promise(ballot, {}, newer));
  node.hear(4, promise(ballot, {}, older));
  REQUIRE(node.said<EpochAccept>(2) != nullptr);
  CHECK(node.said<EpochAccept>(2)->proposal.record == newer.record);
}

TEST_CASE("a voter to be that has not caught up keeps nobody from writing") {
  OneNode node({1, 2});
  node.propose(change(EpochChangeKind::kAdd, 3));
  REQUIRE(node.effects.ask_known);
  node.answer_known(kKnown);
  REQUIRE(node.said<EpochDrain>(3) != nullptr);
  CHECK(node.said<EpochDrain>(3)->ballot.round == 0);
  CHECK(!node.epochs().fenced());
  node.hear(3, EpochHeld{kCluster, 2, {0, 1}});
  CHECK(node.epochs().fenced());
}

TEST_CASE("a voter to be that never catches up is refused, and nothing has happened") {
  OneNode node({1, 2});
  node.propose(change(EpochChangeKind::kAdd, 3));
  node.pass(seconds(21));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == EpochOutcome::kUnavailable);
  CHECK(!node.epochs().fenced());
}

TEST_CASE("if the fenced can't drain in time, the members stay as they are") {
  OneNode node({1, 2, 3});
  const Ballot ballot = node.fence();
  node.hear(2, promise(ballot, kKnown));
  node.pass(seconds(6));
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == EpochOutcome::kUnavailable);
  node.hear(2, EpochHeld{kCluster, 2, ballot});
  node.hear(3, EpochHeld{kCluster, 2, ballot});
  REQUIRE(node.said<EpochAccept>(2) != nullptr);
  CHECK(node.said<EpochAccept>(2)->proposal.record.members == record(1, {1, 2, 3}).members);
}

TEST_CASE("whoever is fenced and hears no more takes over, with the members as they are") {
  OneNode node({1, 2, 3});
  node.hear(2, EpochFence{kCluster, 2, {1, 2}});
  node.answer_known({});
  node.sync();
  node.pass(seconds(1));
  CHECK(node.said<EpochFence>(3) == nullptr);
  node.pass(seconds(4));
  node.sync();
  REQUIRE(node.said<EpochFence>(3) != nullptr);
  const Ballot ballot = node.said<EpochFence>(3)->ballot;
  CHECK(ballot > Ballot{1, 2});
  node.answer_known({});
  node.hear(3, promise(ballot));
  node.hear(3, EpochHeld{kCluster, 2, ballot});
  node.hear(2, EpochHeld{kCluster, 2, ballot});
  REQUIRE(node.said<EpochAccept>(3) != nullptr);
  CHECK(node.said<EpochAccept>(3)->proposal.record.members == record(1, {1, 2, 3}).members);
}

TEST_CASE("without a majority nobody is fenced, and the operator is told") {
  OneNode node({1, 2, 3});
  node.step(epoch_input::PeerDown{2});
  node.step(epoch_input::PeerDown{3});
  node.propose(change(EpochChangeKind::kRemove, 3));
  node.pass(seconds(21));
  CHECK(!node.epochs().fenced());
  REQUIRE(node.effects.reply.size() == 1);
  CHECK(node.effects.reply[0].outcome == EpochOutcome::kUnavailable);
}

TEST_CASE("who was away takes the latest record, whatever was between") {
  OneNode node({1, 2, 3});
  node.hear(2, EpochFence{kCluster, 2, {1, 2}});
  EpochRecord latest = record(7, {1, 4, 5});
  latest.tips = kKnown;
  node.hear(4, EpochHead{latest});
  CHECK(node.epochs().epoch().number == 1);
  CHECK(node.epochs().fenced());  // what was promised binds until the record is on disk
  node.sync();
  REQUIRE(node.effects.enter);
  CHECK(node.epochs().epoch() == Epoch{7, {1, 4, 5}});
  CHECK(!node.epochs().fenced());
  node.hear(2, EpochFence{kCluster, 2, {9, 2}});  // it has slept longer
  CHECK(node.said<EpochHead>(2) != nullptr);
  CHECK(!node.epochs().fenced());
}

TEST_CASE("records of another cluster are not taken") {
  OneNode node({1, 2, 3});
  EpochRecord other = record(7, {1, 4, 5});
  other.cluster_id = uuid(66);
  node.hear(4, EpochHead{other});
  node.sync();
  CHECK(node.epochs().epoch().number == 1);
  node.hear(4, EpochAt{uuid(66), 7});
  CHECK(node.effects.report.size() == 1);
}

TEST_CASE("an empty node asks the voters one after the other to be taken in") {
  OneNode node(std::optional<EpochState>{});
  node.step(epoch_input::Join{EpochRole::kVoter});
  node.hear(4, EpochHead{record(3, {2, 3})});
  std::vector<NodeId> asked;
  for (int i = 0; i < 100; ++i) {
    node.pass(seconds(1));
    for (const NodeId voter : {2U, 3U, 4U}) {
      if (node.said<EpochAsk>(voter) != nullptr) asked.push_back(voter);
    }
  }
  REQUIRE(asked.size() >= 2);
  CHECK(asked[0] == 2);
  CHECK(asked[1] == 3);
  node.hear(2, EpochHead{record(4, {1, 2, 3})});
  asked.clear();
  node.pass(seconds(100));
  CHECK(node.said<EpochAsk>(2) == nullptr);
  CHECK(node.said<EpochAsk>(3) == nullptr);
}

TEST_CASE("a node may ask for itself only") {
  OneNode node({1, 2});
  node.hear(4, EpochAsk{change(EpochChangeKind::kLeave, 2)});
  node.sync();
  CHECK(!node.epochs().fenced());
  node.hear(4, EpochAsk{change(EpochChangeKind::kAdd, 4)});
  CHECK(node.effects.ask_known);
}

}  // namespace
}  // namespace murmel::core
