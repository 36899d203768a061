// What one does with version vectors. Pure functions.
#pragma once

#include <algorithm>

#include "agent/core/change_set.h"

namespace murmel::core {

// True if `vector` has everything that `other` has.
inline bool covers(const VersionVector& vector, const VersionVector& other) {
  return std::all_of(other.begin(), other.end(),
                     [&](const auto& entry) { return seq_of(vector, entry.first) >= entry.second; });
}

// Raises `vector` to hold `position`.
inline void raise(VersionVector& vector, const Position& position) {
  Seq& mine = vector[position.origin];
  mine = std::max(mine, position.seq);
}

// Raises `vector` to at least `other`, per origin.
inline void raise(VersionVector& vector, const VersionVector& other) {
  for (const auto& [origin, seq] : other) raise(vector, Position{origin, seq});
}

}  // namespace murmel::core
