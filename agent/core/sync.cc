#include "agent/core/sync.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/sync_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {

const char* sync_state_name(SyncState state) {
  switch (state) {
    case SyncState::kOpening: return "opening";
    case SyncState::kRunning: return "running";
    case SyncState::kAdopting: return "adopting";
    case SyncState::kSnapshot: return "snapshot";
    case SyncState::kRefused: return "refused";
  }
  return "unknown";
}

void SyncEffects::clear() {
  *this = SyncEffects{};
}

Sync::Sync(const SyncOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Sync::~Sync() = default;

void Sync::step(const Time& time, SyncInput input, SyncEffects& effects) {
  impl_->step(time, std::move(input), effects);
}
Instant Sync::wake_at() const {
  return impl_->wake_at();
}
SyncStatus Sync::status() const {
  return impl_->status();
}
bool Sync::caught_up() const {
  return impl_->caught_up();
}
const StoreState& Sync::store() const {
  return impl_->store();
}
const VersionVector& Sync::durable() const {
  return impl_->durable();
}
std::vector<NodeId> Sync::strangers() const {
  return impl_->strangers();
}

Sync::Impl::Impl(const SyncOptions& options)
    : options_(options),
      inbox_({options.hold_back_bytes, options.transaction_bytes, options.apply_bytes,
              options.max_clock_offset, options.mutation}),
      outbox_(options.recent_bytes) {}

void Sync::Impl::step(const Time& time, SyncInput input, SyncEffects& effects) {
  time_ = time;
  effects_ = &effects;
  wake_at_ = kNever;
  std::visit([this](auto& i) { on(i); }, input);
  if (state_ != SyncState::kOpening && state_ != SyncState::kRefused) {
    plan_adoption();
    plan_watermark();
    plan_apply();
    plan_sync();
    plan_pulls();
    plan_trim();
    check_own_history();
    send_have_if_due();
  }
  effects_ = nullptr;
}

void Sync::Impl::wake(Instant at) {
  wake_at_ = std::min(wake_at_, at);
}

void Sync::Impl::on(sync_input::Opened& input) {
  INVARIANT(state_ == SyncState::kOpening || state_ == SyncState::kAdopting);
  state_ = SyncState::kRunning;
  load(input.state);
}

// The store was opened, or is another one now: everything counted from the old one starts again.
void Sync::Impl::load(const StoreState& state) {
  if (state.database_id != store_.database_id) {
    stability_.forget_reports();
    target_.clear();
    inbox_.clear();
    quarantine_.clear();
  }
  store_ = state;
  release_applied();
  stability_.restore(state.watermark);
  durable_ = state.have;
  durable_clock_ = state.clock;
  outbox_.reset(seq_of(state.have, options_.self));
  inbox_.rebase(state.have);
  pulls_.clear();
  trim_told_ = {};
  leaving_.reset();
  left_behind_.clear();
  for (auto& [node, peer] : peers_) {
    peer.pushed = kNotInStep;
    if (!peer.heard) continue;
    match_peer(node, peer);
    if (peer.compatible) raise(target_, peer.last.vector);
  }
  report_own();
  reports_changed_ = true;
  have_changed_ = true;
  have_sent_.reset();
}

void Sync::Impl::on(sync_input::LocalChanges& input) {
  INVARIANT(state_ != SyncState::kOpening);
  auto& changes = input.changes;
  // Known already: they were in the log when its state was last loaded.
  std::erase_if(changes, [this](const ChangeSet& change) { return change.seq <= outbox_.last(); });
  if (changes.empty()) return;
  const Seq before = outbox_.last();
  for (const ChangeSet& change : changes) {
    INVARIANT(change.origin == options_.self);
    outbox_.add(change);
    durable_clock_ = std::max(durable_clock_, change.hlc);
  }
  Seq& durable = durable_[options_.self];
  durable = std::max(durable, outbox_.last());
  store_.have[options_.self] = durable;
  store_.clock = std::max(store_.clock, durable_clock_);
  store_.fresh = false;
  inbox_.note_own(options_.self, outbox_.last());
  report_own();
  reports_changed_ = true;
  have_changed_ = true;
  push_new(changes, before);
}

void Sync::Impl::on(sync_input::PeerUp& input) {
  SyncPeer& peer = peers_[input.node];
  const Have last = std::move(peer.last);
  peer = SyncPeer{};
  peer.up = true;
  peer.last = last;
  if (state_ != SyncState::kOpening) send(input.node, own_have());
}

void Sync::Impl::on(sync_input::PeerDown& input) {
  SyncPeer& peer = peers_[input.node];
  peer.up = false;
  peer.heard = false;
  peer.flight.clear();
  peer.flight_bytes = 0;
  for (auto& [origin, pull] : pulls_) {
    if (pull.asked && pull.peer == input.node) pull.asked = false;
  }
  std::erase_if(reading_, [&](const auto& entry) { return entry.second.peer == input.node; });
}

void Sync::Impl::on(sync_input::Members& input) {
  if (members_ != input.nodes) {
    leaving_.reset();
    left_behind_.clear();
  }
  members_ = std::move(input.nodes);
  stability_.set_members(members_);
  reports_changed_ = true;
}

void Sync::Impl::on(sync_input::Received& input) {
  const auto found = peers_.find(input.node);
  if (found == peers_.end() || !found->second.up) return;
  if (state_ == SyncState::kOpening || state_ == SyncState::kRefused) return;
  std::visit([&](auto& message) { on_message(input.node, found->second, message); }, input.message);
}

void Sync::Impl::on(sync_input::Applied& input) {
  applying_ = false;
  store_retry_.reset();
  store_moved(input.have, input.clock);
  if (quarantine_.empty()) error_.clear();
}

void Sync::Impl::on(sync_input::ApplyFailed& input) {
  applying_ = false;
  const bool passes = input.code == ErrorCode::kBusy || input.code == ErrorCode::kFull ||
                      input.code == ErrorCode::kIo || input.code == ErrorCode::kTimeout;
  if (passes || input.at.origin == 0) {
    store_retry_ = back_off(store_retry_);
    if (error_ != input.text) effects_->report.push_back("changes could not be applied: " + input.text);
  } else {
    quarantine(input);
  }
  error_ = input.text;
  store_moved(input.have, input.clock);
}

void Sync::Impl::on(sync_input::Durable& input) {
  syncing_ = false;
  raise(durable_, input.have);
  durable_clock_ = std::max(durable_clock_, input.clock);
  report_own();
  reports_changed_ = true;
  have_changed_ = true;
}

void Sync::Impl::on(sync_input::RangeRead& input) {
  const auto found = reading_.find(input.request);
  if (found == reading_.end()) return;
  const Reading reading = found->second;
  reading_.erase(found);
  SyncPeer& peer = peers_[reading.peer];
  if (!peer.may_ask(reading.origin)) return;
  if (reading.origin == options_.self) {  // the log may hold more already, which is not durable yet
    std::erase_if(input.changes, [this](const ChangeSet& change) { return change.seq > outbox_.last(); });
  }
  if (input.gone || input.changes.empty()) {
    if (input.gone) send(reading.peer, Gone{store_.database_id, reading.origin, input.first_kept});
    return;
  }
  const Seq last = input.changes.back().seq;
  std::int64_t bytes = 0;
  for (const ChangeSet& change : input.changes) bytes += size_in_bytes(change);
  send(reading.peer, Changes{store_.database_id, std::move(input.changes)});
  if (reading.origin != options_.self) return;
  note_sent(peer, last, bytes);
  push_rest(reading.peer, peer);
}

void Sync::Impl::on(sync_input::SnapshotInstalled& input) {
  INVARIANT(state_ == SyncState::kSnapshot);
  state_ = SyncState::kRunning;
  adopt_from_.reset();
  snapshot_retry_.reset();
  error_.clear();
  // A snapshot may know less of one origin than was here: what it lacks is pulled again.
  load(input.state);
}

void Sync::Impl::on(sync_input::SnapshotFailed& input) {
  INVARIANT(state_ == SyncState::kSnapshot);
  state_ = SyncState::kRunning;
  snapshot_retry_ = back_off(snapshot_retry_);
  effects_->report.push_back("snapshot failed: " + input.text);
  error_ = input.text;
}

void Sync::Impl::on(sync_input::Trimmed& input) {
  raise(store_.trimmed, input.trimmed);
  have_changed_ = true;
}

// What does not fit now is released again by core::Commit, or pulled.
void Sync::Impl::on(sync_input::Decided& input) {
  if (state_ == SyncState::kOpening || state_ == SyncState::kRefused) return;
  for (ChangeSet& change : input.changes) inbox_.take(std::move(change));
}

void Sync::Impl::on(sync_input::Pending& input) {
  const Hlc before = told_clock();
  pending_floor_ = input.floor;
  last_slot_ = input.last_slot;
  have_changed_ = have_changed_ || begun_ != input.begun;
  begun_ = input.begun;
  if (state_ == SyncState::kOpening || told_clock() <= before) return;
  report_own();
  reports_changed_ = true;
  have_changed_ = true;
}

void Sync::Impl::report_own() {
  const Have own = own_have();
  stability_.report(options_.self, own.vector, own.clock, own.last_slot);
}

Hlc Sync::Impl::told_clock() const {
  return std::min(durable_clock_, Hlc{pending_floor_.value - 1});
}

void Sync::Impl::on(sync_input::RetryNow&) {
  store_retry_.reset();
  for (auto& [origin, blocked] : quarantine_) blocked.retry = Retry{time_.now, options_.retry_min};
}

void Sync::Impl::on(sync_input::Tick&) {}

bool Sync::Impl::caught_up() const {
  if (state_ != SyncState::kRunning || adopt_from_) return false;
  const bool all_heard = std::all_of(
      peers_.begin(), peers_.end(), [](const auto& entry) { return !entry.second.up || entry.second.heard; });
  return all_heard && covers(store_.have, target_);
}

SyncStatus Sync::Impl::status() const {
  SyncStatus status;
  status.state = state_;
  status.caught_up = caught_up();
  status.store = store_;
  status.durable = durable_;
  status.watermark = stability_.watermark();
  status.hold_back_bytes = inbox_.bytes();
  status.waiting_for_clock = clock_waiting_;
  status.error = error_;
  for (const auto& [origin, blocked] : quarantine_) status.quarantine.push_back(blocked.why);
  for (const auto& [node, peer] : peers_) {
    status.peers.push_back(
        {node, peer.up, peer.compatible, peer.last.vector, peer.last.clock, peer.flight_bytes});
  }
  return status;
}

}  // namespace murmel::core
