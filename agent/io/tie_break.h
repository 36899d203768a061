// Which of two connections between the same two nodes stays. Both nodes decide alone and alike: when they
// dialed each other at the same time, the connection that the smaller node id dialed stays. But a connection
// that is older than any simultaneous dial can be is a dead one that this side has not noticed: nobody dials
// a peer that it still has a link to. Pure.
#pragma once

#include "agent/base/ids.h"
#include "agent/base/time.h"

namespace murmel::io {

struct Standing {
  bool dialed_by_us = false;
  Instant up_since;
};

inline bool newcomer_stays(NodeId self, NodeId peer, const Standing& present, const Standing& newcomer,
                           Duration simultaneous_max) {
  if (newcomer.up_since - present.up_since > simultaneous_max) return true;
  if (newcomer.dialed_by_us == present.dialed_by_us) return true;
  return newcomer.dialed_by_us == (self < peer);
}

}  // namespace murmel::io
