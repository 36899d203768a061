// Time zones by ICU: 'SYSTEM' (UTC unless the process says otherwise), '+02:00', and IANA names.
// Thread rule: found zones are cached per thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/functions/session.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {

// Microseconds east of UTC at an instant; nothing for an unknown zone.
std::optional<int64_t> zone_offset_us(std::string_view zone, int64_t utc_us);
// The instant (microseconds since 1970 UTC) of a local time; of a time that does not exist, the one after the
// gap.
std::optional<int64_t> utc_of_local(std::string_view zone, const Moment& local);
// The local time of an instant; has_time is set.
Moment local_moment(int64_t utc_us, std::string_view zone, int digits);
Moment local_moment(int64_t utc_us, Session& session, int digits = 0);

}  // namespace murmel::functions
