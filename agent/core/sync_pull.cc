// Sync: what is missing, and whom to ask for it.
#include <algorithm>

#include "agent/core/sync_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {

void Sync::Impl::plan_pulls() {
  waiting_for_donor_ = false;
  if (state_ != SyncState::kRunning || adopt_from_) return;
  for (const auto& [node, peer] : peers_) {
    if (!peer.usable()) continue;
    for (const auto& [origin, seq] : peer.last.vector) {
      if (origin != options_.self && seq > inbox_.received(origin)) pulls_[origin];
    }
  }
  for (auto it = pulls_.begin(); it != pulls_.end() && state_ == SyncState::kRunning;) {
    const NodeId origin = it->first;
    if (greatest_known(origin) <= inbox_.received(origin)) {
      it = pulls_.erase(it);
      continue;
    }
    plan_pull(origin);
    ++it;
  }
}

Seq Sync::Impl::greatest_known(NodeId origin) const {
  Seq greatest = 0;
  for (const auto& [node, peer] : peers_) {
    if (peer.usable()) greatest = std::max(greatest, seq_of(peer.last.vector, origin));
  }
  return greatest;
}

void Sync::Impl::plan_pull(NodeId origin) {
  PullState& pull = pulls_[origin];
  const Seq need = inbox_.received(origin) + 1;
  if (pull.asked && need > pull.from) {  // answered
    pull.asked = false;
    pull.failed_peer = 0;
  }
  if (pull.asked && time_.now >= pull.deadline) {
    pull.asked = false;
    pull.failed_peer = pull.peer;
  }
  if (pull.asked) return wake(pull.deadline);
  if (!inbox_.room_for(origin)) return;
  if (held_back(origin)) return;
  if (!pull.wanted) pull.wanted = time_.now;

  const NodeId peer = choose_peer(origin, need, pull.failed_peer);
  if (peer == 0) return plan_snapshot(origin, need, pull);
  pull.gone.reset();
  // The origin is connected: what others have of it is most likely on its way here already.
  const NodeId author = node_of_origin(origin);
  const auto source = peers_.find(author);
  if (peer != author && pull.failed_peer == 0 && source != peers_.end() && source->second.usable()) {
    const Instant patient_until = *pull.wanted + options_.relay_delay;
    if (time_.now < patient_until) return wake(patient_until);
  }
  pull.asked = true;
  pull.peer = peer;
  pull.from = need;
  pull.deadline = time_.now + options_.pull_timeout;
  wake(pull.deadline);
  send(peer, Pull{store_.database_id, origin, need, options_.pull_bytes});
}

// The origin's node itself if it can serve, else the next peer that can, in a circle after the one that
// failed. 0: nobody.
NodeId Sync::Impl::choose_peer(NodeId origin, Seq need, NodeId failed) const {
  const auto serves = [&](const SyncPeer& peer) {
    return peer.usable() && seq_of(peer.last.vector, origin) >= need &&
           seq_of(peer.last.trimmed, origin) < need;
  };
  const NodeId author = node_of_origin(origin);
  if (failed != author) {
    const auto source = peers_.find(author);
    if (source != peers_.end() && serves(source->second)) return author;
  }
  NodeId first = 0;
  for (const auto& [node, peer] : peers_) {
    if (!serves(peer)) continue;
    if (first == 0) first = node;
    if (node > failed) return node;
  }
  return first;
}

void Sync::Impl::plan_snapshot(NodeId origin, Seq need, PullState& pull) {
  if (!pull.gone) pull.gone = time_.now;
  Instant at = *pull.gone + options_.snapshot_patience;
  if (snapshot_retry_) at = std::max(at, snapshot_retry_->at);
  if (time_.now < at) return wake(at);
  if (applying_) return;  // planned again when the store answers
  const NodeId donor = choose_donor(origin, need);
  if (donor != 0) return request_snapshot(donor);
  // Peers are given time to get what only this node has; it stops taking in more meanwhile, or they would
  // never be ahead of it.
  waiting_for_donor_ = true;
  wake(time_.now + options_.snapshot_patience);
}

// A peer that has what is needed and loses nothing that is here: of others what was applied, of this node
// what is no longer in the log and so can't be written again. 0: none yet.
NodeId Sync::Impl::choose_donor(NodeId origin, Seq need) const {
  VersionVector wanted = store_.have;
  wanted[options_.self] = seq_of(store_.trimmed, options_.self);
  for (const auto& [node, peer] : peers_) {
    if (peer.usable() && seq_of(peer.last.vector, origin) >= need && covers(peer.last.vector, wanted))
      return node;
  }
  return 0;
}

void Sync::Impl::request_snapshot(NodeId donor) {
  state_ = SyncState::kSnapshot;
  effects_->want_snapshot = donor;
}

}  // namespace murmel::core
