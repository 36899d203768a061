#include "agent/core/witness_view.h"

#include <algorithm>

#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

constexpr Duration kGivePatience = seconds(1);        // what somebody lacks is most likely on its way
constexpr Duration kAskPatience = milliseconds(500);  // the same, of what is lacked here
constexpr Duration kAskInterval = seconds(1);         // for an answer
constexpr Duration kGiveAnyway = seconds(10);         // who has it may not be linked to who lacks it

}  // namespace

VersionVector forgotten(const std::vector<journal::Record>& records) {
  VersionVector forgotten;
  for (const journal::Record& record : records) {
    if (const auto* forget = std::get_if<journal::Forget>(&record)) raise(forgotten, forget->up_to);
  }
  return forgotten;
}

void WitnessView::begin(const VersionVector& forgotten) {
  raise(store_.have, forgotten);
  raise(store_.durable, forgotten);
}

void WitnessView::peer_down(NodeId node) {
  up_.erase(node);
  lacking_.erase(node);
}

// What a node has told before its link was lost still counts.
void WitnessView::heard(NodeId node, const Have& have, const std::vector<NodeId>& data_voters) {
  VersionVector& slots = heard_[node];
  slots.clear();  // a snapshot may have set it back
  for (const auto& [origin, seq] : have.vector) {
    if (is_decided_origin(origin)) slots[origin] = seq;
  }
  store_.clock = std::max(store_.clock, have.clock);
  for (const auto& [origin, seq] : have.trimmed) {
    if (!is_decided_origin(origin)) continue;
    raise(store_.trimmed, Position{origin, seq});
    raise(store_.have, Position{origin, seq});
  }
  std::optional<VersionVector> least;
  for (const NodeId voter : data_voters) {
    if (mutation_ == Mutation::kWitnessHasty && voter != node) continue;
    if (!least) least = heard_[voter];
    for (auto& [origin, seq] : *least) seq = std::min(seq, seq_of(heard_[voter], origin));
  }
  if (!least) return;
  std::erase_if(*least, [](const auto& entry) { return entry.second == 0; });
  begin(*least);
}

void WitnessView::decided(const std::vector<ChangeSet>& changes) {
  for (const ChangeSet& change : changes) {
    raise(store_.have, Position{change.origin, change.seq});
    store_.clock = std::max(store_.clock, change.hlc);
  }
}

bool WitnessView::another_has(NodeId node, const Position& slot) const {
  return std::any_of(heard_.begin(), heard_.end(), [&](const auto& entry) {
    return entry.first != node && up_.contains(entry.first) && seq_of(entry.second, slot.origin) >= slot.seq;
  });
}

std::vector<Position> WitnessView::to_give(Instant now, NodeId node, const VersionVector& known) {
  std::vector<Position> firsts;
  if (mutation_ == Mutation::kWitnessKeeps) return firsts;
  std::map<NodeId, Lacking>& origins = lacking_[node];
  for (const auto& [origin, last] : known) {
    const Seq have = seq_of(heard_[node], origin);
    if (have >= last) {
      origins.erase(origin);
      continue;
    }
    Lacking& lacking = origins.try_emplace(origin, Lacking{have, now, 0}).first->second;
    const bool took_all = lacking.given > 0 && have >= lacking.given;
    if (!took_all && lacking.have != have) lacking = {have, now, lacking.given};
    if (!took_all && now < lacking.since + kGivePatience) continue;
    const bool in_vain = now >= lacking.since + kGiveAnyway;
    if (in_vain || !another_has(node, {origin, have + 1})) firsts.push_back({origin, have + 1});
  }
  return firsts;
}

// As long as answers bring something, the next is asked for at once.
std::vector<Position> WitnessView::to_ask(Instant now, NodeId node, const VersionVector& held,
                                          const VersionVector& settled) {
  std::vector<Position> firsts;
  for (const auto& [origin, seq] : heard_[node]) {
    const Seq have = seq_of(held, origin);
    if (seq <= have) continue;
    Wanting& wanting = wanting_.try_emplace(origin, Wanting{have, now, {}, have}).first->second;
    const bool more = wanting.asked.has_value();
    const Seq known = seq_of(settled, origin);
    const bool in_vain = more && wanting.held == have && mutation_ != Mutation::kWitnessInVain;
    const bool outcomes = in_vain && wanting.after > have && known > wanting.after;
    if (wanting.held != have || outcomes) wanting = {have, now, {}, have};
    if (wanting.asked && now < *wanting.asked + kAskInterval) continue;
    if (!more && now < wanting.since + kAskPatience) continue;
    wanting.asked = now;
    wanting.after = in_vain && known < seq ? known : have;
    firsts.push_back({origin, wanting.after + 1});
  }
  return firsts;
}

void WitnessView::gave(Instant now, NodeId node, const Position& first, Seq last) {
  lacking_[node][first.origin] = {first.seq - 1, now, last};
}

}  // namespace murmel::core
