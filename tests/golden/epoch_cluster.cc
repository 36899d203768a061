#include "tests/golden/epoch_cluster.h"

#include <algorithm>
#include <utility>

#include "agent/core/epoch_record.h"
#include "tests/golden/command.h"

namespace murmel::golden {
namespace {

constexpr Duration kTick = milliseconds(5);
constexpr Duration kTimeout = seconds(15);

Uuid uuid(NodeId node) {
  Uuid id;
  id.bytes[15] = static_cast<std::uint8_t>(node);
  return id;
}

const Uuid kDatabase = uuid(0xdb);

std::string text(const core::Tips& tips) {
  const auto found = tips.find(kDatabase);
  const Seq seq = found == tips.end() ? 0 : core::seq_of(found->second, decided_origin(1));
  return seq == 0 ? "" : " 1*" + std::to_string(seq);
}

std::string text(const core::EpochRecord& record) {
  std::string line = std::to_string(record.number) + " with voters";
  for (const NodeId node : core::voters_of(record)) line += " " + std::to_string(node);
  const std::string tips = text(record.tips);
  return tips.empty() ? line : line + ", after" + tips;
}

std::string round(const core::Ballot& b) {
  return " in round " + std::to_string(b.round) + (b.round > 0 ? " of " + std::to_string(b.node) : "");
}

const char* text(core::EpochOutcome outcome) {
  constexpr const char* kNames[] = {"done", "refused", "unavailable", "unknown"};
  return kNames[static_cast<int>(outcome)];
}

// Empty: nothing worth a line.
struct MessageText {
  std::string operator()(const core::EpochAt&) const { return ""; }
  std::string operator()(const core::EpochHead& m) const { return "epoch " + text(m.record); }
  std::string operator()(const core::EpochFence& m) const { return "fence" + round(m.ballot); }
  std::string operator()(const core::EpochFenced& m) const {
    std::string line = m.ok ? "fenced" : "not fenced";
    line += round(m.ballot) + (m.known.empty() ? "" : ", knows" + text(m.known));
    return m.accepted ? line + ", accepted " + text(m.accepted->record) + round(m.accepted->ballot) : line;
  }
  std::string operator()(const core::EpochDrain& m) const { return "drain" + text(m.tips) + round(m.ballot); }
  std::string operator()(const core::EpochHeld& m) const { return "held" + round(m.ballot); }
  std::string operator()(const core::EpochAccept& m) const {
    return "accept " + text(m.proposal.record) + round(m.proposal.ballot);
  }
  std::string operator()(const core::EpochAccepted& m) const {
    return (m.ok ? "accepted" : "not accepted") + round(m.ballot);
  }
  std::string operator()(const core::EpochAsk& m) const {
    return m.change.kind == core::EpochChangeKind::kLeave ? "wants out" : "wants in";
  }
  std::string operator()(const core::EpochAnswer& m) const { return m.ok ? "is in" : "is not in: " + m.text; }
};

}  // namespace

std::string EpochCluster::run(const std::string& line) {
  const Command command(line);
  const std::string& name = command.name();
  output_.clear();
  if (name == "cluster") {
    begin(command.number(1));
  } else if (name == "empty") {
    nodes_[command.number(1)];
    start(command.number(1), 0);
  } else if (name == "change" || name == "voters") {
    change(command.words);
  } else if (name == "known") {
    nodes_.at(command.number(1)).known = command.number(2);
  } else if (name == "behind" || name == "holds") {
    nodes_.at(command.number(1)).holds = name == "holds";
  } else if (name == "sync") {
    sync(command.number(1));
  } else if (name == "deliver") {
    deliver();
  } else if (name == "run") {
    for (bool again = true; again;) {
      deliver();
      again = false;
      for (auto& [id, node] : nodes_) again = sync(id) || again;
      again = again || !wires_.quiet();
    }
  } else if (name == "drop") {
    wires_.drop(command.number(1), command.number(2));
  } else if (name == "cut" || name == "link") {
    connect(command.number(1), command.number(2), name == "link");
  } else if (name == "crash") {
    crash(command.number(1));
  } else if (name == "start") {
    start(command.number(1), 0);
  } else if (name == "pass") {
    pass(milliseconds(command.number(1)));
  } else if (name == "show") {
    show();
  } else {
    say("no such command: " + name);
  }
  return output_;
}

void EpochCluster::begin(NodeId nodes) {
  *this = EpochCluster{};
  for (NodeId id = 1; id <= nodes; ++id) nodes_[id];
  for (NodeId id = 1; id <= nodes; ++id) start(id, nodes);
  for (NodeId id = 1; id <= nodes; ++id) sync(id);
  deliver();
  output_.clear();
}

void EpochCluster::start(NodeId id, NodeId founders) {
  core::EpochOptions options;
  options.self = id;
  options.uuid = uuid(id);
  options.random_seed = id;
  Node& node = nodes_.at(id);
  node.epochs = std::make_unique<core::Epochs>(options);
  node.inputs.clear();
  step(id, core::epoch_input::Opened{node.synced});
  if (founders > 0) {
    core::epoch_input::Bootstrap bootstrap{uuid(0xcc), {}};
    for (NodeId other = 1; other <= founders; ++other) {
      bootstrap.members.push_back({uuid(other), other, 0, core::EpochRole::kVoter});
    }
    step(id, std::move(bootstrap));
  }
  for (const auto& [other, peer] : nodes_) {
    if (other != id && peer.epochs) connect(id, other, true);
  }
  step(id, core::epoch_input::Join{core::EpochRole::kVoter});
}

void EpochCluster::crash(NodeId id) {
  Node& node = nodes_.at(id);
  node.epochs.reset();
  node.unsynced.reset();
  for (const auto& [other, peer] : nodes_) connect(id, other, false);
}

void EpochCluster::connect(NodeId a, NodeId b, bool up) {
  if (wires_.linked(a, b) == up || a == b) return;
  wires_.link(a, b, up);
  for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
    if (!nodes_.at(from).epochs) continue;
    if (up) {
      step(from, core::epoch_input::PeerUp{to, uuid(to)});
    } else {
      step(from, core::epoch_input::PeerDown{to});
    }
  }
}

void EpochCluster::change(const std::vector<std::string>& words) {
  using Kind = core::EpochChangeKind;
  const std::map<std::string, Kind> kinds = {{"remove", Kind::kRemove},
                                             {"leave", Kind::kLeave},
                                             {"allow", Kind::kAllow},
                                             {"add", Kind::kAdd},
                                             {"replica", Kind::kAdd}};
  std::vector<core::EpochChange> changes;
  if (words[0] == "voters") {
    for (const auto& [id, node] : nodes_) {
      const bool votes = std::find(words.begin() + 2, words.end(), std::to_string(id)) != words.end();
      const auto role = votes ? core::EpochRole::kVoter : core::EpochRole::kReplica;
      changes.push_back({Kind::kAdd, uuid(id), id, role});
    }
  }
  for (std::size_t i = 3; i < words.size() && words[0] == "change"; ++i) {
    const auto node = static_cast<NodeId>(std::stoul(words[i]));
    const auto role = words[2] == "replica" ? core::EpochRole::kReplica : core::EpochRole::kVoter;
    changes.push_back({kinds.at(words[2]), uuid(node), node, role});
  }
  core::epoch_input::Propose propose{++requests_, changes.at(0), kTimeout, {}};
  propose.more.assign(changes.begin() + 1, changes.end());
  step(static_cast<NodeId>(std::stoul(words[1])), std::move(propose));
}

bool EpochCluster::sync(NodeId id) {
  Node& node = nodes_.at(id);
  if (!node.unsynced || !node.epochs) return false;
  node.synced = std::exchange(node.unsynced, std::nullopt);
  step(id, core::epoch_input::Persisted{node.number});
  return true;
}

void EpochCluster::deliver() {
  wires_.deliver([this](NodeId to, NodeId from, core::EpochMessage message) {
    step(to, core::epoch_input::Received{from, std::move(message)});
  });
}

void EpochCluster::pass(Duration span) {
  const Instant end = now_ + span;
  while (now_ < end) {
    now_ = now_ + kTick;
    for (const auto& [id, node] : nodes_) {
      if (node.epochs && node.epochs->wake_at() <= now_) step(id, core::epoch_input::Tick{});
    }
  }
}

void EpochCluster::show() {
  for (const auto& [id, node] : nodes_) {
    std::string line = std::to_string(id);
    if (!node.epochs) {
      say(line + " is down");
      continue;
    }
    const core::Epoch epoch = node.epochs->epoch();
    line +=
        " is in epoch " + std::to_string(epoch.number) + (epoch.member ? "" : " as a stranger") + ", voters";
    for (const NodeId voter : epoch.voters) line += " " + std::to_string(voter);
    say(line + (node.epochs->fenced() ? ", fenced" : ""));
  }
}

void EpochCluster::step(NodeId id, core::EpochInput input) {
  Node& node = nodes_.at(id);
  node.inputs.push_back(std::move(input));
  if (node.inputs.size() > 1) return;
  for (; !node.inputs.empty(); node.inputs.pop_front()) {
    core::EpochEffects effects;
    node.epochs->step({now_, 0}, std::move(node.inputs.front()), effects);
    perform(id, effects);
  }
}

void EpochCluster::perform(NodeId id, core::EpochEffects& effects) {
  Node& node = nodes_.at(id);
  const std::string name = std::to_string(id);
  const auto also = [&node](core::EpochInput input) { node.inputs.push_back(std::move(input)); };
  if (effects.enter) say(name + " enters epoch " + text(*effects.enter));
  if (effects.fence) say(name + " is fenced");
  if (effects.ask_known) {
    core::Tips known;
    if (node.known > 0) known[kDatabase][decided_origin(1)] = node.known;
    also(core::epoch_input::Known{*effects.ask_known, std::move(known)});
  }
  for (const auto& question : effects.ask_held) also(core::epoch_input::Held{question.request, node.holds});
  if (effects.persist) {
    node.unsynced = std::move(effects.persist);
    node.number = effects.persist_number;
  }
  for (const auto& send : effects.send) {
    const std::string receivers = wires_.send(id, send);
    const std::string what = std::visit(MessageText{}, send.message);
    if (!what.empty()) say(name + receivers + what);
  }
  for (const auto& reply : effects.reply) {
    std::string answer = name;
    answer.append(" answers ").append(std::to_string(reply.request)).append(": ").append(text(reply.outcome));
    if (!reply.text.empty()) answer.append(", ").append(reply.text);
    say(answer);
  }
}

}  // namespace murmel::golden
