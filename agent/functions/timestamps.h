// TIMESTAMP: a column keeps an instant as text in UTC; sessions see it in their time zone.
// Thread rule: none.
#pragma once

#include <optional>
#include <string>

#include "agent/functions/session.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {

// A time of the session's zone in UTC. Zero dates stay as they are; what has zero parts otherwise, and what
// the zone's clocks leave out, is nothing.
std::optional<Moment> moment_in_utc(const Moment& local, Session& session);
// 1970-01-01 00:00:01 to 2038-01-19 03:14:07, or zero.
bool is_timestamp(const Moment& utc);

}  // namespace murmel::functions
