#include "agent/core/history.h"

namespace murmel::core {
namespace {

// The log does not lead from an empty database to this one.
bool anchored(const Have& side) {
  return side.baseline || !side.trimmed.empty();
}

}  // namespace

HistoryMatch match_histories(NodeId self, const Have& own, const Have& theirs) {
  if (own.database_id == theirs.database_id) return HistoryMatch::kSame;
  // They know change sets of this node from an earlier life: the numbering must go on from there, which only
  // a snapshot brings.
  const bool needs_snapshot = anchored(theirs) || seq_of(theirs.vector, self) > 0;
  const HistoryMatch adopt = needs_snapshot ? HistoryMatch::kAdoptSnapshot : HistoryMatch::kAdoptLog;
  const bool they_are_smaller = theirs.database_id < own.database_id;
  if (own.fresh != theirs.fresh) return own.fresh ? adopt : HistoryMatch::kTheyAdopt;
  if (own.fresh) return they_are_smaller ? adopt : HistoryMatch::kTheyAdopt;
  if (anchored(own) && anchored(theirs)) return HistoryMatch::kRefused;
  if (anchored(own)) return HistoryMatch::kTheyAdopt;
  if (anchored(theirs)) return HistoryMatch::kAdoptSnapshot;
  return they_are_smaller ? adopt : HistoryMatch::kTheyAdopt;
}

}  // namespace murmel::core
