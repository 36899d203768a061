#include "agent/core/commit.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/commit_impl.h"

namespace murmel::core {
namespace {

constexpr Duration kUpkeep = seconds(1);

}  // namespace

void CommitEffects::clear() {
  *this = CommitEffects{};
}

Commit::Commit(const CommitOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Commit::~Commit() = default;

void Commit::step(const Time& time, CommitInput input, CommitEffects& effects) {
  impl_->step(time, std::move(input), effects);
}
Instant Commit::wake_at() const {
  return impl_->wake_at();
}
Hlc Commit::pending_floor() const {
  return impl_->pending_floor();
}
VersionVector Commit::known() const {
  return impl_->known();
}
std::optional<VersionVector> Commit::known_in(std::uint64_t epoch) const {
  return impl_->known_in(epoch);
}
std::vector<NodeId> Commit::authors() const {
  return impl_->authors();
}
bool Commit::holds(const VersionVector& tips) const {
  return impl_->holds(tips);
}
VersionVector Commit::held(const VersionVector& known) const {
  return impl_->held(known);
}
VersionVector Commit::settled(const VersionVector& known) const {
  return impl_->settled(known);
}
std::vector<ChangeSet> Commit::decided_from(const Position& first, std::int64_t bytes_max) const {
  return impl_->decided_from(first, bytes_max);
}
Seq Commit::last_slot() const {
  return impl_->last_slot();
}
bool Commit::begun() const {
  return impl_->begun();
}
CommitStatus Commit::status() const {
  return impl_->status();
}

Commit::Impl::Impl(const CommitOptions& options) : options_(options), random_(options.random_seed) {}

void Commit::Impl::step(const Time& time, CommitInput input, CommitEffects& effects) {
  time_ = time;
  effects_ = &effects;
  writes_ = false;
  std::visit([this](auto& i) { on(i); }, input);
  if (open_) {
    run_timers();
    expire_requests();
    release_decided();
    flush();
    if (time_.now >= next_upkeep_) {
      next_upkeep_ = time_.now + kUpkeep;
      recover_gaps();
      release_again();
      forget_old();
      release_decided();
      flush();
    }
  }
  effects_ = nullptr;
}

void Commit::Impl::on(commit_input::Opened& input) {
  INVARIANT(!open_);
  open_ = true;
  database_id_ = input.database_id;
  have_ = durable_ = released_ = input.have;
  replay(input.records);
  next_upkeep_ = time_.now + kUpkeep;
}

void Commit::Impl::on(commit_input::Strangers& input) {
  strangers_ = {input.nodes.begin(), input.nodes.end()};
}

void Commit::Impl::on(commit_input::PeerUp& input) {
  up_.insert(input.node);
}

void Commit::Impl::on(commit_input::PeerDown& input) {
  up_.erase(input.node);
  hurry_orphans(decided_origin(input.node));
  for (const auto& [position, request] : requests_) {  // it may have been what is waited for
    CommitSlot& slot = slots_[position];
    const Instant soon = time_.now + milliseconds(1);
    if (!slot.over() && slot.wake_at > soon) wake_slot(position, slot, soon);
  }
}

void Commit::Impl::on(commit_input::Ask& input) {
  CommitEffects::Reply reply;
  reply.request = input.request;
  reply.slot = input.slot;
  const auto found = slots_.find(input.slot);
  if (found != slots_.end() && found->second.decided) {
    reply.outcome = *found->second.decided ? CommitOutcome::kCommitted : CommitOutcome::kAborted;
    reply.hlc = found->second.hlc;
  } else if (seq_of(have_, input.slot.origin) >= input.slot.seq) {
    reply.text = "decided long ago: the database's log has it, empty if it was aborted";
  } else if (found == slots_.end()) {
    reply.text = "this node has not heard of the transaction";
  } else {
    reply.text = "not decided yet";
    if (!found->second.round) plan_recovery(input.slot, found->second, Duration{});
  }
  effects_->reply.push_back(std::move(reply));
}

void Commit::Impl::on(commit_input::Received& input) {
  if (open_) receive(input.node, input.message);
}

void Commit::Impl::receive(NodeId node, CommitMessage& message) {
  std::visit(
      [&](auto& m) {
        if (m.database_id != database_id_) return;
        if constexpr (requires { m.epoch; }) {
          using Kind = std::decay_t<decltype(m)>;
          constexpr bool kAnswers =
              std::is_same_v<Kind, Votes> || std::is_same_v<Kind, Accepted> || std::is_same_v<Kind, Promise>;
          const bool counts = m.epoch == epoch_.number && (!kAnswers || is_voter(node));
          if (!counts && options_.mutation != Mutation::kIgnoreEpoch) {
            // Who is ahead of this node asks again.
            if constexpr (std::is_same_v<Kind, Prepare>) {
              if (m.epoch < epoch_.number) refuse_epoch(node, m);
            }
            return;
          }
        }
        on_message(node, m);
      },
      message);
}

void Commit::Impl::on(commit_input::Persisted& input) {
  persisted_ = std::max(persisted_, input.number);
  outgoing_.persisted(persisted_);
  while (!reserving_.empty() && reserving_.begin()->first <= persisted_) {
    reserved_durable_ = std::max(reserved_durable_, reserving_.begin()->second);
    reserving_.erase(reserving_.begin());
  }
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    waiting.input.timeout = waiting.deadline - time_.now;
    on(waiting.input);
  }
}

void Commit::Impl::on(commit_input::Tick&) {}

// What this node says to itself is heard in the same step.
void Commit::Impl::flush() {
  for (;;) {
    std::vector<CommitMessage> own =
        outgoing_.flush(options_.self, database_id_, epoch_.number, effects_->send);
    if (own.empty()) return;
    for (CommitMessage& message : own) receive(options_.self, message);
    release_decided();
  }
}

void Commit::Impl::wake_slot(const Position& position, CommitSlot& slot, Instant at) {
  if (slot.wake_at == at) return;
  if (slot.wake_at != kNever) timers_.erase({slot.wake_at, position});
  slot.wake_at = at;
  if (at != kNever) timers_.insert({at, position});
}

void Commit::Impl::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= time_.now) {
    const Position position = timers_.begin()->second;
    timers_.erase(timers_.begin());
    const auto found = slots_.find(position);
    if (found == slots_.end()) continue;
    found->second.wake_at = kNever;
    run_timer(position, found->second);
    INVARIANT(found->second.wake_at > time_.now);
  }
}

void Commit::Impl::run_timer(const Position& position, CommitSlot& slot) {
  if (slot.over()) return;
  if (!slot.round) return recover(position, slot);
  CommitRound& round = *slot.round;
  switch (round.phase) {
    case CommitRound::Phase::kVoting:
      if (time_.now >= round.ask_busy_at) send_prepare(position, slot, true);
      if (time_.now >= round.resend_at) send_prepare(position, slot, false);
      return weigh_votes(position, slot);
    case CommitRound::Phase::kPromising:
    case CommitRound::Phase::kAccepting:
      if (time_.now >= round.since + patience(slot)) return give_up_round(position, slot, 0);
      if (round.phase == CommitRound::Phase::kPromising) return send_recover(position, slot);
      return send_proposal(position, slot);
  }
}

Instant Commit::Impl::wake_at() const {
  Instant at = next_upkeep_;
  if (!timers_.empty()) at = std::min(at, timers_.begin()->first);
  if (!request_deadlines_.empty()) at = std::min(at, request_deadlines_.begin()->first);
  for (const Waiting& waiting : waiting_) at = std::min(at, waiting.deadline);
  return at;
}

bool Commit::Impl::is_voter(NodeId node) const {
  return std::binary_search(epoch_.voters.begin(), epoch_.voters.end(), node);
}

std::vector<NodeId> Commit::Impl::voters_up() const {
  std::vector<NodeId> nodes;
  for (const NodeId node : epoch_.voters) {
    if (node == options_.self || up_.contains(node)) nodes.push_back(node);
  }
  return nodes;
}

std::size_t Commit::Impl::reachable_voters() const {
  return voters_up().size();
}

Duration Commit::Impl::jitter(Duration span) {
  return span.ns <= 0
             ? Duration{}
             : Duration{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(span.ns)))};
}

CommitStatus Commit::Impl::status() const {
  CommitStatus status = counts_;
  status.epoch = epoch_;
  status.majority_reachable = !epoch_.voters.empty() && reachable_voters() >= majority();
  status.undecided = undecided_;
  status.claims = claims_.size();
  status.kept_bytes = kept_bytes_;
  for (const auto& [position, slot] : slots_) {
    if (slot.over() && seq_of(have_, position.origin) < position.seq) ++status.not_stored;
    if (slot.over() && seq_of(durable_, position.origin) < position.seq) ++status.kept;
  }
  return status;
}

}  // namespace murmel::core
