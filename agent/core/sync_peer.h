// What Sync remembers of one peer. A report stays known when the link goes: watermark and trimming need it.
#pragma once

#include <cstdint>
#include <deque>

#include "agent/core/messages.h"

namespace murmel::core {

inline constexpr Seq kNotInStep = -1;

struct SyncPeer {
  bool up = false;
  bool heard = false;       // told its Have since the link came up
  bool compatible = false;  // same history: change sets may flow
  bool refused = false;     // histories that don't fit were reported
  Have last;                // as last told; positions only grow within one history

  // Push. Own change sets up to `pushed` were sent over this link; in step means pushed == own last seq.
  struct Sent {
    Seq seq = 0;
    std::int64_t bytes = 0;
  };
  Seq pushed = kNotInStep;
  std::deque<Sent> flight;  // sent and not yet durable there
  std::int64_t flight_bytes = 0;

  bool usable() const { return up && heard && compatible; }
  // A witness has no database, and may ask for what is decided (core/witness_view.h).
  bool may_ask(NodeId origin) const { return usable() || (up && is_decided_origin(origin)); }
};

}  // namespace murmel::core
