// Commit: what a voter answers.
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"

namespace murmel::core {
namespace {

constexpr Seq kSlotsAheadMax = 4;  // times slots_max: numbers above are not believed
constexpr std::int64_t kKeepBackTurns = 4;
constexpr std::int64_t kKeepBackPause = 2;  // in turns: then rows have had theirs

}  // namespace

// Slots so far beyond what the database has are not taken in: memory must not grow with a wrong number.
bool Commit::Impl::far_off(const Position& position) const {
  const Seq known = std::max(seq_of(have_, position.origin), seq_of(floor_, position.origin));
  return position.seq > known + kSlotsAheadMax * static_cast<Seq>(options_.slots_max);
}

CommitSlot& Commit::Impl::slot_at(const Position& position) {
  const auto [entry, added] = slots_.try_emplace(position);
  if (added) {
    ++undecided_;
    plan_recovery(position, entry->second, options_.recovery_timeout + jitter(options_.recovery_timeout));
  }
  return entry->second;
}

// Decided in an earlier epoch: the outcome comes with the data, whether or not it is known here yet.
bool Commit::Impl::settled_before(const Position& position) const {
  return covered(tips_, position) && options_.mutation != Mutation::kIgnoreTips;
}

// Answers a question about a slot that is over; false if it is not.
bool Commit::Impl::tell_decision(NodeId node, const Position& position) {
  const auto found = slots_.find(position);
  if (found != slots_.end() && found->second.decided) {
    if (node != options_.self)
      outgoing_.add({node}, Decision{position, found->second.hlc, *found->second.decided});
    return true;
  }
  // Who asks will find it in the databases.
  return covered(have_, position) || covered(floor_, position) || settled_before(position);
}

void Commit::Impl::refuse_epoch(NodeId node, const Prepare& message) {
  for (const Transaction& transaction : message.transactions) {
    outgoing_.add({node}, Vote{slot_of(transaction), VoteReason::kEpoch, {}});
  }
}

void Commit::Impl::on_message(NodeId node, Prepare& message) {
  if (!self_votes() || journal_lost_) return;
  for (Transaction& transaction : message.transactions) vote(node, transaction);
}

void Commit::Impl::vote(NodeId node, Transaction& transaction) {
  const Position position = slot_of(transaction);
  if (position.origin != decided_origin(node) || position.seq < 1 || transaction.change.more) return;
  if (tell_decision(node, position)) return;
  const auto found = slots_.find(position);
  if (found != slots_.end() && found->second.voted) {
    if (found->second.records <= persisted_) outgoing_.add({node}, Vote{position, VoteReason::kYes, {}});
    return;
  }
  Vote answer = judge(transaction);
  const bool may_change = strangers_.contains(options_.self) || strangers_.contains(node);
  if (may_change && !begun()) answer = {position, VoteReason::kFenced, {}};
  keep_others_back(transaction, answer);
  if (found != slots_.end() && found->second.promised.round > 0) answer = {position, VoteReason::kOver, {}};
  if (answer.reason != VoteReason::kYes) return outgoing_.add({node}, answer);
  say_yes(node, slot_at(position), transaction);
}

void Commit::Impl::say_yes(NodeId node, CommitSlot& slot, Transaction& transaction) {
  const Vote answer{slot_of(transaction), VoteReason::kYes, {}};
  slot.voted = true;
  slot.rows_kept = true;
  slot.vote_epoch = epoch_.number;
  slot.hlc = transaction.change.hlc;
  slot.transaction = std::move(transaction);
  undecided_bytes_ += static_cast<std::int64_t>(slot.transaction->change.rows.size());
  if (options_.mutation != Mutation::kFreeClaimsEarly) claims_.hold(*slot.transaction);
  slot.records = write(journal::Yes{*slot.transaction, epoch_.number});
  const bool early = options_.mutation == Mutation::kVoteNotDurable;
  if (early) {
    outgoing_.add({node}, answer);
  } else {
    outgoing_.add_after(slot.records, {node}, answer);
  }
  if (options_.mutation == Mutation::kApplyUndecided) touched_.insert(answer.slot.origin);
}

Vote Commit::Impl::judge(const Transaction& transaction) const {
  const Position slot = slot_of(transaction);
  if (fenced_) return {slot, VoteReason::kFenced, {}};
  if (too_far_ahead(transaction.change.hlc, time_.wall_ms, options_.max_clock_offset)) {
    return {slot, VoteReason::kClock, {}};
  }
  if (options_.mutation != Mutation::kIgnoreFloor) {
    for (const auto& [origin, seq] : floor_) {
      if (seq_of(transaction.seen, origin) < seq) return {slot, VoteReason::kBehind, {origin, seq}};
    }
  }
  if (options_.mutation != Mutation::kIgnoreTips) {
    for (const auto& [origin, seq] : tips_) {
      if (seq_of(transaction.seen, origin) < seq) return {slot, VoteReason::kBehind, {origin, seq}};
    }
  }
  const ClaimIndex::Rules rules{
      options_.mutation != Mutation::kNoSeenCheck, options_.mutation != Mutation::kSchemaNotSeen,
      options_.mutation != Mutation::kSchemaUnseeing, options_.mutation != Mutation::kSharersUnseen};
  if (const auto obstacle = claims_.obstacle(transaction, rules)) return *obstacle;
  if (keeps_back() && !claims_all(transaction)) return {slot, VoteReason::kBusy, {}};
  const auto bytes = static_cast<std::int64_t>(transaction.change.rows.size());
  const bool full =
      undecided_ >= options_.slots_max || (undecided_ > 0 && undecided_bytes_ + bytes > options_.bytes_max) ||
      (options_.kept_bytes_max > 0 && kept_bytes_ + bytes > options_.kept_bytes_max) ||
      claims_.size() + transaction.claims.size() + transaction.shared.size() > 2 * options_.claims_kept_max;
  if (full || far_off(slot)) return {slot, VoteReason::kLimit, {}};
  return {slot, VoteReason::kYes, {}};
}

// A schema change that was refused comes again (true). Until then nothing new is let in before it, but rows
// get their turn now and then.
bool Commit::Impl::keep_others_back(const Transaction& transaction, const Vote& vote) {
  if (!claims_all(transaction)) return false;
  switch (vote.reason) {
    case VoteReason::kBusy:
    case VoteReason::kConflict:
    case VoteReason::kBehind: break;
    case VoteReason::kYes: kept_back_until_ = kept_back_since_ = {}; return false;  // its claim is enough
    case VoteReason::kEpoch:
    case VoteReason::kClock:
    case VoteReason::kLimit:
    case VoteReason::kOver:
    case VoteReason::kFenced: return false;
  }
  keep_back(options_.keep_back_time, kKeepBackTurns);
  return true;
}

// However often it is asked for, the others get their turn.
void Commit::Impl::keep_back(Duration turn, std::int64_t turns) {
  const Duration longest = options_.keep_back_time;
  if (time_.now >= kept_back_until_ + longest * kKeepBackPause) kept_back_since_ = time_.now;
  const Instant until = std::min(time_.now + turn, kept_back_since_ + longest * turns);
  kept_back_until_ = std::max(kept_back_until_, until);
}

void Commit::Impl::on(commit_input::HoldBack& input) {
  keep_back(std::min(input.turn, options_.keep_back_time), 1);
}

void Commit::Impl::on_message(NodeId node, Accept& message) {
  if (!self_votes() || journal_lost_) return;
  for (const Proposal& proposal : message.proposals) accept(node, proposal);
}

void Commit::Impl::accept(NodeId node, const Proposal& proposal) {
  if (far_off(proposal.slot) || tell_decision(node, proposal.slot)) return;
  CommitSlot& slot = slot_at(proposal.slot);
  Acceptance answer{proposal.slot, proposal.ballot, proposal.ballot >= slot.promised, slot.promised};
  slot.highest_round = std::max(slot.highest_round, proposal.ballot.round);
  if (!answer.ok) return outgoing_.add({node}, answer);
  if (slot.accepted != proposal) {
    slot.promised = proposal.ballot;
    slot.accepted = proposal;
    slot.records = write(journal::AcceptGiven{proposal});
  }
  const bool early = options_.mutation == Mutation::kPromiseNotDurable;
  if (early || slot.records <= persisted_) return outgoing_.add({node}, answer);
  outgoing_.add_after(slot.records, {node}, answer);
}

void Commit::Impl::on_message(NodeId node, Recover& message) {
  if (!self_votes() || journal_lost_) return;
  for (const Recovery& recovery : message.slots) promise(node, recovery);
}

void Commit::Impl::promise(NodeId node, const Recovery& recovery) {
  if (far_off(recovery.slot)) return;
  const auto known = slots_.find(recovery.slot);
  if (known == slots_.end() || !known->second.decided) {
    if (tell_decision(node, recovery.slot)) return;
  }
  Promised answer;
  answer.slot = recovery.slot;
  answer.ballot = recovery.ballot;
  if (known != slots_.end() && known->second.decided) {
    answer.decided = known->second.decided;
    answer.hlc = known->second.hlc;
    return outgoing_.add({node}, answer);
  }
  CommitSlot& slot = slot_at(recovery.slot);
  slot.highest_round = std::max(slot.highest_round, recovery.ballot.round);
  if (slot.hlc.value == 0) slot.hlc = recovery.hlc;
  answer.promised = slot.promised;
  answer.ok = recovery.ballot >= slot.promised;
  if (!answer.ok) return outgoing_.add({node}, answer);
  if (slot.promised != recovery.ballot) {
    slot.promised = recovery.ballot;
    slot.records = write(journal::PromiseGiven{recovery.slot, slot.hlc, recovery.ballot});
    if (node != options_.self) {  // give the other one time
      plan_recovery(recovery.slot, slot, options_.recovery_timeout + jitter(options_.recovery_timeout));
    }
  }
  answer.hlc = slot.hlc;
  answer.voted = slot.voted;
  answer.accepted = slot.accepted;
  const bool early = options_.mutation == Mutation::kPromiseNotDurable;
  if (early || slot.records <= persisted_) return outgoing_.add({node}, answer);
  outgoing_.add_after(slot.records, {node}, answer);
}

void Commit::Impl::on_message(NodeId node, Votes& message) {
  for (const Vote& vote : message.votes) on_vote(node, vote);
}

void Commit::Impl::on_message(NodeId node, Accepted& message) {
  for (const Acceptance& acceptance : message.acceptances) on_acceptance(node, acceptance);
}

void Commit::Impl::on_message(NodeId node, Promise& message) {
  for (const Promised& promised : message.slots) on_promised(node, promised);
}

void Commit::Impl::on_message(NodeId, Decided& message) {
  for (const Decision& decision : message.decisions) learn(decision);
}

}  // namespace murmel::core
