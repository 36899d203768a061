#include "agent/core/last_writer.h"

namespace murmel::core {

RowDecision decide(const std::optional<RowVersion>& existing, const RowVersion& incoming,
                   const VersionVector& seen) {
  if (!existing) return {};
  RowDecision decision;
  if (existing->version > incoming.version) decision.verdict = RowVerdict::kSkip;
  const bool unseen =
      existing->version.node != incoming.version.node && seq_of(seen, existing->version.node) < existing->seq;
  decision.concurrent = unseen && !(existing->deleted && incoming.deleted);
  return decision;
}

}  // namespace murmel::core
