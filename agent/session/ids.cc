#include "agent/session/ids.h"

#include <algorithm>
#include <chrono>

namespace murmel::session {
namespace {

constexpr std::int64_t kEpochMs = 1'735'776'000'000;  // 2025-01-02 00:00:00 UTC
constexpr int kPlaceBits = 6;
constexpr int kCountBits = 6;

}  // namespace

void Ids::set_place(Place place) {
  const std::lock_guard lock(mutex_);
  place_ = place;
}

Ids::Place Ids::place() const {
  const std::lock_guard lock(mutex_);
  return place_;
}

// More than 64 in a millisecond are taken from the milliseconds that follow.
std::int64_t Ids::next_wide() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::lock_guard lock(mutex_);
  const std::int64_t tick = std::max<std::int64_t>(now - kEpochMs, 0);
  if (tick > tick_) {
    tick_ = tick;
    in_tick_ = 0;
  } else if (++in_tick_ == 1 << kCountBits) {
    ++tick_;
    in_tick_ = 0;
  }
  return (tick_ << (kPlaceBits + kCountBits)) | (std::int64_t{place_.index % kPlacesMax} << kCountBits) |
         in_tick_;
}

std::int64_t Ids::next_narrow(std::int64_t greatest) const {
  const Place at = place();
  const std::int64_t least = std::max<std::int64_t>(greatest, 0);
  const std::int64_t round = least / at.count * at.count + at.index + 1;
  return round > least ? round : round + at.count;
}

}  // namespace murmel::session
