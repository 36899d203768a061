// The system's wall clock. Only layer 3 and above ask it; cores are told the time. Any thread.
#pragma once

#include <chrono>

#include "agent/base/time.h"

namespace murmel::service {

inline WallMs wall_clock_ms() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch())
      .count();
}

}  // namespace murmel::service
