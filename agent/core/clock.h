// Clock: how stamps are made and when a stamp from elsewhere is believed.
//
// Each database has one hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): a new stamp
// is above every stamp the database has seen, and follows the wall clock where that allows. So "happened
// after" always means "greater stamp", and stamps stay near real time as long as the wall clocks are near
// each other. A stamp far in the future would win every conflict for as long as it stays ahead; it is
// believed only when it is at most max_clock_offset ahead of the wall clock here, and otherwise waits. Plain
// values; no thread rule.
#pragma once

#include "agent/base/time.h"
#include "agent/core/hlc.h"

namespace murmel::core {

// What a core is told about time with every step: monotonic time for time-outs, the wall clock for stamps.
struct Time {
  Instant now;
  WallMs wall_ms = 0;
};

inline constexpr Duration kMaxClockOffset = milliseconds(500);

// True if `stamp` is more than `max_offset` ahead of the wall clock.
constexpr bool too_far_ahead(Hlc stamp, WallMs wall_ms, Duration max_offset) {
  return stamp.wall_ms() - wall_ms > max_offset.ms();
}

// The clock of one database.
class HybridClock {
 public:
  HybridClock() = default;
  explicit HybridClock(Hlc last) : last_(last) {}

  Hlc last() const { return last_; }
  // The stamp of a new local event.
  Hlc tick(WallMs wall_ms) { return last_ = Hlc::next(last_, wall_ms); }
  // Takes in a stamp that was applied: later ticks are above it.
  void observe(Hlc stamp) {
    if (stamp > last_) last_ = stamp;
  }

 private:
  Hlc last_;
};

}  // namespace murmel::core
