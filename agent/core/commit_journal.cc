// Commit: what the journal says when the database is opened.
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"

namespace murmel::core {

std::uint64_t Commit::Impl::write(journal::Record record) {
  if (!writes_) ++persist_number_;
  writes_ = true;
  effects_->persist.push_back(std::move(record));
  effects_->persist_number = persist_number_;
  return persist_number_;
}

void Commit::Impl::replay(std::vector<journal::Record>& records) {
  const NodeId own = decided_origin(options_.self);
  std::vector<Position> votes;  // in order
  bool reserved = false;
  const auto slot = [this](const Position& position) -> CommitSlot& { return slots_[position]; };
  for (journal::Record& record : records) {
    if (auto* reserve = std::get_if<journal::Reserve>(&record)) {
      reserved = true;
      old_limit_ = std::max(old_limit_, reserve->limit);
      old_above_ = reserve->above;
    } else if (auto* yes = std::get_if<journal::Yes>(&record)) {
      const Position position = slot_of(yes->transaction);
      CommitSlot& s = slot(position);
      s.voted = true;
      s.rows_kept = true;
      s.vote_epoch = yes->epoch;
      s.hlc = yes->transaction.change.hlc;
      s.transaction = std::move(yes->transaction);
      votes.push_back(position);
    } else if (auto* given = std::get_if<journal::PromiseGiven>(&record)) {
      CommitSlot& s = slot(given->slot);
      s.promised = std::max(s.promised, given->ballot);
      if (s.hlc.value == 0) s.hlc = given->hlc;
    } else if (auto* accepted = std::get_if<journal::AcceptGiven>(&record)) {
      CommitSlot& s = slot(accepted->proposal.slot);
      s.promised = std::max(s.promised, accepted->proposal.ballot);
      s.accepted = accepted->proposal;
    } else if (auto* known = std::get_if<journal::Known>(&record)) {
      CommitSlot& s = slot(known->decision.slot);
      s.decided = known->decision.commit;
      s.decision_kept = true;
      s.hlc = known->decision.hlc;
    } else if (auto* forget = std::get_if<journal::Forget>(&record)) {
      Seq& floor = floor_[forget->up_to.origin];
      floor = std::max(floor, forget->up_to.seq);
    }
  }
  std::erase_if(slots_,
                [this](const auto& entry) { return entry.first.seq <= seq_of(floor_, entry.first.origin); });
  journal_lost_ = !reserved && seq_of(have_, own) > 0;
  if (journal_lost_)
    effects_->report.push_back("the commit journal is missing; this node can't vote any more");
  reload_claims(votes);
  resume_own_slots();
}

void Commit::Impl::reload_claims(const std::vector<Position>& votes) {
  for (auto& [position, slot] : slots_) {
    slot.decided_at = time_.now;
    slot.passed = !slot.decided && seq_of(have_, position.origin) >= position.seq;
    touched_.insert(position.origin);
    std::int64_t& bytes = slot.over() ? kept_bytes_ : undecided_bytes_;
    if (slot.transaction) bytes += static_cast<std::int64_t>(slot.transaction->change.rows.size());
    if (slot.over()) continue;
    ++undecided_;
    plan_recovery(position, slot, jitter(options_.recovery_timeout));
  }
  // In the order of the votes, so that the latest writer of a key is the one that is noted.
  for (const Position& position : votes) {
    const auto found = slots_.find(position);
    if (found == slots_.end() || !found->second.transaction) continue;
    CommitSlot& slot = found->second;
    claims_.hold(*slot.transaction);
    if (slot.over()) settle_claims(slot, slot.passed || *slot.decided);
  }
}

// Numbers that were reserved may have been used, whatever the journal knows of them: they are decided like
// any other slot, and new transactions are numbered after them.
void Commit::Impl::resume_own_slots() {
  const NodeId own = decided_origin(options_.self);
  Seq used = std::max(old_limit_, seq_of(have_, own));
  if (options_.mutation == Mutation::kNoReserve) {
    used = seq_of(have_, own);
    for (const auto& [position, slot] : slots_) {
      if (position.origin == own) used = std::max(used, position.seq);
    }
    old_limit_ = used;
  }
  for (Seq seq = seq_of(have_, own) + 1; seq <= used; ++seq) {
    CommitSlot& slot = slot_at({own, seq});
    last_stamp_ = std::max(last_stamp_, slot.hlc);
    if (!slot.over()) plan_recovery({own, seq}, slot, Duration{});
  }
  last_stamp_ = std::max(last_stamp_, old_above_);
  next_slot_ = used + 1;
  reserved_ = reserved_durable_ = old_limit_;
}

}  // namespace murmel::core
