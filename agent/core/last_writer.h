// Last writer wins: the one decision that makes all nodes agree, used for every row of every remote change
// set, by the SQLite applier and by the simulator's model alike.
#pragma once

#include <optional>

#include "agent/core/change_set.h"
#include "agent/core/versions.h"

namespace murmel::core {

enum class RowVerdict { kApply, kSkip };

struct RowDecision {
  RowVerdict verdict = RowVerdict::kApply;
  // The two writes did not know of each other: one of them is lost, which is counted and kept. Two deletes
  // lose nothing.
  bool concurrent = false;
  bool operator==(const RowDecision&) const = default;
};

// existing: the row's entry in the VersionIndex. incoming: what the change set does to the row. seen:
// everything the change set had seen (CausalHistory::add). An equal version is applied: one transaction may
// write a row twice.
RowDecision decide(const std::optional<RowVersion>& existing, const RowVersion& incoming,
                   const VersionVector& seen);

}  // namespace murmel::core
