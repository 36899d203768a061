#include "agent/core/commit_claims.h"

#include <algorithm>

namespace murmel::core {
namespace {

const Position kNobody;

bool has_seen(const Transaction& transaction, const Position& other) {
  return seq_of(transaction.seen, other.origin) >= other.seq;
}

}  // namespace

std::optional<Vote> ClaimIndex::obstacle(const Transaction& transaction, const Rules& rules) const {
  const Position slot = slot_of(transaction);
  std::optional<Vote> busy;
  // True: a conflict, and nothing worse can be found.
  const auto look = [&](Claim claim) {
    const auto found = holders_.find(claim);
    if (found == holders_.end()) return false;
    const Holder& holder = found->second;
    if (rules.regard_seen && holder.writer != kNobody && !has_seen(transaction, holder.writer)) {
      busy = Vote{slot, VoteReason::kConflict, holder.writer};
      return true;
    }
    const bool held = holder.undecided != kNobody && holder.undecided != slot;
    if (held && !has_seen(transaction, holder.undecided))
      busy = Vote{slot, VoteReason::kBusy, holder.undecided};
    return false;
  };
  const auto look_at_sharers = [&](Claim claim) {
    const auto found = sharers_.find(claim);
    if (found == sharers_.end()) return false;
    for (const auto& [origin, seq] : found->second.committed) {
      if (!rules.regard_seen || has_seen(transaction, {origin, seq})) continue;
      busy = Vote{slot, VoteReason::kConflict, {origin, seq}};
      return true;
    }
    for (const Position& other : found->second.undecided) {
      if (other != slot && !has_seen(transaction, other)) busy = Vote{slot, VoteReason::kBusy, other};
    }
    return false;
  };
  if (claims_all(transaction) && rules.schema_sees_rows) {
    busy = obstacle_to_all(transaction, rules.regard_seen);
    if (busy && busy->reason == VoteReason::kConflict) return busy;
  }
  if (rules.rows_see_schema && look(kWholeDatabase)) return busy;
  const bool shared = rules.writers_see_sharers && !sharers_.empty();
  for (const Claim claim : transaction.claims) {
    if (look(claim) || (shared && look_at_sharers(claim))) return busy;
  }
  for (const Claim claim : transaction.shared) {
    if (look(claim)) return busy;
  }
  return busy;
}

// Of the committed ones the greatest slot of each origin is enough: who has seen it has seen those before it.
std::optional<Vote> ClaimIndex::obstacle_to_all(const Transaction& transaction, bool regard_seen) const {
  const Position slot = slot_of(transaction);
  if (regard_seen) {
    for (const auto& [origin, seq] : committed_) {
      if (!has_seen(transaction, {origin, seq})) return Vote{slot, VoteReason::kConflict, {origin, seq}};
    }
  }
  for (const Position& other : undecided_) {
    if (other != slot && !has_seen(transaction, other)) return Vote{slot, VoteReason::kBusy, other};
  }
  return std::nullopt;
}

void ClaimIndex::hold(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  undecided_.insert(slot);
  for (const Claim claim : transaction.claims) {
    Holder& holder = holders_[claim];
    if (holder.undecided != kNobody && holder.undecided != slot) holder.writer = holder.undecided;
    holder.undecided = slot;
  }
  share(transaction);
}

void ClaimIndex::share(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.shared) {
    std::vector<Position>& undecided = sharers_[claim].undecided;
    if (std::find(undecided.begin(), undecided.end(), slot) == undecided.end()) undecided.push_back(slot);
  }
}

void ClaimIndex::settle_shared(const Transaction& transaction, bool committed) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.shared) {
    const auto found = sharers_.find(claim);
    if (found == sharers_.end()) continue;
    Sharers& sharers = found->second;
    const bool held = std::erase(sharers.undecided, slot) > 0;
    if (held && committed) {
      Seq& latest = sharers.committed[slot.origin];
      latest = std::max(latest, slot.seq);
    }
    if (sharers.undecided.empty() && sharers.committed.empty()) sharers_.erase(found);
  }
}

void ClaimIndex::forget_shared(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.shared) {
    const auto found = sharers_.find(claim);
    if (found == sharers_.end()) continue;
    Sharers& sharers = found->second;
    if (seq_of(sharers.committed, slot.origin) == slot.seq) sharers.committed.erase(slot.origin);
    if (sharers.undecided.empty() && sharers.committed.empty()) sharers_.erase(found);
  }
}

void ClaimIndex::committed(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  undecided_.erase(slot);
  Seq& committed = committed_[slot.origin];
  committed = std::max(committed, slot.seq);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end() || found->second.undecided != slot) continue;  // a later one has it already
    found->second = {kNobody, slot};
  }
  settle_shared(transaction, true);
}

void ClaimIndex::released(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  undecided_.erase(slot);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end() || found->second.undecided != slot) continue;
    found->second.undecided = kNobody;
    if (found->second.writer == kNobody) holders_.erase(found);
  }
  settle_shared(transaction, false);
}

void ClaimIndex::forget(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end()) continue;
    if (found->second.writer == slot) found->second.writer = kNobody;
    if (found->second.writer == kNobody && found->second.undecided == kNobody) holders_.erase(found);
  }
  forget_shared(transaction);
}

}  // namespace murmel::core
