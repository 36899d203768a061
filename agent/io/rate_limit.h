// RateLimit: a token bucket. Holds `burst` tokens, gains `per_second`; every event takes one. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "agent/base/time.h"

namespace murmel::io {

class RateLimit {
 public:
  RateLimit(std::int64_t per_second, std::int64_t burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // True and one token less, or false when there is none.
  bool take(Instant now) {
    refill(now);
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  void refill(Instant now) {
    if (now <= refilled_) return;
    const std::int64_t elapsed_ms = std::min<std::int64_t>((now - refilled_).ms(), kElapsedMsMax);
    const std::int64_t gained = elapsed_ms * per_second_ / 1000;
    if (gained == 0) return;  // keep the fraction: time is taken only for whole tokens
    tokens_ = std::min(burst_, tokens_ + gained);
    refilled_ = now;
  }

  static constexpr std::int64_t kElapsedMsMax = 3'600'000;  // more changes nothing and might overflow
  std::int64_t per_second_;
  std::int64_t burst_;
  std::int64_t tokens_;
  Instant refilled_;
};

}  // namespace murmel::io
