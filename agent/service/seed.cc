#include "agent/service/seed.h"

#include <sys/random.h>

#include "agent/service/wall_clock.h"

namespace murmel::service {

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    seed = static_cast<std::uint64_t>(wall_clock_ms());
  }
  return seed;
}

}  // namespace murmel::service
