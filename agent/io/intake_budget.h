// IntakeBudget: how much one peer may make this node take in: bytes, messages, and the cost of what it asks
// for. Nothing is refused: what is over budget is a debt, and nothing is read from the peer until time has
// paid it, so that TCP slows the sender down and no memory is needed.
//
// Each limit is a virtual clock that runs ahead of real time by what was used (GCRA, ITU-T I.371): it may be
// behind by at most kIntakeBurst, which is the burst, and while it is ahead there is debt. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/base/time.h"

namespace murmel::io {

// What a peer that was quiet may use at once, as time at the full rate.
inline constexpr Duration kIntakeBurst = seconds(2);

enum class IntakeLimit { kBytes, kMessages, kRequests };

constexpr const char* intake_limit_name(IntakeLimit limit) {
  switch (limit) {
    case IntakeLimit::kBytes: return "peer.receive_bytes_per_second";
    case IntakeLimit::kMessages: return "peer.receive_messages_per_second";
    case IntakeLimit::kRequests: return "peer.requests_per_second";
  }
  return "unknown";
}

// Per second, each at least 1.
struct IntakeRates {
  std::int64_t bytes = 512 << 20;
  std::int64_t messages = 50'000;
  std::int64_t requests = 2'000;
};

class IntakeBudget {
 public:
  explicit IntakeBudget(const IntakeRates& rates) : rates_{rates.bytes, rates.messages, rates.requests} {}

  // `amount`: 0 to kAmountMax; more is taken as that.
  void charge(Instant now, IntakeLimit limit, std::int64_t amount) {
    const auto index = static_cast<std::size_t>(limit);
    const std::int64_t used = std::min(amount, kAmountMax);
    const Instant earliest{now.ns - kIntakeBurst.ns};
    paid_until_[index] = std::max(paid_until_[index], earliest) + Duration{used * kSecondNs / rates_[index]};
  }

  struct Debt {
    Duration pause;  // zero: none
    IntakeLimit limit = IntakeLimit::kBytes;
  };
  // The largest one.
  Debt debt(Instant now) const {
    Debt worst;
    for (std::size_t i = 0; i < paid_until_.size(); ++i) {
      const Duration ahead = paid_until_[i] - now;
      if (ahead > worst.pause) worst = {ahead, static_cast<IntakeLimit>(i)};
    }
    return worst;
  }

 private:
  static constexpr std::int64_t kSecondNs = 1'000'000'000;
  static constexpr std::int64_t kAmountMax = INT64_MAX / kSecondNs;
  std::array<std::int64_t, 3> rates_;
  std::array<Instant, 3> paid_until_{Instant{INT64_MIN / 2}, Instant{INT64_MIN / 2}, Instant{INT64_MIN / 2}};
};

}  // namespace murmel::io
