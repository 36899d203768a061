// TIMESTAMP: a column keeps an instant as text in UTC; sessions see it in their time zone.
// Thread rule: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/functions/session.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {

// A time of the session's zone in UTC. Zero dates stay as they are; what has zero parts otherwise, and what
// the zone's clocks leave out, is nothing.
std::optional<Moment> moment_in_utc(const Moment& local, Session& session);
// A time that names its offset from UTC, behind its seconds: '2020-01-01 10:00:00+05:30'. No instant where
// the calendar has no such time, or no clock such an offset (-13:59 to +14:00, without -00:00).
struct ZonedTime {
  std::optional<int64_t> utc_us;
  int digits = 0;  // of the fraction
  std::optional<Moment> in(std::string_view zone) const;
};
// Nothing for a text without an offset.
std::optional<ZonedTime> zoned_time(std::string_view text);
// 1970-01-01 00:00:01 to 2038-01-19 03:14:07, or zero.
bool is_timestamp(const Moment& utc);

}  // namespace murmel::functions
