// CausalHistory: what each origin had seen when it wrote its latest change set.
//
// A change set only says what is new since its predecessor (ChangeSet::depends); added up per origin this
// gives the full vector, by which "concurrent" is told from "after": a write is concurrent with an earlier
// one here exactly if its vector does not cover that one. Trimming below the watermark loses nothing: what a
// change set depends on has a smaller stamp still. Trimming by age may make a later one look concurrent after
// a restart; that counts a conflict too many and decides nothing.
//
// Not thread safe; belongs to the applier of one database.
#pragma once

#include <map>

#include "agent/core/change_set.h"

namespace murmel::core {

class CausalHistory {
 public:
  // Takes in the next change set of its origin and returns everything it has seen, its predecessors included.
  const VersionVector& add(const ChangeSet& change) {
    VersionVector& seen = seen_[change.origin];
    // Decided transactions of one node may not have seen each other: each tells all that it saw.
    if (is_decided_origin(change.origin)) seen.clear();
    for (const Position& position : change.depends) {
      Seq& seq = seen[position.origin];
      if (position.seq > seq) seq = position.seq;
    }
    seen[change.origin] = change.seq;
    return seen;
  }
  void clear() { seen_.clear(); }

 private:
  std::map<NodeId, VersionVector> seen_;
};

}  // namespace murmel::core
