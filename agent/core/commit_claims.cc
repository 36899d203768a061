#include "agent/core/commit_claims.h"

namespace murmel::core {
namespace {

const Position kNobody;

bool has_seen(const Transaction& transaction, const Position& other) {
  return seq_of(transaction.seen, other.origin) >= other.seq;
}

}  // namespace

std::optional<Vote> ClaimIndex::obstacle(const Transaction& transaction, bool regard_seen) const {
  const Position slot = slot_of(transaction);
  std::optional<Vote> busy;
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end()) continue;
    const Holder& holder = found->second;
    if (regard_seen && holder.writer != kNobody && !has_seen(transaction, holder.writer)) {
      return Vote{slot, VoteReason::kConflict, holder.writer};
    }
    const bool held = holder.undecided != kNobody && holder.undecided != slot;
    if (held && !has_seen(transaction, holder.undecided))
      busy = Vote{slot, VoteReason::kBusy, holder.undecided};
  }
  return busy;
}

void ClaimIndex::hold(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.claims) {
    Holder& holder = holders_[claim];
    if (holder.undecided != kNobody && holder.undecided != slot) holder.writer = holder.undecided;
    holder.undecided = slot;
  }
}

void ClaimIndex::committed(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end() || found->second.undecided != slot) continue;  // a later one has it already
    found->second = {kNobody, slot};
  }
}

void ClaimIndex::released(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end() || found->second.undecided != slot) continue;
    found->second.undecided = kNobody;
    if (found->second.writer == kNobody) holders_.erase(found);
  }
}

void ClaimIndex::forget(const Transaction& transaction) {
  const Position slot = slot_of(transaction);
  for (const Claim claim : transaction.claims) {
    const auto found = holders_.find(claim);
    if (found == holders_.end()) continue;
    if (found->second.writer == slot) found->second.writer = kNobody;
    if (found->second.writer == kNobody && found->second.undecided == kNobody) holders_.erase(found);
  }
}

}  // namespace murmel::core
