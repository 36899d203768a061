// Node: the host of a witness, what service::Witness is in the product.
#include <algorithm>
#include <utility>

#include "tests/sim/node.h"

namespace murmel::sim {
namespace {

constexpr std::int64_t kGiveBytes = 2'000;  // of one origin at a time

}  // namespace

// There is no core::Sync: others hear that this database is not here.
void Node::step_witness(core::SyncInput input) {
  if (!commit_) return;
  if (auto* decided = std::get_if<core::sync_input::Decided>(&input)) {
    view_->decided(decided->changes);
    return tell_commit();
  }
  if (const auto* up = std::get_if<core::sync_input::PeerUp>(&input)) view_->peer_up(up->node);
  if (const auto* down = std::get_if<core::sync_input::PeerDown>(&input)) view_->peer_down(down->node);
  const auto* received = std::get_if<core::sync_input::Received>(&input);
  if (received == nullptr) return;
  if (const auto* changes = std::get_if<core::Changes>(&received->message)) {
    if (changes->database_id == commit_history_) step_commit(core::commit_input::Taken{changes->changes});
    return;
  }
  shared_.network.send(id_, received->node, core::Message{core::Absent{}});
  const auto* have = std::get_if<core::Have>(&received->message);
  if (have != nullptr && !have->fresh && have->database_id == commit_history_) hear(received->node, *have);
}

void Node::hear(NodeId from, const core::Have& have) {
  view_->heard(from, have, data_voters());
  const std::uint64_t life = life_;
  tell_commit();
  if (life == life_) give(from);
  if (life == life_) ask(from);
}

void Node::ask(NodeId node) {
  const core::VersionVector held = commit_->held(view_->heard(node));
  const core::VersionVector settled = commit_->settled(view_->heard(node));
  for (const core::Position& first : view_->to_ask(shared_.world.now(), node, held, settled)) {
    trace("asks node " + std::to_string(node) + " for " + position_name(first));
    const core::Pull pull{commit_history_, first.origin, first.seq, kGiveBytes};
    shared_.network.send(id_, node, core::Message{pull});
  }
}

void Node::give(NodeId node) {
  const Instant now = shared_.world.now();
  for (const core::Position& first : view_->to_give(now, node, commit_->known())) {
    std::vector<core::ChangeSet> changes = commit_->decided_from(first, kGiveBytes);
    if (changes.empty()) continue;
    if (crash_now()) return;
    view_->gave(now, node, first, changes.back().seq);
    trace("gives node " + std::to_string(node) + " " + std::to_string(changes.size()) + " from " +
          position_name(first) + " on");
    shared_.network.send(id_, node, core::Message{core::Changes{commit_history_, std::move(changes)}});
  }
}

std::vector<NodeId> Node::data_voters() const {
  std::vector<NodeId> voters = epochs_ ? epochs_->epoch().voters : shared_.epoch(id_).voters;
  for (const NodeId witness : witnesses()) std::erase(voters, witness);
  return voters;
}

// Those that vote now.
std::vector<NodeId> Node::witnesses() const {
  if (!epochs_) return {shared_.scenario.witness};
  std::vector<NodeId> nodes;
  for (const core::EpochMember& member : epochs_->status().members) {
    if (member.role == core::EpochRole::kWitness) nodes.push_back(member.node);
  }
  return nodes;
}

}  // namespace murmel::sim
