// Several nodes' CommitHosts on one loop, with journals of their own; messages go from one to the other.
#include "agent/service/commit_host.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "agent/wire/messages.h"
#include "schemas/row_stream.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using core::CommitOutcome;

constexpr Duration kPatience = seconds(20);

Uuid database_id() {
  Uuid id;
  id.bytes.fill(3);
  return id;
}

class Nodes;

// One node: what a Replica does for its CommitHost, without a database.
struct TestNode final : PeerOutbox, CommitHost::Store, VoterSource {
  TestNode(Nodes& nodes, NodeId id, std::size_t count);

  void send(const std::vector<NodeId>& to, std::string message) override;
  bool linked(NodeId) const override { return true; }
  void decided(std::vector<core::ChangeSet> changes) override;
  void authors(std::vector<NodeId> late) override { late_authors = std::move(late); }
  void pending(const core::sync_input::Pending& told) override { pending_told.push_back(told); }
  core::Epoch epoch() const override { return voters; }
  core::VersionVector tips(const Uuid&) const override { return settled; }
  bool fenced() const override { return is_fenced; }
  std::vector<NodeId> data_voters() const override { return epoch().voters; }
  void start();

  Nodes& nodes;
  NodeId id;
  core::Epoch voters;
  bool is_fenced = false;
  core::VersionVector settled;
  std::vector<NodeId> late_authors;
  core::VersionVector have;
  std::vector<core::ChangeSet> applied;
  std::vector<core::sync_input::Pending> pending_told;
  std::optional<JournalThread> journal;
  std::optional<CommitHost> host;
};

class Nodes {
 public:
  explicit Nodes(std::size_t count) {
    for (NodeId id = 1; id <= count; ++id) all.push_back(std::make_unique<TestNode>(*this, id, count));
    for (auto& node : all) node->start();
    until([&] { return std::all_of(all.begin(), all.end(), [](auto& n) { return n->host->is_open(); }); });
  }
  template <typename Condition>
  void until(const Condition& condition) {
    const Instant end = loop->now() + kPatience;
    while (!condition() && loop->now() < end) loop->run_for(milliseconds(5));
    REQUIRE(condition());
  }
  TestNode& operator[](NodeId id) { return *all[id - 1]; }

  service::test::TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  std::vector<std::unique_ptr<TestNode>> all;
  std::set<NodeId> cut_off;
};

TestNode::TestNode(Nodes& of, NodeId number, std::size_t count) : nodes(of), id(number) {
  voters.number = 5;
  for (NodeId voter = 1; voter <= count; ++voter) voters.voters.push_back(voter);
}

void TestNode::start() {
  host.reset();
  journal.emplace(*nodes.loop, nodes.folder.file("journal" + std::to_string(id)),
                  store::CommitJournal::Durability::kFsync);
  CommitHostOptions options;
  options.database = "app";
  options.core.self = id;
  options.core.no_rows = SharedBytes(std::string(1, static_cast<char>(row_stream::kVersion)));
  host.emplace(*nodes.loop, options, *this, *journal, *this, *this);
  for (const NodeId voter : voters.voters) {
    if (voter != id) host->peer_up(voter);
  }
  host->open(database_id(), have, [](const Status& status) { CHECK(status.ok()); });
}

void TestNode::send(const std::vector<NodeId>& to, std::string message) {
  auto decoded = wire::decode(as_bytes(message));
  REQUIRE(decoded.ok());
  for (const NodeId target : to) {
    if (nodes.cut_off.contains(id) || nodes.cut_off.contains(target)) continue;
    std::visit(
        [&]<typename Body>(const Body& body) {
          if constexpr (std::is_constructible_v<core::CommitMessage, Body>) {
            const bool posted = nodes.loop->post([this, target, body] {
              if (nodes[target].host) nodes[target].host->received(id, body);
            });
            CHECK(posted);
          }
        },
        decoded->body);
  }
}

// At once, and on the disk.
void TestNode::decided(std::vector<core::ChangeSet> changes) {
  for (core::ChangeSet& change : changes) {
    have[change.origin] = change.seq;
    applied.push_back(std::move(change));
  }
  host->store_moved(have, have, applied.back().hlc);
}

core::commit_input::Propose proposal(TestNode& node, core::Claim claim) {
  core::commit_input::Propose propose;
  propose.transaction.change.hlc = core::Hlc::at(1'000);
  propose.transaction.change.rows = SharedBytes(std::string("rows"));
  propose.transaction.seen = node.have;
  propose.transaction.claims = {claim};
  propose.timeout = seconds(5);
  return propose;
}

core::CommitEffects::Reply commit(Nodes& nodes, NodeId id, core::Claim claim) {
  std::optional<core::CommitEffects::Reply> reply;
  nodes[id].host->propose(proposal(nodes[id], claim), [&](const auto& given) { reply = given; });
  nodes.until([&] { return reply.has_value(); });
  return *reply;
}

}  // namespace

TEST_CASE("a transaction is committed on all nodes and answered once") {
  Nodes nodes(3);
  const auto reply = commit(nodes, 1, 7);
  CHECK(reply.outcome == CommitOutcome::kCommitted);
  CHECK(reply.slot == core::Position{decided_origin(1), 1});
  nodes.until([&] {
    return std::all_of(nodes.all.begin(), nodes.all.end(),
                       [](auto& node) { return node->applied.size() == 1; });
  });
  CHECK(nodes[3].applied[0].rows == SharedBytes(std::string("rows")));
  CHECK(nodes[1].host->status().committed == 1);
}

TEST_CASE("a writer in place hears its slot before another node hears of the transaction") {
  Nodes nodes(3);
  std::optional<core::Position> slot;
  std::optional<core::CommitEffects::Reply> reply;
  auto propose = proposal(nodes[1], 7);
  propose.in_place = true;
  nodes.cut_off = {1};  // nobody else hears anything
  nodes[1].host->propose(
      std::move(propose), [&](const auto& given) { reply = given; },
      [&](const core::Position& given) { slot = given; });
  nodes.until([&] { return slot.has_value(); });
  CHECK(*slot == core::Position{decided_origin(1), 1});
  CHECK_FALSE(reply);
  nodes.cut_off.clear();
  nodes.until([&] { return reply.has_value(); });
  CHECK(reply->slot == *slot);
}

TEST_CASE("the floor of what is pending is told before anybody can have heard of it") {
  Nodes nodes(3);
  commit(nodes, 1, 7);
  const auto& told = nodes[1].pending_told;
  const auto first = std::find_if(told.begin(), told.end(), [](const auto& t) { return t.last_slot == 1; });
  REQUIRE(first != told.end());
  CHECK(first->floor < core::kNoFloor);
  nodes.until([&] { return told.back().floor == core::kNoFloor; });
}

TEST_CASE("whose slots of earlier voters have still to come is told until they are here") {
  Nodes nodes(3);
  const core::VersionVector of_a_former_voter{{decided_origin(4), 2}};
  nodes[1].settled = of_a_former_voter;
  ++nodes[1].voters.number;
  nodes[1].host->voters_changed();
  CHECK(nodes[1].late_authors == std::vector<NodeId>{4});
  nodes[1].host->store_moved(of_a_former_voter, {}, {});
  CHECK(nodes[1].late_authors.empty());
}

TEST_CASE("a write that was not seen is a conflict; having seen it, the next one goes through") {
  Nodes nodes(3);
  REQUIRE(commit(nodes, 1, 7).outcome == CommitOutcome::kCommitted);
  nodes.until([&] { return nodes[2].applied.size() == 1; });
  auto blind = proposal(nodes[2], 7);
  blind.transaction.seen.clear();
  std::optional<core::CommitEffects::Reply> reply;
  nodes[2].host->propose(std::move(blind), [&](const auto& given) { reply = given; });
  nodes.until([&] { return reply.has_value(); });
  CHECK(reply->outcome == CommitOutcome::kConflict);
  CHECK(commit(nodes, 2, 7).outcome == CommitOutcome::kCommitted);
}

TEST_CASE("what a node took part in is known after its restart") {
  Nodes nodes(3);
  const auto reply = commit(nodes, 1, 7);
  nodes[2].start();
  nodes.until([&] { return nodes[2].host->is_open(); });
  // It may have been stopped before it heard of the decision: then it asks the others.
  CommitOutcome outcome = CommitOutcome::kUnknown;
  nodes.until([&] {
    nodes[2].host->ask(reply.slot, [&](const auto& given) { outcome = given.outcome; });
    return outcome == CommitOutcome::kCommitted;
  });
}

TEST_CASE("without a majority nothing is committed, and the answer comes in time") {
  Nodes nodes(3);
  nodes.cut_off = {1};
  nodes[1].host->peer_down(2);
  nodes[1].host->peer_down(3);
  CHECK(commit(nodes, 1, 7).outcome == CommitOutcome::kUnavailable);
  CHECK(nodes[2].applied.empty());
}

TEST_CASE("questions that are open when the database is closed are answered") {
  Nodes nodes(3);
  nodes.cut_off = {1};
  std::optional<CommitOutcome> outcome;
  nodes[1].host->propose(proposal(nodes[1], 7), [&](const auto& given) { outcome = given.outcome; });
  nodes[1].host->close();
  CHECK(outcome == CommitOutcome::kUnknown);
  nodes[1].host->propose(proposal(nodes[1], 7), [&](const auto& given) { outcome = given.outcome; });
  CHECK(outcome == CommitOutcome::kUnavailable);
}

TEST_CASE("one journal transaction serves many records") {
  Nodes nodes(1);
  const std::int64_t before = nodes[1].journal->stats().transactions;
  int committed = 0;
  for (core::Claim claim = 1; claim <= 200; ++claim) {
    nodes[1].host->propose(proposal(nodes[1], claim), [&](const auto& given) {
      if (given.outcome == CommitOutcome::kCommitted) ++committed;
    });
  }
  nodes.until([&] { return committed == 200; });
  CHECK(nodes[1].journal->stats().transactions - before < 100);
}

TEST_CASE("what nobody waits for is written soon, though nothing else is") {
  Nodes nodes(1);
  commit(nodes, 1, 7);
  std::size_t decisions = 0;
  nodes.until([&] {
    auto reader =
        store::CommitJournal::open(nodes.folder.file("journal1"), store::CommitJournal::Durability::kFsync);
    if (!reader.ok()) return false;  // it is being written to
    decisions = 0;
    const auto records = std::move(reader->read(database_id())).value();
    for (const auto& record : records) {
      if (std::holds_alternative<core::journal::Known>(record)) ++decisions;
    }
    return decisions == 1;
  });
}

TEST_CASE("a journal that can't be opened refuses the database; nothing hangs") {
  Nodes nodes(1);
  JournalThread journal(*nodes.loop, "/nowhere/journal", store::CommitJournal::Durability::kFsync);
  CommitHostOptions options;
  options.core.self = 1;
  CommitHost host(*nodes.loop, options, nodes[1], journal, nodes[1], nodes[1]);
  std::optional<Status> opened;
  host.open(database_id(), {}, [&](const Status& status) { opened = status; });
  nodes.until([&] { return opened.has_value(); });
  CHECK_FALSE(opened->ok());
  CHECK_FALSE(host.is_open());
}

}  // namespace murmel::service
