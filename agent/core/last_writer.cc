#include "agent/core/last_writer.h"

namespace murmel::core {

RowDecision decide(const std::optional<RowVersion>& existing, const Version& incoming,
                   const VersionVector& seen) {
  if (!existing) return {};
  RowDecision decision;
  if (existing->version > incoming) decision.verdict = RowVerdict::kSkip;
  decision.concurrent =
      existing->version.node != incoming.node && seq_of(seen, existing->version.node) < existing->seq;
  return decision;
}

}  // namespace murmel::core
