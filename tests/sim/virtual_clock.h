// VirtualClock: while one lives, CLOCK_REALTIME of this process is simulated time, also for the extension,
// which asks the system itself. Without one, the clock is the system's.
#pragma once

#include "agent/base/time.h"

namespace murmel::sim {

class VirtualClock {
 public:
  explicit VirtualClock(WallMs wall_ms);
  ~VirtualClock();
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;
};

}  // namespace murmel::sim
