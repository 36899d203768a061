#include "tests/golden/commit_cluster.h"

#include <algorithm>
#include <utility>

#include "tests/golden/command.h"

namespace murmel::golden {
namespace {

constexpr WallMs kEpochMs = 1'000'000;
constexpr Duration kTick = milliseconds(5);
constexpr Duration kTimeout = seconds(2);

// A slot of node 2's decided origin is written 2*7.
std::string text(const core::Position& slot) {
  return std::to_string(node_of_origin(slot.origin)) + "*" + std::to_string(slot.seq);
}
std::string text(bool commit) {
  return commit ? "commit" : "abort";
}

const char* text(core::VoteReason reason) {
  constexpr const char* kNames[] = {"yes",   "busy",  "conflict", "behind", "epoch",
                                    "clock", "limit", "over",     "fenced"};
  return kNames[static_cast<int>(reason)];
}

const char* text(core::CommitOutcome outcome) {
  constexpr const char* kNames[] = {"committed", "conflict", "busy",   "unavailable",
                                    "refused",   "unknown",  "aborted"};
  return kNames[static_cast<int>(outcome)];
}

struct MessageText {
  std::string operator()(const core::Prepare& m) const {
    std::string line = "prepare";
    for (const auto& t : m.transactions) line += " " + text(core::Position{t.change.origin, t.change.seq});
    return line;
  }
  std::string operator()(const core::Votes& m) const {
    std::string line = "votes";
    for (const auto& v : m.votes) line += " " + text(v.slot) + " " + text(v.reason);
    return line;
  }
  std::string operator()(const core::Accept& m) const {
    std::string line = "accept";
    for (const auto& p : m.proposals) line += " " + text(p.slot) + " " + text(p.commit) + round(p.ballot);
    return line;
  }
  std::string operator()(const core::Accepted& m) const {
    std::string line = "accepted";
    for (const auto& a : m.acceptances) line += " " + text(a.slot) + (a.ok ? "" : " no") + round(a.ballot);
    return line;
  }
  std::string operator()(const core::Recover& m) const {
    std::string line = "recover";
    for (const auto& r : m.slots) line += " " + text(r.slot) + round(r.ballot);
    return line;
  }
  std::string operator()(const core::Promise& m) const {
    std::string line = "promise";
    for (const auto& p : m.slots) {
      line += " " + text(p.slot) + (p.ok ? "" : " no") + round(p.ballot) + (p.voted ? " voted" : "");
      if (p.accepted) line += " accepted " + text(p.accepted->commit) + round(p.accepted->ballot);
      if (p.decided) line += " decided " + text(*p.decided);
    }
    return line;
  }
  std::string operator()(const core::Decided& m) const {
    std::string line = "decided";
    for (const auto& d : m.decisions) line += " " + text(d.slot) + " " + text(d.commit);
    return line;
  }
  static std::string round(const core::Ballot& b) {
    return " in round " + std::to_string(b.round) + (b.round > 0 ? " of " + std::to_string(b.node) : "");
  }
};

}  // namespace

std::string CommitCluster::run(const std::string& line) {
  const Command command(line);
  const std::string& name = command.name();
  output_.clear();
  if (name == "cluster") {
    begin(command.number(1));
  } else if (name == "propose" || name == "blind" || name == "place") {
    propose(command.number(1), command);
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
    start(command.number(1));
  } else if (name == "pass") {
    pass(milliseconds(command.number(1)));
  } else if (name == "show") {
    show();
  } else {
    say("no such command: " + name);
  }
  return output_;
}

void CommitCluster::begin(NodeId nodes) {
  *this = CommitCluster{};
  wall_ms_ = kEpochMs;
  for (NodeId id = 1; id <= nodes; ++id) nodes_[id];
  for (NodeId id = 1; id <= nodes; ++id) start(id);
}

void CommitCluster::start(NodeId id) {
  core::CommitOptions options;
  options.self = id;
  options.random_seed = id;
  options.reserve = 2;
  Node& node = nodes_.at(id);
  node.commit = std::make_unique<core::Commit>(options);
  step(id, core::commit_input::Opened{{}, node.have, node.synced});
  core::Epoch epoch{1, {}};
  for (const auto& [other, unused] : nodes_) epoch.voters.push_back(other);
  step(id, core::commit_input::EpochChanged{epoch});
  for (const auto& [other, peer] : nodes_) {
    if (other != id && peer.commit) connect(id, other, true);
  }
}

void CommitCluster::crash(NodeId id) {
  Node& node = nodes_.at(id);
  node.commit.reset();
  node.unsynced.clear();
  for (const auto& [other, peer] : nodes_) connect(id, other, false);
}

void CommitCluster::connect(NodeId a, NodeId b, bool up) {
  if (wires_.linked(a, b) == up || a == b) return;
  wires_.link(a, b, up);
  for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
    if (!nodes_.at(from).commit) continue;
    if (up) {
      step(from, core::commit_input::PeerUp{to});
    } else {
      step(from, core::commit_input::PeerDown{to});
    }
  }
}

void CommitCluster::propose(NodeId id, const Command& command) {
  core::commit_input::Propose input;
  input.request = ++requests_;
  input.timeout = kTimeout;
  for (std::size_t i = 2; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    if (word.starts_with('~')) {
      input.transaction.shared.push_back(std::stoul(word.substr(1)));
    } else {
      input.transaction.claims.push_back(command.number(i));
    }
  }
  input.in_place = command.name() == "place";
  if (command.name() != "blind") input.transaction.seen = nodes_.at(id).have;
  input.transaction.change.hlc = core::Hlc::next(nodes_.at(id).clock, wall_ms_);
  input.transaction.change.rows = SharedBytes("rows");
  step(id, std::move(input));
}

bool CommitCluster::sync(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.unsynced.empty()) return false;
  while (!node.unsynced.empty()) {  // who got a slot by that has a vote to write
    node.synced.insert(node.synced.end(), node.unsynced.begin(), node.unsynced.end());
    node.unsynced.clear();
    step(id, core::commit_input::Persisted{node.number});
  }
  return true;
}

void CommitCluster::deliver() {
  wires_.deliver([this](NodeId to, NodeId from, core::CommitMessage message) {
    step(to, core::commit_input::Received{from, std::move(message)});
  });
}

void CommitCluster::pass(Duration span) {
  const Instant end = now_ + span;
  while (now_ < end) {
    now_ = now_ + kTick;
    wall_ms_ += kTick.ms();
    for (const auto& [id, node] : nodes_) {
      if (node.commit && node.commit->wake_at() <= now_) step(id, core::commit_input::Tick{});
    }
  }
}

void CommitCluster::show() {
  for (const auto& [id, node] : nodes_) {
    std::string line = std::to_string(id) + (node.commit ? "" : " down");
    for (const auto& [origin, seq] : node.have) line += " " + text(core::Position{origin, seq});
    if (node.commit) line += ", undecided " + std::to_string(node.commit->status().undecided);
    say(line);
  }
}

void CommitCluster::step(NodeId id, core::CommitInput input) {
  Node& node = nodes_.at(id);
  core::CommitEffects effects;
  node.commit->step({now_, wall_ms_}, std::move(input), effects);
  const std::string name = std::to_string(id);
  node.unsynced.insert(node.unsynced.end(), effects.persist.begin(), effects.persist.end());
  if (!effects.persist.empty()) node.number = effects.persist_number;
  for (const auto& send : effects.send) {
    say(name + wires_.send(id, send) + std::visit(MessageText{}, send.message));
  }
  for (const core::ChangeSet& change : effects.decided) {
    say(name + " stores " + text(core::Position{change.origin, change.seq}) +
        (change.rows.empty() ? " empty" : ""));
    node.have[change.origin] = change.seq;
    node.clock = std::max(node.clock, change.hlc);
  }
  for (const auto& reply : effects.reply) {
    std::string line = name + " answers " + std::to_string(reply.request) + ": " + text(reply.outcome);
    if (reply.slot.seq > 0) line += " " + text(reply.slot);
    if (reply.by.seq > 0) line += " by " + text(reply.by);
    say(line);
  }
  for (const std::string& report : effects.report) say(std::string(name).append(" reports: ").append(report));
  if (effects.decided.empty()) return;
  // On disk when the node starts again: until then a writer need not have seen it.
  step(id, core::commit_input::StoreMoved{node.have, {}, node.clock});
}

}  // namespace murmel::golden
