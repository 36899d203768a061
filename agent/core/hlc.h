// Hybrid logical clock stamp (Kulkarni et al., 2014): 48 bits of wall-clock milliseconds, 16 bits of counter.
// Stamps order all change sets; ties between nodes are settled by node id (see Version).
#pragma once

#include <compare>
#include <cstdint>

#include "agent/base/ids.h"
#include "agent/base/time.h"

namespace murmel::core {

struct Hlc {
  std::int64_t value = 0;  // always >= 0, so that SQLite's signed INTEGER keeps the order

  auto operator<=>(const Hlc&) const = default;
  constexpr WallMs wall_ms() const { return value >> 16; }
  constexpr int counter() const { return static_cast<int>(value & 0xffff); }
  static constexpr Hlc at(WallMs ms, int counter = 0) { return {(ms << 16) | counter}; }
  // The stamp for a new event: above `last`, and not below the wall clock.
  static constexpr Hlc next(Hlc last, WallMs now_ms) {
    const Hlc wall = at(now_ms);
    return wall > last ? wall : Hlc{last.value + 1};
  }
};

// Stamp of a change set that changes nothing, and so has no place in that order: a transaction that was
// aborted. The same for all, so that its record is the same whoever ends it.
inline constexpr Hlc kVoidStamp{1};

// What last-writer-wins compares: the later stamp wins, the greater node id breaks a tie.
struct Version {
  Hlc hlc;
  NodeId node = 0;

  auto operator<=>(const Version&) const = default;
};

}  // namespace murmel::core
