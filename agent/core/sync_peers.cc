// Sync: what is said to peers and heard from them.
#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/history.h"
#include "agent/core/sync_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

constexpr std::size_t kReadsPerPeer = 32;

bool well_formed(const ChangeSet& change) {
  return node_of_origin(change.origin) > 0 && change.seq > 0 && change.hlc.value >= 0;
}

}  // namespace

Have Sync::Impl::own_have() const {
  const Seq last_slot = options_.mutation == Mutation::kForgetUnderWay ? 0 : last_slot_;
  return {store_.database_id, store_.baseline, store_.fresh, durable_,
          told_clock(),       store_.trimmed,  last_slot,    begun_};
}

// As long as it is not known that a node has this history, it may soon have this node take another one.
std::vector<NodeId> Sync::Impl::strangers() const {
  std::vector<NodeId> nodes;
  if (state_ != SyncState::kRunning || adopt_from_) nodes.push_back(options_.self);
  for (const auto& [node, peer] : peers_) {
    const bool absent = peer.heard && peer.last.database_id.is_nil();
    if (peer.up && !peer.usable() && !absent) nodes.push_back(node);
  }
  return nodes;
}

void Sync::Impl::send(NodeId to, Message message) {
  effects_->send.push_back({{to}, std::move(message)});
}

void Sync::Impl::send_have_if_due() {
  std::vector<NodeId> to;
  for (const auto& [node, peer] : peers_) {
    if (peer.up) to.push_back(node);
  }
  if (to.empty()) return;
  const Duration interval = have_changed_ ? options_.have_interval : options_.idle_interval;
  if (have_sent_ && time_.now < *have_sent_ + interval) {
    wake(*have_sent_ + interval);
    return;
  }
  effects_->send.push_back({std::move(to), own_have()});
  have_sent_ = time_.now;
  have_changed_ = false;
  wake(time_.now + options_.idle_interval);
}

// Their history and ours, compared whenever one of them was told or changed.
void Sync::Impl::match_peer(NodeId node, SyncPeer& peer) {
  const HistoryMatch match = match_histories(options_.self, own_have(), peer.last);
  peer.compatible = match == HistoryMatch::kSame;
  if (!peer.compatible) stability_.forget_report(node);
  switch (match) {
    case HistoryMatch::kSame:
      peer.refused = false;
      stability_.report(node, peer.last.vector, peer.last.clock, peer.last.last_slot);
      break;
    case HistoryMatch::kAdoptLog:
    case HistoryMatch::kAdoptSnapshot:
      if (state_ != SyncState::kRunning || adopt_from_) break;
      adopt_from_ = node;
      adopt_by_snapshot_ = match == HistoryMatch::kAdoptSnapshot;
      break;
    case HistoryMatch::kTheyAdopt: break;
    case HistoryMatch::kRefused:
      if (peer.refused) break;
      peer.refused = true;
      error_ =
          "node " + std::to_string(node) +
          " has another database with the same name; both have content from before replication began, or "
          "transactions decided at a quorum. "
          "Remove the file on the node whose content is to be replaced";
      effects_->report.push_back(error_);
      break;
  }
}

// A copy of the file from the past would use numbers again that others know. Peers may be ahead for a moment,
// though: with a snapshot that held what the tailer here had not told of yet.
void Sync::Impl::check_own_history() {
  if (greatest_known(options_.self) <= std::max(outbox_.last(), seq_of(store_.have, options_.self))) {
    peers_ahead_since_.reset();
    return;
  }
  if (!peers_ahead_since_) peers_ahead_since_ = time_.now;
  const Instant patient_until = *peers_ahead_since_ + options_.lost_history_patience;
  if (time_.now < patient_until) return wake(patient_until);
  state_ = SyncState::kRefused;
  error_ =
      "peers have change sets of this node that its database does not have (an old copy of the file?): "
      "remove the "
      "file and let the node join again";
  effects_->report.push_back(error_);
}

void Sync::Impl::on_message(NodeId node, SyncPeer& peer, Have& message) {
  const bool first = !peer.heard;
  const bool same_history = message.database_id == peer.last.database_id;
  if (same_history) {
    raise(message.vector, peer.last.vector);
    raise(message.trimmed, peer.last.trimmed);
    message.clock = std::max(message.clock, peer.last.clock);
    message.last_slot = std::max(message.last_slot, peer.last.last_slot);
    message.begun = message.begun || peer.last.begun;
  }
  peer.heard = true;
  peer.last = std::move(message);
  match_peer(node, peer);
  reports_changed_ = true;
  if (!peer.compatible) return;
  if (first || !same_history) raise(target_, peer.last.vector);
  const Seq durable_there = seq_of(peer.last.vector, options_.self);
  while (!peer.flight.empty() && peer.flight.front().seq <= durable_there) {
    peer.flight_bytes -= peer.flight.front().bytes;
    peer.flight.pop_front();
  }
  if (peer.pushed < durable_there) peer.pushed = durable_there;
}

void Sync::Impl::on_message(NodeId node, SyncPeer& peer, Changes& message) {
  if (message.database_id != store_.database_id) return;
  for (ChangeSet& change : message.changes) {
    if (!well_formed(change) || change.origin == options_.self) continue;
    const NodeId origin = change.origin;
    const Inbox::Taken taken = inbox_.take(std::move(change));
    if (taken != Inbox::Taken::kTooLarge || adopt_from_ || store_busy()) continue;
    if (snapshot_retry_ && time_.now < snapshot_retry_->at) continue;
    effects_->report.push_back("a transaction of node " + std::to_string(origin) +
                               " is too large to be taken in by log; taking a snapshot");
    if (peer.usable()) request_snapshot(node);
  }
}

// New own change sets go to everybody who is in step and has room; the others pull.
void Sync::Impl::push_new(const std::vector<ChangeSet>& changes, Seq before) {
  if (state_ == SyncState::kRefused || peers_ahead_since_) return;
  std::int64_t bytes = 0;
  for (const ChangeSet& change : changes) bytes += size_in_bytes(change);
  std::vector<NodeId> to;
  for (auto& [node, peer] : peers_) {
    if (!peer.usable() || peer.pushed != before) continue;
    if (peer.flight_bytes > 0 && peer.flight_bytes + bytes > options_.push_window_bytes) continue;
    note_sent(peer, changes.back().seq, bytes);
    to.push_back(node);
  }
  if (!to.empty()) effects_->send.push_back({std::move(to), Changes{store_.database_id, changes}});
}

// Brings a peer that is a little behind into step, from memory.
void Sync::Impl::push_rest(NodeId node, SyncPeer& peer) {
  if (peer.pushed == kNotInStep || !outbox_.covers(peer.pushed + 1)) return;
  const std::int64_t room = options_.push_window_bytes - peer.flight_bytes;
  if (room <= 0) return;
  std::vector<ChangeSet> changes = outbox_.range(peer.pushed + 1, room);
  std::int64_t bytes = 0;
  for (const ChangeSet& change : changes) bytes += size_in_bytes(change);
  note_sent(peer, changes.back().seq, bytes);
  send(node, Changes{store_.database_id, std::move(changes)});
}

void Sync::Impl::note_sent(SyncPeer& peer, Seq last, std::int64_t bytes) {
  peer.pushed = last;
  peer.flight.push_back({last, bytes});
  peer.flight_bytes += bytes;
}

void Sync::Impl::on_message(NodeId node, SyncPeer& peer, Pull& message) {
  if (message.database_id != store_.database_id || !peer.may_ask(message.origin) || message.from < 1) return;
  const bool own = message.origin == options_.self;
  if (own && peers_ahead_since_) return;
  if (message.from > (own ? outbox_.last() : seq_of(store_.have, message.origin))) return;
  if (own) {  // tells exactly where the peer stands
    peer.pushed = message.from - 1;
    peer.flight.clear();
    peer.flight_bytes = 0;
    if (outbox_.covers(message.from)) return push_rest(node, peer);
  }
  std::size_t of_peer = 0;
  for (const auto& [request, reading] : reading_) {
    if (reading.peer != node) continue;
    if (reading.origin == message.origin && reading.from == message.from) return;  // asked twice
    ++of_peer;
  }
  if (of_peer >= kReadsPerPeer) return;
  const std::uint64_t request = next_request_++;
  reading_[request] = {node, message.origin, message.from};
  const std::int64_t bytes = std::clamp<std::int64_t>(message.bytes_max, 1, options_.pull_bytes);
  effects_->read_range.push_back({request, message.origin, message.from, bytes});
}

void Sync::Impl::on_message(NodeId node, SyncPeer& peer, Gone& message) {
  if (message.database_id != store_.database_id) return;
  const auto pull = pulls_.find(message.origin);
  if (pull == pulls_.end() || !pull->second.asked || pull->second.peer != node) return;
  pull->second.asked = false;
  // At least what was asked for is gone, whatever else it says.
  Seq& trimmed = peer.last.trimmed[message.origin];
  trimmed = std::max({trimmed, message.first_kept - 1, pull->second.from});
}

void Sync::Impl::on_message(NodeId node, SyncPeer& peer, Absent&) {
  peer.heard = true;
  peer.compatible = false;
  peer.last = Have{};
  stability_.mark_absent(node);
  reports_changed_ = true;
}

}  // namespace murmel::core
