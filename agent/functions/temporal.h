// Dates and times taken apart: reading MySQL's many notations, the calendar, and writing.
// A Moment may hold zero parts ('0000-00-00', '2024-00-10') where the caller allows them; the calendar's
// functions need a real date. A time of day in a Moment is 0 to 23:59:59.999999; a Duration is a TIME, up to
// 838:59:59 both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/functions/value.h"

namespace murmel::functions {

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
  bool has_time = false;  // DATETIME, not DATE
  int digits = 0;         // of the fraction, 0 to 6

  bool zero() const { return year == 0 && month == 0 && day == 0; }
  bool partial() const { return month == 0 || day == 0; }
};

struct Duration {
  int64_t micros = 0;  // signed
  int digits = 0;
};

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kDurationMax = (838LL * 3600 + 59 * 60 + 59) * kMicrosPerSecond;

// Days since 0000-01-01 counted as day 1 (TO_DAYS), proleptic Gregorian; and back. 0 gives the zero date.
int64_t day_number(int year, int month, int day);
void date_of_day_number(int64_t days, Moment* out);
int days_in_month(int year, int month);
bool leap(int year);
int weekday(const Moment& date);  // Monday 0
int day_of_year(const Moment& date);
// Microseconds from 0000-01-01 (day number times a day) to the moment; and back. Needs a real date.
int64_t micros_of(const Moment& moment);
Moment moment_of_micros(int64_t micros, bool has_time, int digits);
// Week of the year by MySQL's mode 0 to 7; `year` is the year that the week belongs to.
int week_of(const Moment& date, int mode, int* year);

// Text in any of MySQL's notations for a date or datetime. Nothing if it is none or not in the calendar;
// sql_mode decides about zero parts and 31 February. `cut` says that something after it was left out.
std::optional<Moment> parse_moment(std::string_view text, uint32_t sql_mode, bool* cut);
std::optional<Moment> moment_of_number(int64_t number, uint32_t sql_mode);
std::optional<Duration> parse_duration(std::string_view text, bool* cut);
std::optional<Duration> duration_of_number(const Decimal& number);

// Any value as a moment or duration. NULL and what can't be read is nothing; the latter gives warning 1292.
std::optional<Moment> to_moment(const Value& value, Session& session);
std::optional<Duration> to_duration(const Value& value, Session& session);
// As to_moment, and no zero parts.
std::optional<Moment> to_real_date(const Value& value, Session& session);

// `digits` of the fraction are written; the rest is cut off.
std::string date_text(const Moment& moment);
std::string time_of_day_text(const Moment& moment, int digits);
std::string moment_text(const Moment& moment);  // with or without time, as has_time says
std::string duration_text(const Duration& duration);
Value moment_value(const Moment& moment);
Value duration_value(const Duration& duration);
// Rounds to `digits` of the fraction, as CAST does.
Moment rounded(const Moment& moment, int digits);
Duration rounded(const Duration& duration, int digits);

// A temporal value as a number: 20240131, 20240131235959, 235959, with decimals if it has a fraction.
Value temporal_number(const Value& value);
// For comparison and packing: orders moments, zero parts included.
int64_t packed(const Moment& moment);

}  // namespace murmel::functions
