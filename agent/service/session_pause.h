// Pause: between two attempts of a session's statement, ever longer and not the same for two sessions. The
// first attempt is followed at once by the next one. One thread's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace murmel::service {

class Pause {
 public:
  void take() {
    if (most_.count() > 0) {
      std::uniform_int_distribution<std::int64_t> some(0, most_.count());
      thread_local std::minstd_rand random{std::random_device{}()};
      std::this_thread::sleep_for(std::chrono::microseconds(some(random)));
    }
    most_ = std::min(std::max(most_ * 2, kLeast), kMost);
  }

 private:
  static constexpr std::chrono::microseconds kLeast{100};
  static constexpr std::chrono::microseconds kMost{5'000};

  std::chrono::microseconds most_{0};
};

}  // namespace murmel::service
