#include "agent/core/stability.h"

#include <algorithm>

#include "agent/core/vectors.h"

namespace murmel::core {

void Stability::set_members(const std::vector<NodeId>& members) {
  std::set<NodeId> next(members.begin(), members.end());
  if (next == members_) return;
  members_ = std::move(next);
  candidate_.reset();
}

void Stability::report(NodeId member, const VersionVector& vector, Hlc clock, Seq last_slot) {
  if (absent_.erase(member) > 0) candidate_.reset();
  Report& report = reports_[member];
  raise(report.vector, vector);
  report.clock = std::max(report.clock, clock);
  report.last_slot = std::max(report.last_slot, last_slot);
}

void Stability::mark_absent(NodeId member) {
  if (!absent_.insert(member).second) return;
  reports_.erase(member);
  candidate_.reset();
}

void Stability::forget_report(NodeId member) {
  if (reports_.erase(member) > 0) candidate_.reset();
}

void Stability::forget_reports() {
  reports_.clear();
  candidate_.reset();
}

void Stability::restore(const Watermark& watermark) {
  watermark_ = watermark.hlc;
  vouched_ = {watermark.members.begin(), watermark.members.end()};
  candidate_.reset();
}

void Stability::lower_watermark() {
  watermark_ = Hlc{};
  candidate_.reset();
}

bool Stability::all_reported(const std::set<NodeId>& members) const {
  return !members.empty() && std::all_of(members.begin(), members.end(), [this](NodeId member) {
    return absent_.contains(member) || reports_.contains(member);
  });
}

// The origin is a member's, which says itself how far it has come.
bool Stability::speaks_itself(NodeId origin) const {
  const NodeId author = node_of_origin(origin);
  return members_.contains(author) && !absent_.contains(author);
}

bool Stability::propose() {
  if (!all_reported(members_)) return false;
  Candidate candidate;
  bool first = true;
  for (const auto& [node, report] : reports_) {
    if (!members_.contains(node)) continue;
    if (first || report.clock < candidate.hlc) candidate.hlc = report.clock;
    first = false;
    for (const auto& [origin, seq] : report.vector) {
      // Of a member, its own word counts; of a node that is gone, what anybody has of it.
      if (speaks_itself(origin) && node_of_origin(origin) != node) continue;
      Seq& bound = candidate.bound[origin];
      bound = std::max(bound, seq);
    }
  }
  if (first || candidate.hlc <= watermark_) return false;
  candidate_ = std::move(candidate);
  return true;
}

std::optional<Watermark> Stability::advance(const VersionVector& have) {
  if (!candidate_ && !propose()) return std::nullopt;
  bool complete = true;
  for (const NodeId member : members_) {
    if (absent_.contains(member)) continue;
    const auto confirmed = candidate_->confirmed.find(member);
    if (confirmed == candidate_->confirmed.end()) {
      const Report& report = reports_[member];
      if (!covers(report.vector, candidate_->bound)) {
        complete = false;
        continue;
      }
      candidate_->confirmed[member] = seq_of(report.vector, member);
      const NodeId decided = decided_origin(member);
      candidate_->confirmed[decided] = std::max(seq_of(report.vector, decided), report.last_slot);
    }
  }
  // Of nobody's word for it more has come meanwhile: the members have not confirmed that.
  for (const auto& [origin, seq] : have) {
    if (speaks_itself(origin) || seq <= seq_of(candidate_->bound, origin)) continue;
    candidate_.reset();
    return std::nullopt;
  }
  if (!complete || !covers(have, candidate_->confirmed)) return std::nullopt;
  watermark_ = candidate_->hlc;
  vouched_ = members_;
  candidate_.reset();
  return Watermark{watermark_, {vouched_.begin(), vouched_.end()}};
}

std::optional<VersionVector> Stability::all_have(const std::set<NodeId>& members) const {
  if (!all_reported(members)) return std::nullopt;
  std::optional<VersionVector> least;
  for (const auto& [node, report] : reports_) {
    if (!members.contains(node)) continue;
    if (!least) {
      least = report.vector;
      continue;
    }
    for (auto it = least->begin(); it != least->end();) {
      it->second = std::min(it->second, seq_of(report.vector, it->first));
      it = it->second == 0 ? least->erase(it) : std::next(it);
    }
  }
  return least;
}

VersionVector Stability::reachable_have(const std::set<NodeId>& connected) const {
  std::set<NodeId> counted;
  std::set<NodeId> reached;
  for (const NodeId member : members_) {
    if (absent_.contains(member)) continue;
    counted.insert(member);
    if (connected.contains(member)) reached.insert(member);
  }
  // Of two halves the one with the smallest node, but only if these very members have been in step once: as
  // other members they may have left this half behind already.
  const bool half = reached.size() * 2 == counted.size() && !reached.empty() &&
                    *reached.begin() == *counted.begin() && vouched_ == members_;
  if (reached.size() * 2 <= counted.size() && !half) return {};
  return all_have(reached).value_or(VersionVector{});
}

}  // namespace murmel::core
