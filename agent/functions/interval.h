// INTERVAL units and calendar arithmetic.
// Thread rule: none; functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/functions/temporal.h"

namespace murmel::functions {

// A unit by MySQL's keyword, any case: what an amount of it counts. `months` and `micros` are the size of
// one; compound units (HOUR_SECOND) read their amount as numbers with anything between, the last one of
// `smallest`.
struct Unit {
  const char* name;
  int parts;      // numbers in an amount
  int first;      // position of the first part in year, month, day, hour, minute, second, microsecond
  bool has_time;  // adding it to a DATE makes a DATETIME
};

const Unit* find_unit(std::string_view name);

// What is to be added: months, and microseconds.
struct Span {
  int64_t months = 0;
  int64_t micros = 0;
  int digits = 0;  // of a fraction of seconds
};

// Nothing if the amount is out of any range.
std::optional<Span> span_of(const Value& amount, const Unit& unit, Session& session);
// Nothing outside the years 0 to 9999.
std::optional<Moment> added(const Moment& moment, const Span& span);
// The unit's number in a moment or duration, as EXTRACT gives it.
int64_t extracted(const Unit& unit, const Moment& moment);
int64_t extracted(const Unit& unit, const Duration& duration);
// Whole units from one moment to another.
int64_t difference(const Unit& unit, const Moment& from, const Moment& to);

}  // namespace murmel::functions
