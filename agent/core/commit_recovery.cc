// Commit: deciding a slot whose coordinator has not, in a round above 0.
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"
#include "agent/core/commit_slot.h"

namespace murmel::core {
namespace {

constexpr int kDoublingsMax = 4;  // of the patience, from attempt to attempt
constexpr Seq kGapSlots = 256;    // recovered of one origin at a time

}  // namespace

void Commit::Impl::plan_recovery(const Position& position, CommitSlot& slot, Duration patience) {
  wake_slot(position, slot, time_.now + std::max(patience, milliseconds(1)));
}

// How long a round may take. Grows, so that two who recover the same slot, or a network that is slower than
// expected, can't keep it undecided for ever.
Duration Commit::Impl::patience(const CommitSlot& slot) const {
  return options_.recovery_timeout * (1LL << std::min(slot.attempts, kDoublingsMax));
}

// The kernel closes the links of a process that ends at once. One voter after the other, or they would take
// the slots from each other.
void Commit::Impl::hurry_orphans(NodeId origin) {
  const std::vector<NodeId> voters = voters_up();
  const auto place = std::lower_bound(voters.begin(), voters.end(), options_.self) - voters.begin();
  const Instant at = time_.now + milliseconds(1) + options_.orphan_patience * place;
  for (auto it = slots_.lower_bound({origin, 0}); it != slots_.end() && it->first.origin == origin; ++it) {
    CommitSlot& slot = it->second;
    if (!slot.over() && !slot.round && slot.wake_at > at) wake_slot(it->first, slot, at);
  }
}

void Commit::Impl::recover(const Position& position, CommitSlot& slot) {
  const bool own = position.origin == decided_origin(options_.self);
  if ((!self_votes() && !own) || journal_lost_ || reachable_voters() < majority()) {
    return plan_recovery(position, slot, options_.recovery_timeout);
  }
  slot.highest_round = std::max(slot.highest_round, slot.promised.round) + 1;
  ++slot.attempts;
  CommitRound& round = slot.round.emplace();
  round.phase = CommitRound::Phase::kPromising;
  round.ballot = {slot.highest_round, options_.self};
  round.since = time_.now;
  // Durable before others hear of it: a ballot must not be used for two values, across a crash either.
  slot.promised = round.ballot;
  slot.records = write(journal::PromiseGiven{position, slot.hlc, round.ballot});
  std::vector<NodeId> to = voters_up();
  std::erase(to, options_.self);
  outgoing_.add_after(slot.records, to, Recovery{position, slot.hlc, round.ballot});
  if (self_votes() && !settled_before(position)) {
    Promised own_promise;
    own_promise.slot = position;
    own_promise.hlc = slot.hlc;
    own_promise.ballot = round.ballot;
    own_promise.ok = true;
    own_promise.voted = slot.voted;
    own_promise.accepted = slot.accepted;
    outgoing_.add_after(slot.records, {options_.self}, own_promise);
  }
  plan_recovery(position, slot, options_.resend_interval);
}

void Commit::Impl::send_recover(const Position& position, CommitSlot& slot) {
  const CommitRound& round = *slot.round;
  std::vector<NodeId> to;
  for (const NodeId node : voters_up()) {
    if (node != options_.self && !round.promises.contains(node)) to.push_back(node);
  }
  if (!to.empty() && slot.records <= persisted_)
    outgoing_.add(to, Recovery{position, slot.hlc, round.ballot});
  plan_recovery(position, slot, options_.resend_interval);
}

void Commit::Impl::on_promised(NodeId node, const Promised& promised) {
  if (promised.decided) return learn({promised.slot, promised.hlc, *promised.decided});
  const auto found = slots_.find(promised.slot);
  if (found == slots_.end() || !found->second.round) return;
  CommitSlot& slot = found->second;
  CommitRound& round = *slot.round;
  if (round.phase != CommitRound::Phase::kPromising || round.ballot != promised.ballot) return;
  if (!promised.ok) return give_up_round(promised.slot, slot, promised.promised.round);
  round.promises[node] = promised;
  if (round.promises.size() >= majority()) choose(promised.slot, slot);
}

// A majority has promised: what may be proposed without taking back what may be decided already?
void Commit::Impl::choose(const Position& position, CommitSlot& slot) {
  CommitRound& round = *slot.round;
  const Proposal* best = nullptr;
  bool all_voted = true;
  Hlc stamp = slot.hlc;
  for (const auto& [node, promised] : round.promises) {
    all_voted = all_voted && promised.voted;
    if (stamp.value == 0) stamp = promised.hlc;
    if (!promised.accepted || options_.mutation == Mutation::kForgetAccepted) continue;
    const Proposal& accepted = *promised.accepted;
    const bool lowest = options_.mutation == Mutation::kLowestBallot;
    if (best == nullptr || (lowest ? accepted.ballot < best->ballot : accepted.ballot > best->ballot)) {
      best = &accepted;
    }
  }
  round.commit = best != nullptr ? best->commit : all_voted;
  if (best != nullptr) stamp = best->hlc;
  round.hlc = round.commit ? stamp : kVoidStamp;
  round.phase = CommitRound::Phase::kAccepting;
  round.since = time_.now;
  send_proposal(position, slot);
}

void Commit::Impl::give_up_round(const Position& position, CommitSlot& slot, std::uint32_t higher_round) {
  slot.highest_round = std::max(slot.highest_round, higher_round);
  slot.round.reset();
  plan_recovery(position, slot, options_.resend_interval + jitter(patience(slot)));
}

// The oldest slot that keeps later ones from the store may be one that nobody here has heard of.
void Commit::Impl::recover_gaps() {
  note_standing();
  std::vector<NodeId> origins;
  for (auto it = slots_.begin(); it != slots_.end(); it = slots_.lower_bound({it->first.origin, INT64_MAX})) {
    if (stands(it->first.origin)) origins.push_back(it->first.origin);
  }
  for (const NodeId origin : origins) recover_gap(origin);
}

void Commit::Impl::recover_gap(NodeId origin) {
  const Position last = std::prev(slots_.lower_bound({origin, INT64_MAX}))->first;
  const Seq from = std::max(seq_of(have_, origin), seq_of(released_, origin)) + 1;
  for (Seq seq = from; seq < std::min(last.seq, from + kGapSlots); ++seq) slot_at({origin, seq});
}

}  // namespace murmel::core
