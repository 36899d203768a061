#include "tests/sim/cluster.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/vectors.h"
#include "tests/sim/model_store.h"

namespace murmel::sim {
namespace {

constexpr Duration kLivenessBound = seconds(90);
constexpr Duration kLivenessBoundSmall = seconds(300);  // with limits of one or two change sets a round trip
constexpr Duration kCheckInterval = milliseconds(700);
constexpr std::int64_t kPoisonedMs = 3'000;

Uuid history_id(NodeId node) {
  Uuid id;
  id.bytes[0] = 0xdb;
  id.bytes[15] = static_cast<std::uint8_t>(node);
  return id;
}

}  // namespace

Cluster::Cluster(const Scenario& scenario, PlantedBug bug, bool trace, StoreFactory make_store)
    : scenario_(scenario),
      make_store_(std::move(make_store)),
      world_(scenario.seed, trace),
      network_(world_, scenario_),
      shared_{world_, network_, oracle_, scenario_, bug, true, !scenario.common_history, {}, history_id(1), 1,
              {},     1,        0,       {},        {},  {}} {
  shared_.cut_power = [this] { cut_power(); };
  shared_.epoch = [this](NodeId id) { return epoch_of(id); };
  shared_.node = [this](NodeId id) {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : found->second.get();
  };
}

// The voters are the founders. One may believe in others: itself and node 1.
core::Epoch Cluster::epoch_of(NodeId id) const {
  if (!scenario_.stale_epoch || !shared_.faults) {
    core::Epoch epoch{1, {}};
    const NodeId last = scenario_.stale_epoch ? scenario_.nodes - 1 : scenario_.nodes;
    for (NodeId node = 1; node <= last; ++node) epoch.voters.push_back(node);
    return epoch;
  }
  if (id == scenario_.nodes) return {2, {1, id}};
  core::Epoch epoch{1, {}};
  for (NodeId node = 1; node < scenario_.nodes; ++node) epoch.voters.push_back(node);
  return epoch;
}

std::unique_ptr<SimStore> Cluster::model_store(const StorePlan& plan) {
  ModelStore::Options options{plan.node, plan.scenario.ops_per_record, plan.bug, plan.violation};
  return std::make_unique<ModelStore>(std::move(options), plan.history, plan.baseline);
}

std::size_t Cluster::change_sets() const {
  std::size_t most = 0;
  for (const auto& [id, node] : nodes_)
    most = std::max(most, oracle_.size(node->store().state().database_id));
  return most;
}

std::vector<std::string> Cluster::run() {
  world_.trace(scenario_.describe());
  add_founders();
  plan_joins();
  plan_faults();
  const Instant end = Instant{} + scenario_.chaos;
  while (world_.violations().empty() && world_.run_next(end)) {
  }
  if (!world_.violations().empty()) return world_.violations();
  heal();
  const Instant bound = end + (scenario_.small_limits ? kLivenessBoundSmall : kLivenessBound);
  Instant check = end;
  std::string why = "nothing happens any more";
  while (world_.violations().empty() && world_.run_next(bound)) {
    if (world_.now() < check) continue;
    check = world_.now() + milliseconds(100);
    why = not_converged();
    if (why.empty()) break;
  }
  if (world_.violations().empty() && !why.empty()) world_.violation("liveness: " + why);
  if (world_.violations().empty()) check_everything();
  if (world_.violations().empty()) check_transactions();
  return world_.violations();
}

void Cluster::add_founders() {
  std::vector<core::Member> known;
  for (NodeId id = 1; id <= scenario_.nodes; ++id) {
    known.push_back({id, node_uuid(id), node_address(id), core::MemberState::kAlive, 0});
  }
  for (NodeId id = 1; id <= scenario_.nodes; ++id) {
    Content baseline;
    if (scenario_.baseline && (id == 1 || scenario_.common_history)) {
      for (Key key = 0; key < scenario_.keys; key += 2) baseline.rows[key] = 1'000'000 + key;
    }
    const Uuid history = history_id(scenario_.common_history ? 1 : id);
    add_node(id, history, baseline, scenario_.common_history ? known : std::vector<core::Member>{});
  }
}

void Cluster::add_node(NodeId id, const Uuid& history, const Content& baseline,
                       std::vector<core::Member> known) {
  oracle_.set_baseline(history, baseline);
  const auto wall_ms = [this, id] {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? Node::kEpochMs : found->second->wall_ms();
  };
  auto store = make_store_({id, scenario_, shared_.bug, history, baseline,
                            [this](const std::string& text) { world_.violation(text); }, wall_ms});
  std::vector<std::string> seeds;
  if (id > 1) seeds = {node_address(1), node_address(2)};
  auto node = std::make_unique<Node>(shared_, id, std::move(store), std::move(known), std::move(seeds));
  set_clock(*node);
  nodes_[id] = std::move(node);
  if (nodes_[id]->has_database()) plan_writes(id);
  Node* started = nodes_[id].get();
  world_.after(world_.between({}, milliseconds(50)), [started] {
    if (!started->running() && !started->left()) started->start();
  });
}

void Cluster::set_clock(Node& node) {
  Random& random = world_.random();
  std::int64_t offset = 0;
  std::int64_t drift = 0;
  if (scenario_.clock_offset_max_ms > 0) {
    offset =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(scenario_.clock_offset_max_ms)));
  }
  if (scenario_.clock_drift_ppm_max > 0) {
    drift =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(scenario_.clock_drift_ppm_max)));
  }
  if (random.chance(1, 2)) offset = -offset;
  if (scenario_.poisoned_clock && node.id() == 2) offset = kPoisonedMs;
  node.set_clock(offset, drift);
}

void Cluster::plan_joins() {
  for (std::uint32_t i = 0; i < scenario_.joiners; ++i) {
    const NodeId id = scenario_.nodes + 1 + i;
    world_.after(world_.between(seconds(1), scenario_.chaos), [this, id] {
      shared_.joins = true;
      add_node(id, history_id(id), {}, {});
    });
  }
}

// Writes until the chaos is over, at random moments.
void Cluster::plan_writes(NodeId id) {
  const Duration pause = milliseconds(2'000 / scenario_.writes_per_second);
  world_.after(world_.between({}, pause), [this, id] {
    if (!shared_.faults) return;
    if (world_.random().chance(scenario_.quorum_percent, 100)) {
      nodes_[id]->write_quorum();
    } else {
      nodes_[id]->write();
    }
    plan_writes(id);
  });
}

void Cluster::repeat(Duration interval, std::function<void()> event) {
  if (interval.ns == 0) return;
  world_.after(world_.between({}, interval * 2), [this, interval, event = std::move(event)] {
    if (!shared_.faults) return;
    event();
    repeat(interval, event);
  });
}

Node& Cluster::any_node() {
  auto it = nodes_.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(world_.random().below(nodes_.size())));
  return *it->second;
}

void Cluster::plan_faults() {
  repeat(kCheckInterval, [this] { check_everything(); });
  repeat(scenario_.partition_every, [this] { break_something(); });
  repeat(scenario_.bridge_every, [this] { leave_the_witness(); });
  repeat(scenario_.crash_every, [this] { crash_somebody(); });
  repeat(scenario_.power_cut_every, [this] { cut_power(); });
  repeat(scenario_.clock_step_every, [this] {
    const auto ms = static_cast<std::int64_t>(world_.random().below(200));
    any_node().step_clock(world_.random().chance(1, 2) ? ms : -ms);
  });
  if (scenario_.epochs()) repeat(scenario_.epoch_change_every, [this] { change_members(); });
  // Whoever fell at an effect is started again some time later.
  repeat(milliseconds(500), [this] {
    Node& node = any_node();
    if (!node.running() && !node.left() && node.id() != shared_.lost) node.start();
  });
  if (!scenario_.leaver && !scenario_.lost_node) return;
  world_.after(world_.between(seconds(2), scenario_.chaos), [this] {
    Node& node = *nodes_.at(scenario_.nodes);
    if (scenario_.leaver) return node.leave();
    shared_.lost = node.id();
    node.crash();
  });
}

void Cluster::break_something() {
  Random& random = world_.random();
  if (random.chance(1, 3)) {
    world_.trace("network heals");
    return network_.heal();
  }
  std::set<NodeId> side;
  for (const auto& [id, node] : nodes_) {
    if (random.chance(1, 2)) side.insert(id);
  }
  const bool one_way = scenario_.one_way && random.chance(1, 2);
  std::string names;
  for (const NodeId id : side) names += " " + std::to_string(id);
  world_.trace((one_way ? "one-way partition of" : "partition of") + names);
  network_.partition(side, one_way);
}

// One database reaches the witness, and no other one.
void Cluster::leave_the_witness() {
  const Node& node = any_node();
  if (!node.has_database()) return;
  std::set<NodeId> others;
  for (const auto& [id, other] : nodes_) {
    if (id != node.id() && other->has_database()) others.insert(id);
  }
  world_.trace("only the witness reaches node " + std::to_string(node.id()));
  network_.isolate(node.id(), others, world_.between(milliseconds(100), seconds(3)));
}

void Cluster::crash_somebody() {
  Node& node = any_node();
  if (!node.running()) return;
  node.crash();
  Node* down = &node;
  world_.after(world_.between(milliseconds(1), seconds(3)), [this, down] {
    if (shared_.faults && !down->running() && !down->left() && down->id() != shared_.lost) down->start();
  });
}

// Some nodes lose their power at the same moment, and have it again a little later.
void Cluster::cut_power() {
  world_.trace("power cut");
  for (const auto& [id, node] : nodes_) {
    if (!node->running() || world_.random().chance(1, 4)) continue;
    node->crash();
    world_.after(world_.between(milliseconds(1), milliseconds(300)), [this, down = node.get()] {
      if (shared_.faults && !down->running() && !down->left() && down->id() != shared_.lost) down->start();
    });
  }
}

// Those who run and believe that they vote.
std::vector<NodeId> Cluster::voters_now() const {
  std::vector<NodeId> voters;
  for (const auto& [id, node] : nodes_) {
    if (!node->running()) continue;
    const core::EpochStatus status = node->epoch_status();
    const bool votes =
        std::any_of(status.members.begin(), status.members.end(), [id = id](const auto& member) {
          return member.node == id && member.role != core::EpochRole::kReplica;
        });
    if (votes) voters.push_back(id);
  }
  return voters;
}

// What an operator, or a program, may want at any time at any node. Who goes for good is taken out, and
// nobody else, or no majority might be left.
void Cluster::change_members() {
  Random& random = world_.random();
  const std::vector<NodeId> voters = voters_now();
  if (voters.empty()) return;
  Node& node = *nodes_.at(voters[random.below(voters.size())]);
  const Node& last = *nodes_.at(scenario_.nodes);
  if (scenario_.leaver || scenario_.lost_node) {
    if (!last.left() && shared_.lost == 0) return;
    return node.change_members({{core::EpochChangeKind::kRemove, node_uuid(last.id()), last.id(), {}}});
  }
  using Kind = core::EpochChangeKind;
  if (random.chance(1, 2)) {  // any voters instead of those in force
    std::vector<core::EpochChange> changes;
    for (const auto& [id, other] : nodes_) {
      const bool votes = random.chance(1, 2);
      const Kind kind = votes || other->has_database() ? Kind::kAdd : Kind::kLeave;
      const auto role = votes ? voting_role(scenario_, id) : core::EpochRole::kReplica;
      changes.push_back({kind, node_uuid(id), id, role});
    }
    return node.change_members(std::move(changes));
  }
  constexpr Kind kKinds[] = {Kind::kRemove, Kind::kAllow, Kind::kLeave, Kind::kAdd};
  const NodeId id = 1 + static_cast<NodeId>(random.below(nodes_.size()));
  node.change_members(
      {{kKinds[random.below(std::size(kKinds))], node_uuid(id), id, voting_role(scenario_, id)}});
}

void Cluster::check_everything() {
  for (const auto& [id, node] : nodes_) {
    if (!world_.violations().empty()) return;
    node->check_content();
    node->check_conflicts();
    node->check_reads();
  }
}

void Cluster::check_transactions() {
  for (const auto& [id, node] : nodes_) {
    if (!node->running() || !node->has_database()) continue;
    const core::StoreState state = node->store().state();
    const std::string wrong = shared_.commits.check(oracle_, state.database_id, state.have);
    if (!wrong.empty()) return world_.violation(wrong);
    world_.trace(std::to_string(shared_.commits.committed()) + " of " +
                 std::to_string(shared_.commits.size()) + " transactions at QUORUM were acknowledged, " +
                 std::to_string(shared_.commits.serial_reads()) + " serializable reads");
    return;
  }
}

void Cluster::heal() {
  world_.trace("---- the faults end ----");
  shared_.faults = false;
  network_.heal();
  network_.calm();
  for (const auto& [id, node] : nodes_) {
    node->set_clock(0, 0);
    node->tell_epoch();
    if (!node->running() && !node->left() && id != shared_.lost) node->start();
  }
}

// What still differs; empty: nothing.
std::string Cluster::not_converged() {
  Node* first = nullptr;
  core::VersionVector decided;  // as far as anybody knows
  for (const auto& [id, node] : nodes_) {
    if (!node->running()) continue;
    const std::string who = "node " + std::to_string(id);
    const core::SyncStatus status = node->sync_status();
    if (node->has_database() && status.state != core::SyncState::kRunning) {
      return std::string(who).append(" is ").append(core::sync_state_name(status.state)) + " " + status.error;
    }
    std::string members = members_disagree(*node);
    if (!members.empty()) return members;
    if (scenario_.epochs()) {
      std::string apart = epochs_disagree();
      if (!apart.empty()) return apart;
    }
    if (scenario_.quorum_percent > 0) {
      const std::string undecided = node->undecided();
      if (!undecided.empty()) return std::string(who).append(" has ").append(undecided);
      core::raise(decided, node->known_slots());
    }
    if (!node->has_database()) continue;
    if (first == nullptr) {
      first = node.get();
      continue;
    }
    const core::StoreState a = first->store().state();
    const core::StoreState b = node->store().state();
    if (a.database_id != b.database_id) return who + " has another history";
    if (a.have != b.have) {
      std::string text = who;
      text += " has " + vector_text(b.have);
      text += ", node " + std::to_string(first->id());
      text += " has " + vector_text(a.have);
      return text;
    }
    const std::string wrong = difference(node->store().content(), first->store().content());
    if (!wrong.empty()) return std::string("convergence: at ").append(who).append(" ").append(wrong);
  }
  // A witness may be the only one that has it, or it waits for what is lost.
  if (first != nullptr && !core::covers(first->store().state().have, decided)) {
    return "the databases have " + vector_text(first->store().state().have) + " and decided is " +
           vector_text(decided);
  }
  return "";
}

// One epoch in force everywhere, and nobody fenced.
std::string Cluster::epochs_disagree() {
  std::uint64_t number = 0;
  for (const auto& [id, node] : nodes_) {
    if (!node->running()) continue;
    const core::EpochStatus status = node->epoch_status();
    const std::string who = "node " + std::to_string(id);
    if (status.fenced) return who + " is fenced in epoch " + std::to_string(status.number);
    if (number != 0 && status.number != number) {
      return who + " is in epoch " + std::to_string(status.number) + ", others in " + std::to_string(number);
    }
    number = status.number;
  }
  return "";
}

// Everybody knows everybody: who runs is ALIVE, who left is LEFT, who is lost is DEAD.
std::string Cluster::members_disagree(Node& node) {
  std::map<NodeId, core::MemberState> believed;
  for (const core::Member& member : node.members()) believed[member.id] = member.state;
  for (const auto& [id, other] : nodes_) {
    core::MemberState expected = core::MemberState::kAlive;
    if (other->left()) expected = core::MemberState::kLeft;
    if (id == shared_.lost) expected = core::MemberState::kDead;
    const auto found = believed.find(id);
    if (found == believed.end()) {
      // Gone before the two ever met.
      if (other->running())
        return "node " + std::to_string(node.id()) + " never heard of node " + std::to_string(id);
      continue;
    }
    const bool left_unheard = other->left() && found->second == core::MemberState::kDead;
    if (found->second != expected && !left_unheard) {
      return "node " + std::to_string(node.id()) + " believes node " + std::to_string(id) + " " +
             core::member_state_name(found->second);
    }
  }
  return "";
}

}  // namespace murmel::sim
