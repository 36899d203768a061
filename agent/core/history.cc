#include "agent/core/history.h"

namespace murmel::core {
namespace {

// The log does not lead from an empty database to this one.
bool anchored(const Have& side) {
  return side.baseline || !side.trimmed.empty();
}

bool gives_way_at_once(const Have& side) {
  return side.fresh && !side.begun;
}

bool stays(const Have& side) {
  return anchored(side) || side.begun;
}

}  // namespace

HistoryMatch match_histories(NodeId self, const Have& own, const Have& theirs) {
  if (own.database_id == theirs.database_id) return HistoryMatch::kSame;
  if (theirs.database_id.is_nil()) return HistoryMatch::kTheyAdopt;  // there is no such database
  const bool they_are_smaller = theirs.database_id < own.database_id;
  if (gives_way_at_once(own)) {
    if (gives_way_at_once(theirs) && !they_are_smaller) return HistoryMatch::kTheyAdopt;
    // They may know change sets of this node from an earlier life: the numbering must go on from there, which
    // only a snapshot brings.
    const bool log_suffices = !anchored(theirs) && seq_of(theirs.vector, self) == 0;
    return log_suffices ? HistoryMatch::kAdoptLog : HistoryMatch::kAdoptSnapshot;
  }
  if (gives_way_at_once(theirs)) return HistoryMatch::kTheyAdopt;
  if (stays(own) && stays(theirs)) return HistoryMatch::kRefused;
  if (stays(own)) return HistoryMatch::kTheyAdopt;
  if (stays(theirs) || they_are_smaller) return HistoryMatch::kAdoptSnapshot;
  return HistoryMatch::kTheyAdopt;
}

}  // namespace murmel::core
