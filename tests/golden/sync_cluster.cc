#include "tests/golden/sync_cluster.h"

#include <utility>

#include "tests/golden/command.h"

namespace murmel::golden {
namespace {

constexpr WallMs kEpochMs = 1'000'000;
constexpr Duration kTick = milliseconds(5);
constexpr Duration kTrimMaxAge = seconds(2);

Uuid history_id(std::uint32_t n) {
  Uuid id;
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

std::string text(const core::VersionVector& vector) {
  std::string line = "{";
  for (const auto& [origin, seq] : vector) {
    line += (line.size() > 1 ? " " : "") + std::to_string(origin) + ":" + std::to_string(seq);
  }
  return line + "}";
}

std::string text(const std::vector<core::ChangeSet>& changes) {
  std::string line;
  for (const core::ChangeSet& change : changes) {
    line += " " + std::to_string(change.origin) + ":" + std::to_string(change.seq) + (change.more ? "+" : "");
  }
  return line;
}

struct MessageText {
  std::string operator()(const core::Changes& m) const { return "changes" + text(m.changes); }
  std::string operator()(const core::Have& m) const {
    return "have " + text(m.vector) + (m.trimmed.empty() ? "" : " trimmed " + text(m.trimmed)) +
           (m.fresh ? " fresh" : "");
  }
  std::string operator()(const core::Pull& m) const {
    return "pull " + std::to_string(m.origin) + " from " + std::to_string(m.from);
  }
  std::string operator()(const core::Gone& m) const {
    return "gone " + std::to_string(m.origin) + " before " + std::to_string(m.first_kept);
  }
  std::string operator()(const core::Absent&) const { return "absent"; }
};

sim::Op op_of(const std::string& word) {
  const auto number = [](const std::string& digits) { return static_cast<sim::Value>(std::stoull(digits)); };
  if (word[0] == '-') return {sim::OpKind::kDelete, static_cast<sim::Key>(number(word.substr(1))), 0, 0};
  if (word[0] == '+') return {sim::OpKind::kAppend, 0, 0, number(word.substr(1))};
  const std::size_t equals = word.find('=');
  return {sim::OpKind::kPut, static_cast<sim::Key>(number(word.substr(0, equals))), 0,
          number(word.substr(equals + 1))};
}

}  // namespace

std::string SyncCluster::run(const std::string& line) {
  const Command command(line);
  const std::string& name = command.name();
  output_.clear();
  if (name == "cluster") {
    start(command.number(1), command.words.size() > 2);
  } else if (name == "link") {
    link(command.number(1), command.number(2));
  } else if (name == "cut") {
    cut(command.number(1), command.number(2));
  } else if (name == "write") {
    write(command.number(1), {command.words.begin() + 2, command.words.end()});
  } else if (name == "deliver") {
    deliver();
  } else if (name == "drop") {
    wires_.drop(command.number(1), command.number(2));
  } else if (name == "pass") {
    pass(milliseconds(command.number(1)));
  } else if (name == "fail") {
    nodes_.at(command.number(1)).fails = true;
  } else if (name == "hold") {
    nodes_.at(command.number(1)).holds = true;
  } else if (name == "release") {
    Node& node = nodes_.at(command.number(1));
    node.holds = false;
    if (!node.held.empty()) apply(command.number(1), std::exchange(node.held, {}));
  } else if (name == "trim") {
    trim(command.number(1));
  } else if (name == "show") {
    show();
  } else {
    say("no such command: " + name);
  }
  return output_;
}

void SyncCluster::start(std::uint32_t nodes, bool apart) {
  nodes_.clear();
  wires_ = {};
  now_ = Instant{};
  wall_ms_ = kEpochMs;
  std::vector<NodeId> members;
  for (NodeId id = 1; id <= nodes; ++id) members.push_back(id);
  for (const NodeId id : members) {
    Node& node = nodes_[id];
    core::SyncOptions options;
    options.self = id;
    node.sync = std::make_unique<core::Sync>(options);
    sim::ModelStore::Options store{id, 2, sim::PlantedBug::kNone,
                                   [this](const std::string& wrong) { say("VIOLATION " + wrong); }};
    node.store =
        std::make_unique<sim::ModelStore>(std::move(store), history_id(apart ? id : 1), sim::Content{});
    step(id, core::sync_input::Opened{node.store->state()});
    step(id, core::sync_input::Members{members});
  }
  if (apart) return;
  for (const NodeId a : members) {
    for (const NodeId b : members) {
      if (a < b) link(a, b);
    }
  }
  deliver();
  output_.clear();
}

void SyncCluster::link(NodeId a, NodeId b) {
  wires_.link(a, b, true);
  step(a, core::sync_input::PeerUp{b});
  step(b, core::sync_input::PeerUp{a});
}

void SyncCluster::cut(NodeId a, NodeId b) {
  wires_.link(a, b, false);
  step(a, core::sync_input::PeerDown{b});
  step(b, core::sync_input::PeerDown{a});
}

void SyncCluster::write(NodeId id, const std::vector<std::string>& words) {
  std::vector<sim::Op> ops;
  ops.reserve(words.size());
  for (const std::string& word : words) ops.push_back(op_of(word));
  Node& node = nodes_.at(id);
  node.store->commit(ops, ++wall_ms_);
  std::vector<core::ChangeSet> changes = node.store->tail();
  node.store->sync();
  step(id, core::sync_input::LocalChanges{std::move(changes)});
}

void SyncCluster::deliver() {
  wires_.deliver([this](NodeId to, NodeId from, core::Message message) {
    step(to, core::sync_input::Received{from, std::move(message)});
  });
}

void SyncCluster::pass(Duration span) {
  const Instant end = now_ + span;
  while (now_ < end) {
    now_ = now_ + kTick;
    wall_ms_ += kTick.ms();
    for (const auto& [id, node] : nodes_) {
      if (node.sync->wake_at() <= now_) step(id, core::sync_input::Tick{});
    }
  }
}

void SyncCluster::trim(NodeId id) {
  Node& node = nodes_.at(id);
  if (!node.trim) return say("nothing may be trimmed yet");
  const core::VersionVector trimmed = node.store->trim(*node.trim, {Duration{}, kTrimMaxAge}, wall_ms_);
  say(std::to_string(id) + " trimmed " + text(trimmed));
  step(id, core::sync_input::Trimmed{trimmed});
}

void SyncCluster::show() {
  for (const auto& [id, node] : nodes_) {
    std::string line = std::to_string(id) + " " + text(node.store->state().have);
    const sim::Content content = node.store->content();
    for (const auto& [key, value] : content.rows)
      line.append(" ").append(std::to_string(key)).append("=").append(std::to_string(value));
    for (const auto& [value, count] : content.journal) {
      for (int i = 0; i < count; ++i) line += " +" + std::to_string(value);
    }
    if (node.store->conflicts() > 0) line += " conflicts " + std::to_string(node.store->conflicts());
    say(line);
  }
}

void SyncCluster::step(NodeId id, core::SyncInput input) {
  core::SyncEffects effects;
  nodes_.at(id).sync->step({now_, wall_ms_}, std::move(input), effects);
  carry_out(id, effects);
}

void SyncCluster::carry_out(NodeId id, core::SyncEffects& effects) {
  const std::string name = std::to_string(id);
  Node& node = nodes_.at(id);
  for (const std::string& report : effects.report) say(std::string(name).append(" reports: ").append(report));
  for (const auto& send : effects.send) {
    say(name + wires_.send(id, send) + std::visit(MessageText{}, send.message));
  }
  if (effects.set_trim) node.trim = effects.set_trim;
  if (effects.set_watermark) {
    say(name + (effects.set_watermark->hlc.value == 0 ? " watermark down" : " watermark"));
    node.store->set_watermark(*effects.set_watermark);
  }
  if (effects.adopt) {
    say(name + " adopts");
    node.store->adopt(*effects.adopt);
    step(id, core::sync_input::Opened{node.store->state()});
  }
  if (effects.want_snapshot) {
    say(name + " takes a snapshot of " + std::to_string(*effects.want_snapshot));
    node.store->install_snapshot(*nodes_.at(*effects.want_snapshot).store->make_snapshot(), ++wall_ms_);
    step(id, core::sync_input::SnapshotInstalled{node.store->state()});
  }
  if (!effects.apply.empty()) {
    if (node.holds) {
      node.held = std::move(effects.apply);
    } else {
      apply(id, std::move(effects.apply));
    }
  }
  if (effects.sync) {
    node.store->sync();
    const core::StoreState state = node.store->state();
    step(id, core::sync_input::Durable{state.have, state.clock});
  }
  for (const auto& read : effects.read_range) {
    sim::RangeAnswer range = node.store->read_range(read.origin, read.from, read.bytes_max);
    step(id,
         core::sync_input::RangeRead{read.request, std::move(range.changes), range.gone, range.first_kept});
  }
}

void SyncCluster::apply(NodeId id, std::vector<core::ChangeSet> changes) {
  Node& node = nodes_.at(id);
  if (std::exchange(node.fails, false)) {
    const core::StoreState state = node.store->state();
    return step(id,
                core::sync_input::ApplyFailed{{}, ErrorCode::kFull, "disk full", state.have, state.clock});
  }
  say(std::to_string(id) + " applies" + text(changes));
  const sim::ApplyAnswer answer = node.store->apply(changes, wall_ms_);
  step(id, core::sync_input::Applied{answer.have, answer.clock});
}

}  // namespace murmel::golden
