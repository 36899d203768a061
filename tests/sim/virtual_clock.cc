#include "tests/sim/virtual_clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace murmel::sim {
namespace {

WallMs simulated_ms = 0;  // 0: none

}  // namespace

VirtualClock::VirtualClock(WallMs wall_ms) {
  simulated_ms = wall_ms;
}
VirtualClock::~VirtualClock() {
  simulated_ms = 0;
}

}  // namespace murmel::sim

// Takes the place of libc's for the whole process, shared objects included: the executable exports it.
extern "C" int clock_gettime(clockid_t clock, struct timespec* out) noexcept {
  if (clock != CLOCK_REALTIME || murmel::sim::simulated_ms == 0) {
    return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  }
  out->tv_sec = murmel::sim::simulated_ms / 1000;
  out->tv_nsec = murmel::sim::simulated_ms % 1000 * 1'000'000;
  return 0;
}
