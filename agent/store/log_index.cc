#include "agent/store/log_index.h"

#include <algorithm>

namespace murmel::store {
namespace {

constexpr Seq kMarkEvery = 64;

}  // namespace

void LogIndex::add(std::int64_t id, const core::Position& position) {
  Origin& origin = origins_[position.origin];
  if (origin.marks.empty()) origin.first = position.seq;
  if (origin.marks.empty() || position.seq % kMarkEvery == 0) origin.marks.push_back({position.seq, id});
  origin.last = position.seq;
}

void LogIndex::trimmed(std::int64_t id, const core::VersionVector& trimmed) {
  for (const auto& [node, seq] : trimmed) {
    const auto found = origins_.find(node);
    if (found == origins_.end()) continue;
    Origin& origin = found->second;
    if (seq >= origin.last) {
      origins_.erase(found);
      continue;
    }
    // The last mark that is gone still tells the place: everything of the origin behind it comes later.
    const auto kept = std::find_if(origin.marks.begin(), origin.marks.end(),
                                   [&](const Mark& mark) { return mark.seq > seq + 1; });
    if (kept != origin.marks.begin()) {
      origin.marks.erase(origin.marks.begin(), kept - 1);
      if (origin.marks.front().id <= id) origin.marks.front() = {seq + 1, id + 1};
    }
    origin.first = seq + 1;
  }
}

std::optional<std::int64_t> LogIndex::id_before(const core::Position& position) const {
  const auto found = origins_.find(position.origin);
  if (found == origins_.end()) return std::nullopt;
  const Origin& origin = found->second;
  if (position.seq < origin.first || position.seq > origin.last) return std::nullopt;
  const auto above = std::upper_bound(origin.marks.begin(), origin.marks.end(), position.seq,
                                      [](Seq seq, const Mark& mark) { return seq < mark.seq; });
  return above == origin.marks.begin() ? 0 : (above - 1)->id;
}

std::optional<Seq> LogIndex::first_kept(NodeId origin) const {
  const auto found = origins_.find(origin);
  if (found == origins_.end()) return std::nullopt;
  return found->second.first;
}

Seq LogIndex::last(NodeId origin) const {
  const auto found = origins_.find(origin);
  return found == origins_.end() ? 0 : found->second.last;
}

core::VersionVector LogIndex::trimmed_of(const core::VersionVector& have) const {
  core::VersionVector gone;
  for (const auto& [origin, seq] : have) {
    const auto first = first_kept(origin);
    const Seq below = first ? *first - 1 : seq;
    if (below > 0) gone[origin] = below;
  }
  return gone;
}

}  // namespace murmel::store
