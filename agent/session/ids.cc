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

std::optional<std::int64_t> Ids::next_narrow(const std::string& table, std::int64_t version,
                                             std::int64_t greatest, std::int64_t most) {
  const std::lock_guard lock(mutex_);
  Given& given = given_[table];
  if (given.version != version) given = {version, 0};
  const std::int64_t least = std::max({greatest, given.last, std::int64_t{0}});
  const std::int64_t round = least / place_.count * place_.count + place_.index + 1;
  const std::int64_t next = round > least ? round : round + place_.count;
  if (next > most) return std::nullopt;
  given.last = next;
  return next;
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
