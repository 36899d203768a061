// Deterministic random numbers for cores and the simulator: xoshiro256** (Blackman, Vigna 2018), seeded by
// splitmix64. The shell seeds one from the system; nothing else in layers 0 and 1 is random.
#pragma once

#include <array>
#include <cstdint>

namespace murmel {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in 0 .. bound-1; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // True with probability numerator / denominator.
  bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace murmel
