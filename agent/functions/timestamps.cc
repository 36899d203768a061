#include "agent/functions/timestamps.h"

#include <algorithm>
#include <string>

#include "agent/functions/groups.h"
#include "agent/functions/time_zone.h"

namespace murmel::functions {
namespace {

constexpr char kZoneUtc[] = "+00:00";
constexpr int64_t kFirstS = 1, kLastS = 2147483647;
// The calendar alone: what is stored was looked at when it was.
constexpr uint32_t kAnyMode = kAllowInvalidDates;

int64_t utc_us(const Moment& utc) {
  return utc_of_local(kZoneUtc, utc).value_or(0);
}

void from_utc(const Call& call) {
  bool cut = false;
  const Value stored = call.value(0);
  const auto utc = stored.is_text() ? parse_moment(stored.text, kAnyMode, &cut) : std::nullopt;
  if (!utc || cut) return call.result_same(0);  // an application's own notation
  Moment local = *utc;
  local.has_time = true;
  if (!utc->partial()) local = local_moment(utc_us(*utc), call.session(), utc->digits);
  call.result(moment_value(local));
}

// The column's digits, so that texts compare as the times do; all, where it has more.
void compare_digits(Moment& moment, int digits) {
  int unit = 1;
  for (int i = digits; i < 6; ++i) unit *= 10;
  moment.digits = moment.micro % unit == 0 ? digits : 6;
}

// Nothing, with an error or a warning: it is none.
std::optional<Moment> constant(const Call& call, const char* type) {
  const Value value = call.value(0);
  if (!call.has(2) || !value.is_text()) return to_moment(value, call.session());
  bool cut = false;
  const auto zoned = zoned_time(value.text);
  auto moment = zoned ? zoned->in(call.session().time_zone())
                      : parse_moment(value.text, call.session().sql_mode(), &cut);
  if (!moment) call.fail(1525, std::string("Incorrect ") + type + " value: '" + value.text + "'");
  return moment;
}

void to_utc(const Call& call) {
  const auto local = constant(call, "TIMESTAMP");
  if (!local) return;
  Moment utc = *local;
  const auto zoned = call.value(0).is_text() ? zoned_time(call.text(0)) : std::nullopt;
  if (zoned) {
    utc = zoned->in(kZoneUtc).value_or(utc);
  } else if (!local->partial()) {
    utc = local_moment(utc_of_local(call.session().time_zone(), *local).value_or(0), kZoneUtc, 0);
  }
  utc.has_time = true;
  compare_digits(utc, static_cast<int>(call.integer(1)));
  call.result(moment_text(utc));
}

// As DATE and DATETIME columns are compared with it: a day alone where it is midnight and the column has
// days.
void as_stored(const Call& call) {
  const bool day = call.integer(1) < 0;
  auto moment = constant(call, day ? "DATE" : "DATETIME");
  if (!moment) return;
  const bool midnight = moment->hour == 0 && moment->minute == 0 && moment->second == 0 && moment->micro == 0;
  moment->has_time = !day || !midnight;
  compare_digits(*moment, day ? 0 : static_cast<int>(call.integer(1)));
  call.result(moment->has_time ? moment_text(*moment) : date_text(*moment));
}

constexpr const char* kTimestampGroup = "Dates as they are stored";

constexpr Function kTimestampFunctions[] = {
    scalar("mysql_from_utc", 1, 1, kNullIn, from_utc, kTimestampGroup,
           "what a TIMESTAMP column keeps, in the session's time zone"),
    scalar("mysql_to_utc", 2, 3, kNullIn, to_utc, kTimestampGroup,
           "a constant that is compared with a TIMESTAMP column: (time, digits of the column's fraction [, "
           "1: error "
           "1525 if it is none])"),
    scalar(
        "mysql_as_stored", 2, 3, kNullIn, as_stored, kTimestampGroup,
        "a constant that is compared with a DATETIME column, or a DATE column, for which the digits are -1"),
};

}  // namespace

std::optional<Moment> ZonedTime::in(std::string_view zone) const {
  if (!utc_us) return std::nullopt;
  const Moment local = local_moment(*utc_us, zone, digits);
  return local.year >= 0 && local.year <= 9999 ? std::optional(local) : std::nullopt;
}

std::optional<ZonedTime> zoned_time(std::string_view text) {
  constexpr std::string_view kPattern = "+00:00";
  constexpr int kFirstMinute = -(13 * 60 + 59), kLastMinute = 14 * 60;
  if (text.size() < kPattern.size()) return std::nullopt;
  const std::string_view time = text.substr(0, text.size() - kPattern.size());
  const std::string_view offset = text.substr(time.size());
  const bool west = offset[0] == '-';
  const auto is_digit = [&](size_t at) { return offset[at] >= '0' && offset[at] <= '9'; };
  const bool written = (west || offset[0] == '+') && is_digit(1) && is_digit(2) && offset[3] == ':' &&
                       is_digit(4) && is_digit(5);
  if (!written || std::count(time.begin(), time.end(), ':') != 2) return std::nullopt;
  const auto pair = [&](size_t at) { return (offset[at] - '0') * 10 + (offset[at + 1] - '0'); };
  const int minutes = (pair(1) * 60 + pair(4)) * (west ? -1 : 1);
  bool cut = false;
  const auto moment = parse_moment(time, kNoZeroDate | kNoZeroInDate, &cut);
  if (!moment || cut || pair(4) > 59 || minutes < kFirstMinute || minutes > kLastMinute ||
      (west && minutes == 0)) {
    return ZonedTime{};
  }
  return ZonedTime{utc_us(*moment) - int64_t{minutes} * 60 * kMicrosPerSecond, moment->digits};
}

std::optional<Moment> moment_in_utc(const Moment& local, Session& session) {
  if (local.zero()) return local;
  if (local.partial()) return std::nullopt;
  const auto us = utc_of_local(session.time_zone(), local);
  if (!us) return std::nullopt;
  const Moment back = local_moment(*us, session, local.digits);
  if (packed(back) != packed(local)) return std::nullopt;
  return local_moment(*us, kZoneUtc, local.digits);
}

bool is_timestamp(const Moment& utc) {
  if (utc.zero()) return true;
  const int64_t us = utc_us(utc);
  return us >= kFirstS * kMicrosPerSecond && us < (kLastS + 1) * kMicrosPerSecond;
}

std::span<const Function> timestamp_functions() {
  return kTimestampFunctions;
}

}  // namespace murmel::functions
