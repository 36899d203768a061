// Sync: what the store is asked to do.
#include <algorithm>
#include <set>
#include <utility>

#include "agent/core/sync_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

constexpr Duration kTrimInterval = seconds(1);

}  // namespace

Sync::Impl::Retry Sync::Impl::back_off(const std::optional<Retry>& before) const {
  const Duration delay = before ? std::min(before->delay * 2, options_.retry_max) : options_.retry_min;
  return {time_.now + delay, delay};
}

void Sync::Impl::store_moved(const VersionVector& have, Hlc clock) {
  raise(store_.have, have);
  store_.clock = std::max(store_.clock, clock);
  if (!have.empty()) store_.fresh = false;
  inbox_.rebase(store_.have);
  release_applied();
}

void Sync::Impl::quarantine(const sync_input::ApplyFailed& failure) {
  Blocked& blocked = quarantine_[failure.at.origin];
  if (blocked.why.at != failure.at) blocked = {{failure.at, {}, {}, time_.wall_ms, 0}, std::nullopt};
  if (blocked.why.text != failure.text) {
    effects_->report.push_back(
        "transaction " + record_name(failure.at.origin, failure.at.seq) +
        " can't be applied and holds up its origin (murmel quarantine): " + failure.text);
  }
  blocked.why.code = failure.code;
  blocked.why.text = failure.text;
  ++blocked.why.attempts;
  blocked.retry = back_off(blocked.retry);
}

void Sync::Impl::release_applied() {
  std::erase_if(quarantine_, [this](const auto& entry) {
    return seq_of(store_.have, entry.first) >= entry.second.why.at.seq;
  });
}

// The origin's next transaction failed, and it is not time yet to try it again.
bool Sync::Impl::held_back(NodeId origin) {
  const auto blocked = quarantine_.find(origin);
  if (blocked == quarantine_.end() || time_.now >= blocked->second.retry->at) return false;
  wake(blocked->second.retry->at);
  return true;
}

void Sync::Impl::plan_adoption() {
  if (!adopt_from_ || store_busy()) return;
  if (snapshot_retry_ && time_.now < snapshot_retry_->at) return wake(snapshot_retry_->at);
  const NodeId node = *adopt_from_;
  SyncPeer& peer = peers_[node];
  adopt_from_.reset();
  if (!peer.up || !peer.heard) return;  // the next Have of anybody decides again
  match_peer(node, peer);
  if (!adopt_from_ || state_ != SyncState::kRunning) return;
  if (adopt_by_snapshot_) return request_snapshot(node);
  adopt_from_.reset();
  state_ = SyncState::kAdopting;
  effects_->adopt = peer.last.database_id;
}

void Sync::Impl::plan_apply() {
  if (store_busy() || adopt_from_ || waiting_for_donor_) return;
  if (store_retry_ && time_.now < store_retry_->at) return wake(store_retry_->at);
  const auto blocked = [this](NodeId origin) { return held_back(origin); };
  Inbox::Batch batch = inbox_.next_batch(time_.wall_ms, blocked, forgiven_);
  clock_waiting_ = batch.clock_waiting;
  plan_forgiving(batch.waiting);
  if (batch.clock_waiting > 0) {
    const Duration wait = milliseconds(batch.clock_wanted.wall_ms() - time_.wall_ms) -
                          options_.max_clock_offset + milliseconds(1);
    // Not longer than a beat: the wall clock may be set meanwhile.
    wake(time_.now + std::clamp(wait, milliseconds(1), options_.idle_interval));
  }
  if (batch.changes.empty()) return;
  const bool below = std::any_of(batch.changes.begin(), batch.changes.end(), [this](const ChangeSet& change) {
    if (change.hlc == kVoidStamp) return false;
    return change.hlc <= stability_.watermark() || !stability_.holds_for(node_of_origin(change.origin));
  });
  // From a node that was not a member when the watermark moved. All versions that the log holds are needed
  // again.
  if (below && stability_.watermark().value > 0) {
    stability_.lower_watermark();
    effects_->set_watermark = Watermark{};
  }
  effects_->apply = std::move(batch.changes);
  applying_ = true;
}

// A decided change set must not be held up for ever by a ONE write that was lost with its node.
void Sync::Impl::plan_forgiving(const std::vector<Inbox::Waiting>& waiting) {
  std::map<NodeId, Instant> lacking;
  forgiven_.clear();
  for (const Inbox::Waiting& wait : waiting) {
    const bool obtainable = std::any_of(wait.missing.begin(), wait.missing.end(), [this](const Position& p) {
      return greatest_known(p.origin) >= p.seq;
    });
    if (obtainable) continue;
    const auto before = lacking_since_.find(wait.origin);
    const Instant since = before == lacking_since_.end() ? time_.now : before->second;
    lacking[wait.origin] = since;
    const Instant patient_until = since + options_.decided_patience;
    if (options_.mutation == Mutation::kWaitForLost) continue;
    if (time_.now >= patient_until) forgiven_.insert(wait.origin);
    wake(std::max(patient_until, time_.now));
  }
  lacking_since_ = std::move(lacking);
}

void Sync::Impl::plan_sync() {
  if (syncing_ || applying_ || covers(durable_, store_.have)) return;
  if (synced_ && time_.now < *synced_ + options_.have_interval)
    return wake(*synced_ + options_.have_interval);
  effects_->sync = true;
  syncing_ = true;
  synced_ = time_.now;
}

// Not while the store becomes another one: what it says of its watermark then must stay true.
void Sync::Impl::plan_watermark() {
  if (!reports_changed_ || state_ != SyncState::kRunning) return;
  reports_changed_ = false;
  if (options_.mutation == Mutation::kEagerWatermark) {
    std::vector<NodeId> connected{options_.self};
    for (const auto& [node, peer] : peers_) {
      if (peer.usable()) connected.push_back(node);
    }
    stability_.set_members(connected);
  }
  if (const auto watermark = stability_.advance(store_.have)) effects_->set_watermark = watermark;
}

// Two nodes must not each trim what the other one lacks: neither could take the other's snapshot. Both may do
// it for a majority's sake, one after the other, if a third one has all of it and is gone later. So who
// leaves others behind has first what the connected ones had told when it was settled what may go. Any two
// such sets of connected nodes have a node in common, whose positions only grow: of the two, one has what the
// other trims.
void Sync::Impl::plan_leaving_behind(const std::set<NodeId>& connected) {
  if (!leaving_ || leaving_->connected != connected) {
    leaving_ = Leaving{connected, stability_.reachable_have(connected), {}};
    for (const auto& [node, peer] : peers_) {
      if (peer.usable()) raise(leaving_->told, peer.last.vector);
    }
  }
  const bool behind = !covers(store_.have, leaving_->told);
  if (behind && options_.mutation != Mutation::kTrimBehind) return;
  left_behind_ = std::move(leaving_->reachable);
  leaving_.reset();
}

void Sync::Impl::plan_trim() {
  if (trimmed_at_ && time_.now < *trimmed_at_ + kTrimInterval) return wake(*trimmed_at_ + kTrimInterval);
  trimmed_at_ = time_.now;
  std::set<NodeId> connected{options_.self};
  for (const auto& [node, peer] : peers_) {
    if (peer.usable()) connected.insert(node);
  }
  SyncEffects::Trim trim;
  plan_leaving_behind(connected);
  trim.reachable_have = left_behind_;
  // Alone, everybody has everything. But a node that has not met the others yet can give way to their history
  // only with a complete log, so it keeps that up to the greatest age.
  if (members_.size() > 1) trim.all_have = stability_.all_have().value_or(VersionVector{});
  if (trim == trim_told_) return;
  trim_told_ = trim;
  effects_->set_trim = std::move(trim);
}

}  // namespace murmel::core
