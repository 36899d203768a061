// ChangeSet: what both flows meet in. One record of a database's log: the row changes of one committed
// transaction (or a part of a large one), with its place in its origin's log and its stamp.
//
// Invariant: for one database, (origin, seq) names one change set for ever; seq has no gaps per origin.
// A transaction whose rows do not fit one record continues in the next seq (`more` is set on all but the
// last); all its records carry the same hlc and are applied in one SQLite transaction.
// Plain value; may be handed between threads.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/core/hlc.h"

namespace murmel::core {

struct Position {
  NodeId origin = 0;
  Seq seq = 0;

  auto operator<=>(const Position&) const = default;
};

// Greatest seq known per origin, without gaps below it. An absent origin is 0. Ordered, so that iteration
// order never depends on hashing.
using VersionVector = std::map<NodeId, Seq>;

inline Seq seq_of(const VersionVector& vector, NodeId origin) {
  const auto found = vector.find(origin);
  return found == vector.end() ? 0 : found->second;
}

struct ChangeSet {
  NodeId origin = 0;  // never 0 outside a database's own log table
  Seq seq = 0;
  Hlc hlc;
  bool more = false;                 // the transaction goes on in seq + 1
  std::uint32_t schema_version = 0;  // SQLite schema cookie of the origin when it was made
  // What the origin had applied of others when it wrote this, as far as it differs from what its previous
  // change set said. A change set is applied only after everything it depends on (causal order).
  std::vector<Position> depends;
  SharedBytes rows;  // row stream, see schemas/row_stream.h
  bool operator==(const ChangeSet&) const = default;
};

}  // namespace murmel::core
