// CausalHistory: what each origin had seen when it wrote its latest change set.
//
// A change set only says what is new since its predecessor (ChangeSet::depends); added up per origin this
// gives the full vector, by which "concurrent" is told from "after": a write is concurrent with an earlier
// one here exactly if its vector does not cover that one. Trimming below the watermark loses nothing: what a
// change set depends on has a smaller stamp still. What records trimmed above it had seen is kept by the
// store and taken in by learn().
//
// Not thread safe; belongs to the applier of one database.
#pragma once

#include <map>

#include "agent/core/change_set.h"
#include "agent/core/vectors.h"

namespace murmel::core {

class CausalHistory {
 public:
  // Takes in the next change set of its origin and returns everything it has seen, its predecessors included.
  const VersionVector& add(const ChangeSet& change) {
    VersionVector& seen = seen_[change.origin];
    // Decided transactions of one node may not have seen each other: each tells all that it saw.
    if (is_decided_origin(change.origin)) seen.clear();
    for (const Position& position : change.depends) raise(seen, position);
    raise(seen, Position{change.origin, change.seq});
    return seen;
  }
  // What the origin's change sets up to some point had seen, added up.
  void learn(NodeId origin, const VersionVector& seen) { raise(seen_[origin], seen); }
  void clear() { seen_.clear(); }

 private:
  std::map<NodeId, VersionVector> seen_;
};

}  // namespace murmel::core
