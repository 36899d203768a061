// Stability: what is certain to be everywhere, worked out from what members report.
//
// The watermark is a stamp such that every member has every change set at or below it, and has nothing else
// at or below it still to tell us. It is found in three steps, each by waiting for reports:
//   1. take the latest report of every member: its clock and its own last seq. The least clock is the
//   candidate:
//      whatever a member writes after its seq has a stamp above it, so the candidate is bounded by these
//      seqs;
//   2. a member confirms when it reports positions at or above all of these; note its own seq at that moment,
//      and the last slot that it has given to a transaction to be decided: one that is under way may be older
//      than what the member has by now, a later one may not (core::Commit refuses it);
//   3. when we have everything up to those notes, nothing that was written in ignorance of a change set at or
//      below the candidate can still arrive. The candidate becomes the watermark.
// Of a node that is no member, the bound is what the members have reported of it; if more of it arrives here
// before the end, the candidate is given up.
// Trimming needs less: the positions that every member has on disk.
// A member that never reported holds both back, dead ones included.
// Not thread safe; part of Sync.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/core/change_set.h"
#include "agent/core/watermark.h"

namespace murmel::core {

class Stability {
 public:
  // The members that count, own node included.
  void set_members(const std::vector<NodeId>& members);
  // A member's durable positions, clock and last slot (Have), of one moment; positions never go back.
  void report(NodeId member, const VersionVector& vector, Hlc clock, Seq last_slot = 0);
  // The member does not replicate this database: it does not count until it reports.
  void mark_absent(NodeId member);
  // The member has another history now.
  void forget_report(NodeId member);
  // All reports belonged to another history.
  void forget_reports();
  // The watermark that the store has kept.
  void restore(const Watermark& watermark);
  // A change set has come that the watermark does not hold for (from a node that was no member): start again.
  void lower_watermark();

  // The new watermark, if it can move now. have: applied here.
  std::optional<Watermark> advance(const VersionVector& have);
  Hlc watermark() const { return watermark_; }
  // True if the watermark holds for change sets of this node that are still to come.
  bool holds_for(NodeId node) const { return watermark_.value == 0 || vouched_.contains(node); }
  // What every member has. Empty optional: somebody has not reported.
  std::optional<VersionVector> all_have() const { return all_have(members_); }
  // What those members have that are `connected` (own node included), if they are more than half, or half
  // with the smallest id among them and the last watermark had these very members; empty otherwise.
  VersionVector reachable_have(const std::set<NodeId>& connected) const;

 private:
  struct Report {
    VersionVector vector;
    Hlc clock;
    Seq last_slot = 0;
  };
  struct Candidate {
    Hlc hlc;
    VersionVector bound;
    VersionVector confirmed;  // member -> its own seq when it confirmed
  };

  bool all_reported(const std::set<NodeId>& members) const;
  std::optional<VersionVector> all_have(const std::set<NodeId>& members) const;
  bool speaks_itself(NodeId origin) const;
  bool propose();

  std::set<NodeId> members_;
  std::set<NodeId> absent_;
  std::map<NodeId, Report> reports_;
  std::optional<Candidate> candidate_;
  Hlc watermark_;
  std::set<NodeId> vouched_;  // members when it moved
};

}  // namespace murmel::core
