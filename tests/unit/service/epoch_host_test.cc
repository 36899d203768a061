// Several nodes' EpochHosts on one loop, with journals of their own; messages go from one to the other.
#include "agent/service/epoch_host.h"

#include <doctest/doctest.h>

#include <set>

#include "agent/service/commit_host.h"
#include "agent/wire/messages.h"
#include "schemas/row_stream.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using core::EpochChangeKind;
using core::EpochOutcome;
using core::EpochRole;

constexpr Duration kPatience = seconds(30);

Uuid uuid(NodeId node) {
  Uuid id;
  id.bytes.fill(static_cast<std::uint8_t>(node));
  return id;
}

class Nodes;

// One node: what service::Node does for its EpochHost, with one database that holds whatever it is given.
struct TestNode final : PeerOutbox, EpochHost::Events, CommitHost::Store {
  TestNode(Nodes& all, NodeId number) : nodes(all), id(number) {}

  void start(std::size_t seeds, Beginning beginning = Beginning::kAuto, const std::string& journal_file = "");
  void open_database();
  void link(NodeId other);
  bool votes() const { return epochs->status().member; }

  // PeerOutbox
  void send(const std::vector<NodeId>& to, std::string message) override;
  bool linked(NodeId node) const override { return links.contains(node); }
  // EpochHost::Events
  std::vector<CommitHost*> deciders() override {
    return database ? std::vector<CommitHost*>{&*database} : std::vector<CommitHost*>{};
  }
  void epochs_read() override {}
  void epoch_entered(const core::EpochRecord& record) override { entered.push_back(record.number); }
  // CommitHost::Store
  void decided(std::vector<core::ChangeSet> changes) override {
    for (const core::ChangeSet& change : changes) have[change.origin] = change.seq;
    database->store_moved(have, have, changes.back().hlc);
  }
  void pending(const core::sync_input::Pending&) override {}
  void authors(std::vector<NodeId>) override {}

  Nodes& nodes;
  NodeId id;
  std::set<NodeId> links;
  bool cut_off = false;  // nothing arrives any more, though the links stand
  std::vector<std::uint64_t> entered;
  core::VersionVector have;
  std::optional<JournalThread> journal;
  std::optional<Calls> calls;
  std::optional<EpochHost> epochs;
  std::optional<CommitHost> database;
};

class Nodes {
 public:
  explicit Nodes(std::size_t count) {
    for (NodeId id = 1; id <= count; ++id) all.push_back(std::make_unique<TestNode>(*this, id));
  }
  ~Nodes() {
    for (auto& node : all) {
      node->database.reset();
      if (node->epochs) node->epochs->stop();
    }
    loop->run_for(milliseconds(1));  // what was posted before
  }
  template <typename Condition>
  void until(const Condition& condition) {
    const Instant end = loop->now() + kPatience;
    while (!condition() && loop->now() < end) loop->run_for(milliseconds(5));
    REQUIRE(condition());
  }
  // Each names all others, and is linked to them.
  void start_all() {
    for (auto& node : all) node->start(all.size() - 1);
    link_all();
  }
  void link_all() {
    for (auto& node : all) {
      for (auto& other : all) {
        if (node != other) node->link(other->id);
      }
    }
  }
  bool all_vote() const {
    return std::all_of(all.begin(), all.end(),
                       [&](const auto& node) { return node->epochs->epoch().voters.size() == all.size(); });
  }
  core::EpochEffects::Reply propose(NodeId at, EpochChangeKind kind, NodeId node) {
    std::optional<core::EpochEffects::Reply> reply;
    (*this)[at].epochs->propose({kind, uuid(node), node, EpochRole::kVoter}, seconds(20),
                                [&](const auto& given) { reply = given; });
    until([&] { return reply.has_value(); });
    return *reply;
  }
  TestNode& operator[](NodeId id) { return *all[id - 1]; }

  test::TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  std::vector<std::unique_ptr<TestNode>> all;
};

void TestNode::start(std::size_t seeds, Beginning beginning, const std::string& journal_file) {
  database.reset();
  epochs.reset();
  calls.reset();
  const std::string name = "journal" + std::to_string(id);
  journal.emplace(*nodes.loop, journal_file.empty() ? nodes.folder.file(name) : journal_file,
                  store::CommitJournal::Durability::kFsync);
  calls.emplace(*nodes.loop, *this);
  EpochHostOptions options;
  options.core.self = id;
  options.core.uuid = uuid(id);
  options.core.random_seed = id;
  options.core.ask_interval = milliseconds(50);
  options.beginning = beginning;
  options.seeds = seeds;
  epochs.emplace(*nodes.loop, options, *this, *journal, *calls, *this);
  epochs->start();
}

void TestNode::open_database() {
  CommitHostOptions options;
  options.database = "app";
  options.core.self = id;
  options.core.no_rows = SharedBytes(std::string(1, static_cast<char>(row_stream::kVersion)));
  database.emplace(*nodes.loop, options, *this, *journal, *this, *epochs);
  database->open(uuid(99), have, [](const Status& status) { CHECK(status.ok()); });
  for (const NodeId node : links) database->peer_up(node);
}

void TestNode::link(NodeId other) {
  if (!links.insert(other).second) return;
  epochs->peer_up(other, uuid(other));
  if (database) database->peer_up(other);
}

void TestNode::send(const std::vector<NodeId>& to, std::string message) {
  auto decoded = wire::decode(as_bytes(message));
  REQUIRE(decoded.ok());
  for (const NodeId target : to) {
    const bool posted = nodes.loop->post([this, target, body = decoded->body]() mutable {
      if (target > nodes.all.size() || !links.contains(target)) return;
      TestNode& other = nodes[target];
      if (!other.epochs || !other.links.contains(id) || cut_off || other.cut_off) return;
      std::visit(
          [&]<typename Body>(Body& m) {
            if constexpr (std::is_constructible_v<core::EpochMessage, Body>) {
              other.epochs->received(id, std::move(m));
            } else if constexpr (std::is_constructible_v<core::CommitMessage, Body>) {
              if (other.database) other.database->received(id, std::move(m));
            } else if constexpr (std::is_same_v<Body, wire::Call> || std::is_same_v<Body, wire::Answer>) {
              other.calls->received(id, m);
            }
          },
          body);
    });
    CHECK(posted);
  }
}

std::optional<core::CommitEffects::Reply> commit(Nodes& nodes, NodeId at) {
  core::commit_input::Propose proposal;
  proposal.transaction.change.hlc = core::Hlc::at(1'000);
  proposal.transaction.change.rows = SharedBytes(std::string("rows"));
  proposal.transaction.seen = nodes[at].have;
  proposal.transaction.claims = {7};
  proposal.timeout = seconds(5);
  std::optional<core::CommitEffects::Reply> reply;
  nodes[at].database->propose(std::move(proposal), [&](const auto& given) { reply = given; });
  nodes.until([&] { return reply.has_value(); });
  return reply;
}

}  // namespace

TEST_CASE("a node that names no others makes the first set of voters, and has it after a restart") {
  Nodes nodes(1);
  nodes[1].start(0);
  nodes.until([&] { return nodes[1].votes(); });
  const core::EpochStatus before = nodes[1].epochs->status();
  CHECK(before.number == 1);
  CHECK(nodes[1].epochs->data_voters() == std::vector<NodeId>{1});
  nodes[1].start(0);
  CHECK_FALSE(nodes[1].epochs->is_read());
  nodes.until([&] { return nodes[1].votes(); });
  CHECK(nodes[1].epochs->status().cluster_id == before.cluster_id);
  CHECK(nodes[1].epochs->status().number == 1);
}

TEST_CASE("nodes that name each other make one cluster, and nobody makes another") {
  Nodes nodes(3);
  nodes.start_all();
  nodes.until([&] { return nodes.all_vote(); });
  const Uuid cluster = nodes[1].epochs->status().cluster_id;
  CHECK(nodes[2].epochs->status().cluster_id == cluster);
  CHECK(nodes[3].epochs->status().cluster_id == cluster);
}

TEST_CASE("who is not to make the first set of voters waits for others") {
  Nodes nodes(1);
  nodes[1].start(0, Beginning::kNever);
  nodes.until([&] { return nodes[1].epochs->is_read(); });
  nodes.loop->run_for(milliseconds(200));
  CHECK_FALSE(nodes[1].votes());
  CHECK(nodes[1].epochs->epoch().voters.empty());
}

TEST_CASE("a node is taken out by a majority and comes back only when it is allowed to") {
  Nodes nodes(3);
  nodes.start_all();
  nodes.until([&] { return nodes.all_vote(); });
  CHECK(nodes.propose(1, EpochChangeKind::kRemove, 3).outcome == EpochOutcome::kDone);
  nodes.until([&] { return nodes[2].epochs->epoch().voters == std::vector<NodeId>{1, 2}; });
  nodes.until([&] { return nodes[1].epochs->epoch().voters == std::vector<NodeId>{1, 2}; });
  CHECK(nodes.propose(2, EpochChangeKind::kAdd, 3).outcome == EpochOutcome::kRefused);
  nodes.loop->run_for(milliseconds(300));  // it asks, and is refused
  CHECK(nodes[1].epochs->epoch().voters == std::vector<NodeId>{1, 2});
  CHECK(nodes.propose(2, EpochChangeKind::kAllow, 3).outcome == EpochOutcome::kDone);
  nodes.until([&] { return nodes.all_vote(); });
}

TEST_CASE("transactions are decided by those who vote now, also in a database opened later") {
  Nodes nodes(3);
  nodes.start_all();
  nodes.until([&] { return nodes.all_vote(); });
  for (auto& node : nodes.all) node->open_database();
  nodes.until([&] {
    return std::all_of(nodes.all.begin(), nodes.all.end(), [](auto& n) { return n->database->is_open(); });
  });
  CHECK(commit(nodes, 1)->outcome == core::CommitOutcome::kCommitted);
  nodes.until([&] { return core::seq_of(nodes[2].have, decided_origin(1)) == 1; });
  CHECK(nodes.propose(1, EpochChangeKind::kRemove, 3).outcome == EpochOutcome::kDone);
  const std::vector<NodeId> left = {1, 2};
  nodes.until([&] {
    return nodes[1].database->status().epoch.voters == left &&
           nodes[2].database->status().epoch.voters == left;
  });
  CHECK(commit(nodes, 1)->outcome == core::CommitOutcome::kCommitted);
}

TEST_CASE("a database that is opened behind a fence does not vote") {
  Nodes nodes(3);
  nodes.start_all();
  nodes.until([&] { return nodes.all_vote(); });
  // Node 2 proposes and is heard of no more, nor is anybody else: so the fence stays.
  const std::uint64_t next = nodes[1].epochs->status().number + 1;
  const Uuid cluster = nodes[1].epochs->status().cluster_id;
  nodes[1].epochs->received(2, core::EpochFence{cluster, next, {1, 2}});
  REQUIRE(nodes[1].epochs->fenced());
  nodes[1].cut_off = true;
  nodes[1].open_database();
  nodes.until([&] { return nodes[1].database->is_open(); });
  REQUIRE(nodes[1].epochs->fenced());
  const auto reply = commit(nodes, 1);
  CHECK(reply->outcome == core::CommitOutcome::kBusy);
  CHECK(reply->text == "the voting nodes are being changed; try again");
}

TEST_CASE("changes that are under way when the agent stops are answered, once") {
  Nodes nodes(2);
  nodes[1].start(0);
  nodes.until([&] { return nodes[1].votes(); });
  int answers = 0;
  EpochOutcome outcome = EpochOutcome::kDone;
  nodes[1].epochs->propose({EpochChangeKind::kAdd, uuid(2), 2, EpochRole::kVoter}, seconds(20),
                           [&](const auto& given) {
                             ++answers;
                             outcome = given.outcome;
                           });
  nodes[1].epochs->stop();
  CHECK(answers == 1);
  CHECK(outcome == EpochOutcome::kUnknown);
  nodes[1].epochs->propose({}, seconds(1), [&](const auto& given) { outcome = given.outcome; });
  CHECK(outcome == EpochOutcome::kUnavailable);
}

TEST_CASE("a journal that can't be opened leaves the node without a vote, and says so") {
  Nodes nodes(1);
  nodes[1].start(0, Beginning::kAuto, "/nowhere/journal");
  nodes.until([&] { return !nodes[1].epochs->error().empty(); });
  CHECK(nodes[1].epochs->epoch().voters.empty());
  CHECK(nodes[1].entered.empty());
}

}  // namespace murmel::service
