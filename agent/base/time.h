// Time as values. Layers 0 and 1 are told the time; they never ask for it.
#pragma once

#include <compare>
#include <cstdint>

namespace murmel {

// A span of time in nanoseconds.
struct Duration {
  std::int64_t ns = 0;

  auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return {ns + o.ns}; }
  constexpr Duration operator-(Duration o) const { return {ns - o.ns}; }
  constexpr Duration& operator+=(Duration o) {
    ns += o.ns;
    return *this;
  }
  constexpr Duration operator*(std::int64_t n) const { return {ns * n}; }
  constexpr std::int64_t ms() const { return ns / 1'000'000; }
};

constexpr Duration milliseconds(std::int64_t n) {
  return {n * 1'000'000};
}
constexpr Duration microseconds(std::int64_t n) {
  return {n * 1'000};
}
constexpr Duration seconds(std::int64_t n) {
  return {n * 1'000'000'000};
}

// A point on a monotonic clock, for time-outs. Not comparable between processes.
struct Instant {
  std::int64_t ns = 0;

  auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return {ns + d.ns}; }
  constexpr Duration operator-(Instant o) const { return {ns - o.ns}; }
};
inline constexpr Instant kNever{INT64_MAX};

// Wall clock, milliseconds since 1970-01-01T00:00Z. May step in either direction.
using WallMs = std::int64_t;

}  // namespace murmel
