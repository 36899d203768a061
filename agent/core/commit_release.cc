// Commit: decisions on their way to the store, and how they are forgotten.
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"

namespace murmel::core {
namespace {

constexpr Duration kStanding = seconds(1);  // a position that has not moved for so long stands

}  // namespace

// What is common to all ends of a slot: nobody works on it any more.
void Commit::Impl::close(const Position& position, CommitSlot& slot) {
  if (slot.over()) return;
  --undecided_;
  if (slot.transaction) {
    const auto bytes = static_cast<std::int64_t>(slot.transaction->change.rows.size());
    undecided_bytes_ -= bytes;
    kept_bytes_ += bytes;
  }
  slot.decided_at = time_.now;
  slot.round.reset();
  wake_slot(position, slot, kNever);
}

void Commit::Impl::settle_claims(CommitSlot& slot, bool commit) {
  if (!slot.transaction || !slot.voted) return;
  if (commit) {
    claims_.committed(*slot.transaction);
  } else {
    claims_.released(*slot.transaction);
  }
}

void Commit::Impl::decide(const Position& position, CommitSlot& slot, bool commit, Hlc hlc) {
  if (slot.decided) {
    if (*slot.decided != commit) {
      effects_->report.push_back("two decisions for transaction " + std::to_string(position.origin) + ":" +
                                 std::to_string(position.seq) + "; the first one is kept");
    }
    return;
  }
  const bool decider = slot.round.has_value();
  close(position, slot);
  slot.decided = commit;
  if (commit) slot.hlc = hlc;
  settle_claims(slot, commit);
  const bool own = position.origin == decided_origin(options_.self);
  if (own || slot.records > 0 || covered(drain_, position)) keep_decision(position, slot);
  if (own) ++(commit ? counts_.committed : counts_.aborted);
  if (decider) {
    std::vector<NodeId> to = voters_up();
    const NodeId coordinator = node_of_origin(position.origin);
    if (!is_voter(coordinator) && up_.contains(coordinator)) to.push_back(coordinator);
    std::erase(to, options_.self);
    if (!to.empty()) outgoing_.add(to, Decision{position, hlc, commit});
  }
  answer(position, slot);
  touched_.insert(position.origin);
}

void Commit::Impl::keep_decision(const Position& position, CommitSlot& slot) {
  slot.records = write(journal::Known{{position, slot.hlc, *slot.decided}});
  slot.decision_kept = true;
}

void Commit::Impl::learn(const Decision& decision) {
  const Position& position = decision.slot;
  if (!is_decided_origin(position.origin) || position.seq < 1 || far_off(position)) return;
  auto found = slots_.find(position);
  if (found == slots_.end()) {
    if (covered(have_, position) || covered(floor_, position)) return;
    slot_at(position);
    found = slots_.find(position);
  }
  found->second.round.reset();  // no need to tell the others
  decide(position, found->second, decision.commit, decision.hlc);
}

void Commit::Impl::on(commit_input::Taken& input) {
  if (!open_) return;
  bool room = true;
  for (ChangeSet& change : input.changes) take(change, room);
}

// Without room for rows the outcome at least. It is written first: the record of a vote alone would be one.
void Commit::Impl::take(ChangeSet& change, bool& room) {
  const Position position{change.origin, change.seq};
  if (!is_decided_origin(position.origin) || position.seq < 1 || far_off(position)) return;
  if (covered(durable_, position) || covered(floor_, position) || held(position)) return;
  CommitSlot& slot = slot_at(position);
  const bool commit = change.hlc != kVoidStamp;
  decide(position, slot, commit, change.hlc);
  if (!slot.decision_kept) keep_decision(position, slot);
  if (!commit || slot.rows_kept || slot.decided != commit) return;
  const auto bytes = static_cast<std::int64_t>(change.rows.size());
  room = room && (options_.kept_bytes_max == 0 || kept_bytes_ + bytes <= options_.kept_bytes_max);
  if (!room) return;
  kept_bytes_ += bytes;
  slot.transaction = Transaction{std::move(change), {}, {kNoKey}};
  slot.rows_kept = true;
  slot.records = write(journal::Yes{*slot.transaction, 0});
  touched_.insert(position.origin);
}

// What the slot is in the database; empty if that is not decided or not known here.
std::optional<ChangeSet> Commit::Impl::content_of(const Position& position, const CommitSlot& slot) const {
  const bool early = options_.mutation == Mutation::kApplyUndecided && slot.voted && !slot.decided;
  if (!slot.decided && !early) return std::nullopt;
  if (early || *slot.decided) {
    if (!slot.transaction || slot.rows_dropped) return std::nullopt;
    return slot.transaction->change;
  }
  ChangeSet nothing;
  nothing.origin = position.origin;
  nothing.seq = position.seq;
  nothing.hlc = options_.mutation == Mutation::kVoidApart ? store_clock_ : kVoidStamp;
  nothing.rows = options_.no_rows;
  return nothing;
}

// Hands the origin's next slots to core::Sync, as far as they are decided and known. The others it pulls from
// those who voted for them.
void Commit::Impl::release_origin(NodeId origin) {
  Seq& released = released_[origin];
  released = std::max(released, seq_of(have_, origin));
  for (;;) {
    const auto found = slots_.find({origin, released + 1});
    if (found == slots_.end()) return;
    std::optional<ChangeSet> change = content_of(found->first, found->second);
    if (!change) return;
    effects_->decided.push_back(std::move(*change));
    ++released;
  }
}

std::vector<ChangeSet> Commit::Impl::decided_from(const Position& first, std::int64_t bytes_max) const {
  std::vector<ChangeSet> changes;
  std::int64_t bytes = 0;
  Position next = first;
  for (auto it = slots_.find(first); it != slots_.end() && it->first == next && bytes < bytes_max; ++it) {
    std::optional<ChangeSet> change = content_of(it->first, it->second);
    if (!change) break;
    bytes += static_cast<std::int64_t>(change->rows.size());
    changes.push_back(std::move(*change));
    ++next.seq;
  }
  return changes;
}

void Commit::Impl::release_decided() {
  for (const NodeId origin : touched_) release_origin(origin);
  touched_.clear();
}

void Commit::Impl::on(commit_input::StoreMoved& input) {
  store_clock_ = std::max(store_clock_, input.clock);
  for (const auto& [origin, seq] : input.have) {
    if (!is_decided_origin(origin) || seq_of(have_, origin) == seq) continue;
    store_passed(origin, seq);
    touched_.insert(origin);
  }
  have_ = std::move(input.have);
  durable_ = std::move(input.durable);
  trimmed_ = std::move(input.trimmed);
}

// What has come into the database is decided, even if the decision was never heard here.
void Commit::Impl::store_passed(NodeId origin, Seq seq) {
  const auto end = slots_.upper_bound({origin, seq});
  for (auto it = slots_.upper_bound({origin, seq_of(have_, origin)}); it != end; ++it) {
    CommitSlot& slot = it->second;
    if (slot.over()) continue;
    close(it->first, slot);
    slot.passed = true;
    settle_claims(slot, true);
    answer(it->first, slot);
  }
}

void Commit::Impl::note_standing() {
  for (auto it = slots_.begin(); it != slots_.end(); it = slots_.lower_bound({it->first.origin, INT64_MAX})) {
    const NodeId origin = it->first.origin;
    const Seq seq = seq_of(have_, origin);
    const auto [entry, added] = standing_.try_emplace(origin, time_.now, seq);
    if (!added && entry->second.second != seq) entry->second = {time_.now, seq};
  }
}

bool Commit::Impl::stands(NodeId origin) const {
  const auto found = standing_.find(origin);
  return found != standing_.end() && time_.now >= found->second.first + kStanding;
}

// core::Sync takes in only what it has room for, and a snapshot may have set the database back.
void Commit::Impl::release_again() {
  for (auto& [origin, released] : released_) {
    const Seq have = seq_of(have_, origin);
    if (released <= have || !stands(origin)) continue;
    released = have;
    touched_.insert(origin);
  }
}

void Commit::Impl::forget_old() {
  std::vector<NodeId> origins;
  for (auto it = slots_.begin(); it != slots_.end(); it = slots_.lower_bound({it->first.origin, INT64_MAX})) {
    origins.push_back(it->first.origin);
  }
  for (const NodeId origin : origins) forget_origin(origin);
}

// From the oldest on, so that one number per origin says what is forgotten.
void Commit::Impl::forget_origin(NodeId origin) {
  const Seq durable = seq_of(durable_, origin);
  Seq forgotten = 0;
  for (auto it = slots_.lower_bound({origin, 0}); it != slots_.end() && it->first.origin == origin;) {
    CommitSlot& slot = it->second;
    if (it->first.seq > durable) break;
    const bool old = time_.now >= slot.decided_at + options_.forget_after;
    if (!slot.over() || (!old && claims_.size() <= options_.claims_kept_max)) break;
    if (slot.transaction) {
      claims_.forget(*slot.transaction);
      kept_bytes_ -= static_cast<std::int64_t>(slot.transaction->change.rows.size());
    }
    forgotten = it->first.seq;
    it = slots_.erase(it);
  }
  // What remains needs its claims only.
  Seq& dropped = rows_dropped_[origin];
  for (auto it = slots_.upper_bound({origin, dropped});
       it != slots_.end() && it->first.origin == origin && it->first.seq <= durable; ++it) {
    if (!it->second.over() || !it->second.transaction) continue;
    SharedBytes& rows = it->second.transaction->change.rows;
    kept_bytes_ -= static_cast<std::int64_t>(rows.size());
    rows = {};
    it->second.rows_dropped = true;
  }
  dropped = std::max(dropped, durable);
  if (forgotten == 0) return;
  Seq& floor = floor_[origin];
  floor = std::max(floor, forgotten);
  write(journal::Forget{{origin, floor}});
}

// A node's stamps rise with its slots, so the first one that is known is the least.
Hlc Commit::Impl::pending_floor() const {
  const NodeId origin = decided_origin(options_.self);
  const Seq durable = seq_of(durable_, origin);
  const Hlc floor = durable < old_limit_ ? Hlc{old_above_.value + 1} : kNoFloor;
  for (auto it = slots_.upper_bound({origin, durable}); it != slots_.end() && it->first.origin == origin;
       ++it) {
    if (it->second.hlc.value != 0) return std::min(floor, it->second.hlc);
  }
  return floor;
}

}  // namespace murmel::core
