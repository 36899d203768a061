// Commit: from one set of voters to the next (core/epoch.h).
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

constexpr Duration kDrainSpread = milliseconds(20);  // so that not all voters recover a slot at once

}  // namespace

void Commit::Impl::on(commit_input::EpochChanged& input) {
  std::sort(input.epoch.voters.begin(), input.epoch.voters.end());
  raise(tips_, input.tips);
  if (input.epoch == epoch_) return;
  epoch_ = std::move(input.epoch);
  fenced_ = false;
  drain_.clear();
  outgoing_.drop_held();
  lapse_votes();
  // Whoever was asked before does not count any more: what is undecided is recovered by those who vote now.
  for (auto& [position, slot] : slots_) {
    if (slot.over()) continue;
    slot.round.reset();
    const bool own = position.origin == decided_origin(options_.self);
    plan_recovery(position, slot, own ? Duration{} : jitter(options_.recovery_timeout));
  }
}

// A yes of an earlier epoch says nothing in this one: it was given without having seen the tips.
void Commit::Impl::lapse_votes() {
  if (options_.mutation == Mutation::kOldVotes) return;
  for (auto& [position, slot] : slots_) {
    if (slot.over() || !slot.voted || slot.vote_epoch >= epoch_.number) continue;
    claims_.released(*slot.transaction);
    slot.voted = false;
  }
}

void Commit::Impl::on(commit_input::Fenced&) {
  fenced_ = true;
}

void Commit::Impl::on(commit_input::Drain& input) {
  if (!open_) return;
  for (const auto& [origin, seq] : input.tips) {
    if (!is_decided_origin(origin)) continue;
    const Seq from = std::max({seq_of(drain_, origin), seq_of(durable_, origin), seq_of(floor_, origin)}) + 1;
    if (seq < from || far_off({origin, seq})) continue;
    drain_[origin] = seq;
    drain_origin(origin, from, seq);
  }
}

void Commit::Impl::drain_origin(NodeId origin, Seq from, Seq to) {
  for (Seq seq = from; seq <= to; ++seq) {
    const Position position{origin, seq};
    if (covered(have_, position) && !slots_.contains(position)) continue;  // soon durable
    CommitSlot& slot = slot_at(position);
    if (slot.decided) {
      if (!slot.decision_kept) keep_decision(position, slot);
    } else if (!slot.passed && !slot.round) {
      plan_recovery(position, slot, jitter(kDrainSpread));
    }
  }
}

bool Commit::Impl::held(const Position& position) const {
  if (covered(trimmed_, position)) return true;
  const auto found = slots_.find(position);
  if (found == slots_.end()) return false;
  const CommitSlot& slot = found->second;
  if (!slot.decided || !slot.decision_kept || slot.records > persisted_) return false;
  return !*slot.decided || (slot.rows_kept && slot.transaction && !slot.rows_dropped);
}

bool Commit::Impl::holds(const VersionVector& tips) const {
  if (!open_ || journal_lost_) return false;
  for (const auto& [origin, tip] : tips) {
    for (Seq seq = seq_of(durable_, origin) + 1; seq <= tip; ++seq) {
      if (!held({origin, seq})) return false;
    }
  }
  return true;
}

VersionVector Commit::Impl::held(const VersionVector& known) const {
  VersionVector all;
  for (const auto& [origin, last] : known) {
    Seq& seq = held_[origin];
    seq = std::max(seq, seq_of(durable_, origin));
    while (seq < last && held({origin, seq + 1})) ++seq;
    all[origin] = seq;
  }
  return all;
}

VersionVector Commit::Impl::settled(const VersionVector& known) const {
  VersionVector all;
  for (const auto& [origin, last] : known) {
    Seq& seq = settled_[origin];
    seq = std::max(seq, seq_of(have_, origin));
    for (auto it = slots_.find({origin, seq + 1}); it != slots_.end(); ++it, ++seq) {
      if (it->first != Position{origin, seq + 1} || !it->second.over()) break;
    }
    all[origin] = std::min(seq, last);
  }
  return all;
}

std::vector<NodeId> Commit::Impl::authors() const {
  std::vector<NodeId> authors;
  for (const auto& [origin, seq] : tips_) {
    if (options_.mutation == Mutation::kForgetAuthors) break;
    if (!covered(have_, {origin, seq})) authors.push_back(node_of_origin(origin));
  }
  return authors;
}

bool Commit::Impl::begun() const {
  if (reserved_ > 0 || !slots_.empty() || !floor_.empty() || !tips_.empty()) return true;
  return std::any_of(have_.begin(), have_.end(),
                     [](const auto& entry) { return is_decided_origin(entry.first); });
}

VersionVector Commit::Impl::known() const {
  VersionVector known = floor_;
  raise(known, tips_);
  for (const auto& [origin, seq] : have_) {
    if (is_decided_origin(origin)) raise(known, Position{origin, seq});
  }
  for (const auto& [position, slot] : slots_) {
    if (slot.over() || options_.mutation != Mutation::kKnowDecided) raise(known, position);
  }
  return known;
}

std::optional<VersionVector> Commit::Impl::known_in(std::uint64_t epoch) const {
  const bool over = fenced_ || epoch_.number != epoch;
  if (over && options_.mutation != Mutation::kReadApart) return std::nullopt;
  return known();
}

}  // namespace murmel::core
