#include "extension/back_off.h"

#include <poll.h>

#include <cstdint>

#include "extension/sqlite.h"

namespace murmel::extension {

// Half of it, and a random part of the other half.
void BackOff::pause() noexcept {
  const int half_ms = next_ms_ / 2;
  std::uint32_t random = 0;
  sqlite3_randomness(sizeof random, &random);
  poll(nullptr, 0, half_ms + static_cast<int>(random % static_cast<std::uint32_t>(half_ms + 1)));
  if (next_ms_ < kLongestMs) next_ms_ *= 2;
}

}  // namespace murmel::extension
