#include "agent/session/ids.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace murmel::session {
namespace {

constexpr std::int64_t kEpochMs = 1'735'776'000'000;  // 2025-01-02 00:00:00 UTC
constexpr int kPlaceBits = 6;
constexpr int kCountBits = 6;
constexpr std::int64_t kOwnInTick = 1 << kCountBits;
constexpr std::int64_t kUpperHalf = 1 << (kPlaceBits + kCountBits - 1);

}  // namespace

void Ids::set_place(Place place) {
  const std::lock_guard lock(mutex_);
  place_ = place;
}

Ids::Place Ids::place() const {
  const std::lock_guard lock(mutex_);
  return place_;
}

// What does not fit into a millisecond any more is taken from those that follow.
Ids::Run Ids::next_wide(std::int64_t wanted) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::lock_guard lock(mutex_);
  const std::int64_t tick = std::max<std::int64_t>(now - kEpochMs, 0);
  if (tick > tick_) {
    tick_ = tick;
    in_tick_ = 0;
  }
  const auto members = static_cast<std::int64_t>(std::bit_ceil(std::max(place_.count, place_.index + 1)));
  const std::int64_t share = kUpperHalf / members;
  const bool large = wanted > kOwnInTick && share > kOwnInTick;
  const std::int64_t count = std::min(wanted, large ? share : kOwnInTick);
  const bool full = large ? in_tick_ == kOwnInTick : in_tick_ + count > kOwnInTick;
  if (full) {
    ++tick_;
    in_tick_ = 0;
  }
  const std::int64_t base = tick_ << (kPlaceBits + kCountBits);
  if (large) {
    in_tick_ = kOwnInTick;
    return {base + kUpperHalf + place_.index * share, 1, count};
  }
  const std::int64_t first = base + (std::int64_t{place_.index % kPlacesMax} << kCountBits) + in_tick_;
  in_tick_ += count;
  return {first, 1, count};
}

std::optional<Ids::Run> Ids::next_narrow(const std::string& table, std::int64_t version,
                                         std::int64_t greatest, std::int64_t most, std::int64_t wanted,
                                         bool decided) {
  const std::lock_guard lock(mutex_);
  Given& given = given_[table];
  if (given.version != version) given = {version, 0};
  const std::int64_t least = std::max({greatest, given.last, std::int64_t{0}});
  const Place place = decided && wanted > 1 ? Place() : place_;
  const std::int64_t round = least / place.count * place.count + place.index + 1;
  const std::int64_t next = round > least ? round : round + place.count;
  if (next > most) return std::nullopt;
  const std::int64_t count = std::min(wanted, (most - next) / place.count + 1);
  given.last = next + (count - 1) * place.count;
  return Run{next, place.count, count};
}

void Ids::forget(const std::string& table) {
  const std::lock_guard lock(mutex_);
  given_.erase(table);
}

void Ids::forget_all() {
  const std::lock_guard lock(mutex_);
  given_.clear();
}

}  // namespace murmel::session
