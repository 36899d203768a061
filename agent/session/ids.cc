#include "agent/session/ids.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace murmel::session {
namespace {

constexpr std::int64_t kEpochMs = 1'735'776'000'000;  // 2025-01-02 00:00:00 UTC

}  // namespace

Ids::Ids(Layout layout)
    : place_bits_(layout == Layout::kCompact ? 6 : 10), count_bits_(layout == Layout::kCompact ? 6 : 12) {}

void Ids::set_place(Place place) {
  const std::lock_guard lock(mutex_);
  place_ = place;
}

// What does not fit into a millisecond any more is taken from those that follow.
NumberRun Ids::next(std::int64_t wanted) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::int64_t own = std::int64_t{1} << count_bits_;
  const std::int64_t upper_half = std::int64_t{1} << (place_bits_ + count_bits_ - 1);
  const std::lock_guard lock(mutex_);
  const std::int64_t tick = std::max<std::int64_t>(now - kEpochMs, 0);
  if (tick > tick_) {
    tick_ = tick;
    in_tick_ = 0;
  }
  const auto places = static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(std::max(place_.count, place_.index + 1))));
  const std::int64_t share = upper_half / places;
  const bool large = wanted > own && places <= 16 && share > own;
  const std::int64_t count = std::min(wanted, large ? share : own);
  const bool full = large ? in_tick_ == own : in_tick_ + count > own;
  if (full) {
    ++tick_;
    in_tick_ = 0;
  }
  const std::int64_t base = tick_ << (place_bits_ + count_bits_);
  if (large) {
    in_tick_ = own;
    return {base + upper_half + place_.index * share, count};
  }
  const std::int64_t first = base + (place_.index << count_bits_) + in_tick_;
  in_tick_ += count;
  return {first, count};
}

}  // namespace murmel::session
