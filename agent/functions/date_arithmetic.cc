// Now, sums and differences of dates and times, time zones.
#include "agent/functions/groups.h"
#include "agent/functions/interval.h"
#include "agent/functions/names.h"
#include "agent/functions/time_zone.h"

namespace murmel::functions {
namespace {

bool fraction_digits(const Call& call, int index, int* digits) {
  int64_t asked = call.has(index) ? call.integer(index) : 0;
  *digits = static_cast<int>(asked);
  if (asked >= 0 && asked <= 6) return true;
  call.fail(1426, "Too-big precision " + std::to_string(asked) + " specified for '" + call.function().name +
                      "'. Maximum is 6.");
  return false;
}

// The current time with its fraction cut to `digits`.
Moment moment_now(const Call& call, int64_t utc_us, bool utc, int digits) {
  int64_t unit = 1;
  for (int i = digits; i < 6; ++i) unit *= 10;
  utc_us -= utc_us % unit;
  return utc ? local_moment(utc_us, "+00:00", digits) : local_moment(utc_us, call.session(), digits);
}

void give_now(const Call& call, int64_t utc_us, bool utc) {
  int digits;
  if (fraction_digits(call, 0, &digits)) call.result(moment_value(moment_now(call, utc_us, utc, digits)));
}

void now(const Call& call) {
  give_now(call, call.session().statement_time_us(), false);
}
void sysdate(const Call& call) {
  give_now(call, call.session().current_time_us(), false);
}
void utc_timestamp(const Call& call) {
  give_now(call, call.session().statement_time_us(), true);
}

void give_date(const Call& call, bool utc) {
  Moment moment = moment_now(call, call.session().statement_time_us(), utc, 0);
  call.result(moment_value({moment.year, moment.month, moment.day}));
}

void current_date(const Call& call) {
  give_date(call, false);
}
void utc_date(const Call& call) {
  give_date(call, true);
}

void give_time(const Call& call, bool utc) {
  int digits;
  if (!fraction_digits(call, 0, &digits)) return;
  Moment moment = moment_now(call, call.session().statement_time_us(), utc, digits);
  call.result(Value::of_text(time_of_day_text(moment, digits), Kind::kTime));
}

void current_time(const Call& call) {
  give_time(call, false);
}
void utc_time(const Call& call) {
  give_time(call, true);
}

void overflow(const Call& call) {
  call.warn(1441, "Datetime function: datetime field overflow");
}

// A text stays a text: DATE_ADD('2024-01-31', ...) is a string in MySQL.
void give_moment(const Call& call, const Moment& moment, bool as_text) {
  if (as_text) return call.result(moment_text(moment));
  call.result(moment_value(moment));
}

void add_interval(const Call& call, int date, int amount, int unit_name, bool negative) {
  const Unit* unit = find_unit(call.text(unit_name));
  if (unit == nullptr) return call.fail(1210, std::string("Incorrect arguments to ") + call.function().name);
  Value value = call.value(date);
  auto span = span_of(call.value(amount), *unit, call.session());
  if (span && negative) span = Span{-span->months, -span->micros, span->digits};
  if (value.kind == Kind::kTime && unit->has_time) {
    auto duration = to_duration(value, call.session());
    if (!duration) return;
    if (!span || std::llabs(duration->micros + span->micros) > kDurationMax) return overflow(call);
    Duration sum{duration->micros + span->micros, std::max(duration->digits, span->digits)};
    return call.result(duration_value(sum));
  }
  auto moment = to_real_date(value, call.session());
  if (!moment) return;
  if (unit->has_time) moment->has_time = true;
  // In text a fraction shows all its digits.
  bool as_text = !value.is_temporal();
  auto sum = span ? added(*moment, *span) : std::nullopt;
  if (!sum) return overflow(call);
  if (as_text && sum->digits > 0) sum->digits = sum->micro == 0 ? 0 : 6;
  give_moment(call, *sum, as_text);
}

void date_add(const Call& call) {
  add_interval(call, 0, 1, 2, false);
}
void date_sub(const Call& call) {
  add_interval(call, 0, 1, 2, true);
}
void timestamp_add(const Call& call) {
  add_interval(call, 2, 1, 0, false);
}

// ADDDATE(date, days) and SUBDATE(date, days).
void add_days(const Call& call, int64_t sign) {
  auto moment = to_real_date(call.value(0), call.session());
  if (!moment) return;
  int64_t days = std::clamp<int64_t>(call.integer(1), -4'000'000, 4'000'000);
  auto sum = added(*moment, {0, sign * days * kMicrosPerDay, 0});
  if (!sum) return overflow(call);
  give_moment(call, *sum, !call.value(0).is_temporal());
}

void adddate(const Call& call) {
  add_days(call, 1);
}
void subdate(const Call& call) {
  add_days(call, -1);
}

void timestamp_diff(const Call& call) {
  const Unit* unit = find_unit(call.text(0));
  if (unit == nullptr || unit->parts != 1) return call.fail(1210, "Incorrect arguments to timestampdiff");
  auto from = to_real_date(call.value(1), call.session()), to = to_real_date(call.value(2), call.session());
  if (from && to) call.result(difference(*unit, *from, *to));
}

void date_diff(const Call& call) {
  auto to = to_real_date(call.value(0), call.session()), from = to_real_date(call.value(1), call.session());
  if (!from || !to) return;
  call.result(day_number(to->year, to->month, to->day) - day_number(from->year, from->month, from->day));
}

// Whether a value is a date with a time rather than a time.
bool is_moment(const Value& value) {
  bool cut;
  if (value.kind == Kind::kDateTime || value.kind == Kind::kDate) return true;
  if (!value.is_text()) return false;
  auto moment =
      value.text.find('-', 1) != std::string::npos ? parse_moment(value.text, 0, &cut) : std::nullopt;
  return moment && moment->has_time;
}

void add_time(const Call& call, int64_t sign) {
  Value base = call.value(0);
  bool as_text = base.is_text();
  Value amount = call.value(1);
  if (amount.kind == Kind::kDate || amount.kind == Kind::kDateTime) return;
  auto by = to_duration(amount, call.session());
  if (!by) return;
  if (is_moment(base)) {
    auto moment = to_real_date(base, call.session());
    if (!moment) return;
    moment->has_time = true;
    auto sum = added(*moment, {0, sign * by->micros, by->digits});
    if (!sum) return overflow(call);
    if (as_text) sum->digits = sum->micro == 0 ? 0 : 6;
    return give_moment(call, *sum, as_text);
  }
  auto duration = to_duration(base, call.session());
  if (!duration) return;
  Duration sum{duration->micros + sign * by->micros, std::max(duration->digits, by->digits)};
  if (std::llabs(sum.micros) > kDurationMax) {
    warn_truncated(&call.session(), "time", duration_text(sum));
    sum = {sum.micros < 0 ? -kDurationMax : kDurationMax, sum.digits};
  }
  if (as_text) sum.digits = sum.micros % kMicrosPerSecond == 0 ? 0 : 6;
  as_text ? call.result(duration_text(sum)) : call.result(duration_value(sum));
}

void addtime(const Call& call) {
  add_time(call, 1);
}
void subtime(const Call& call) {
  add_time(call, -1);
}

void time_diff(const Call& call) {
  Value a = call.value(0), b = call.value(1);
  int64_t left, right;
  int digits;
  if (is_moment(a) != is_moment(b)) return;
  if (is_moment(a)) {
    auto x = to_real_date(a, call.session()), y = to_real_date(b, call.session());
    if (!x || !y) return;
    left = micros_of(*x), right = micros_of(*y), digits = std::max(x->digits, y->digits);
  } else {
    auto x = to_duration(a, call.session()), y = to_duration(b, call.session());
    if (!x || !y) return;
    left = x->micros, right = y->micros, digits = std::max(x->digits, y->digits);
  }
  Duration gap{left - right, digits};
  if (a.is_text() || b.is_text()) gap.digits = digits > 0 ? 6 : 0;
  if (std::llabs(gap.micros) > kDurationMax) {
    warn_truncated(&call.session(), "time", duration_text(gap));
    gap = {gap.micros < 0 ? -kDurationMax : kDurationMax, gap.digits};
  }
  call.result(duration_value(gap));
}

void date_of(const Call& call) {
  auto moment = to_moment(call.value(0), call.session());
  if (!moment) return;
  moment->has_time = false;
  call.result(moment_value(*moment));
}

void time_of(const Call& call) {
  Value value = call.value(0);
  if (auto duration = to_duration(value, call.session())) call.result(duration_value(*duration));
}

// TIMESTAMP(date), or TIMESTAMP(date, time).
void timestamp(const Call& call) {
  auto moment =
      call.has(1) ? to_real_date(call.value(0), call.session()) : to_moment(call.value(0), call.session());
  if (!moment) return;
  moment->has_time = true;
  if (call.has(1)) {
    auto by = to_duration(call.value(1), call.session());
    if (!by) return;
    moment = added(*moment, {0, by->micros, by->digits});
    if (!moment) return overflow(call);
  }
  call.result(moment_value(*moment));
}

constexpr int64_t kUnixTimeMaxUs = 32536771200 * kMicrosPerSecond;  // MySQL's end, 3001-01-19

void unix_timestamp(const Call& call) {
  if (!call.has(0)) return call.result(call.session().statement_time_us() / kMicrosPerSecond);
  if (call.null(0)) return;
  auto moment = to_moment(call.value(0), call.session());
  if (!moment || moment->partial()) return call.result(0);
  int64_t us = utc_of_local(call.session().time_zone(), *moment).value_or(0);
  if (us < 0 || us >= kUnixTimeMaxUs) us = 0;
  if (moment->digits == 0) return call.result(us / kMicrosPerSecond);
  call.result(Value::of_decimal(Decimal(mpz_class(static_cast<long>(us)), 6).truncated(moment->digits)));
}

void convert_tz(const Call& call) {
  auto moment = to_real_date(call.value(0), call.session());
  if (!moment) return;
  std::string from = call.text(1), to = call.text(2);
  auto utc = utc_of_local(from, *moment);
  if (!utc || !zone_offset_us(to, 0)) return;
  moment->has_time = true;
  // Outside the range of a timestamp nothing is converted.
  bool convertible = *utc >= kMicrosPerSecond && *utc < kUnixTimeMaxUs;
  call.result(moment_value(convertible ? local_moment(*utc, to, moment->digits) : *moment));
}

constexpr const char* kDateArithmeticGroup = "Arithmetic of dates and times";

constexpr Function kDateArithmeticFunctions[] = {
    scalar("now", 0, 1, kPlain, now, kDateArithmeticGroup,
           "begin of the statement in the session's time zone"),
    scalar("current_timestamp", 0, 1, kPlain, now, kDateArithmeticGroup, "as now"),
    scalar("localtime", 0, 1, kPlain, now, kDateArithmeticGroup, "as now"),
    scalar("localtimestamp", 0, 1, kPlain, now, kDateArithmeticGroup, "as now"),
    scalar("sysdate", 0, 1, kVaries, sysdate, kDateArithmeticGroup, "this very moment"),
    scalar("curdate", 0, 0, kPlain, current_date, kDateArithmeticGroup, "today"),
    scalar("current_date", 0, 0, kPlain, current_date, kDateArithmeticGroup, "today"),
    scalar("curtime", 0, 1, kPlain, current_time, kDateArithmeticGroup, "time of day"),
    scalar("current_time", 0, 1, kPlain, current_time, kDateArithmeticGroup, "time of day"),
    scalar("utc_date", 0, 0, kPlain, utc_date, kDateArithmeticGroup, "today in UTC"),
    scalar("utc_time", 0, 1, kPlain, utc_time, kDateArithmeticGroup, "time of day in UTC"),
    scalar("utc_timestamp", 0, 1, kPlain, utc_timestamp, kDateArithmeticGroup, "now in UTC"),
    scalar("unix_timestamp", 0, 1, kPlain, unix_timestamp, kDateArithmeticGroup, "seconds since 1970"),
    scalar("convert_tz", 3, 3, kNullIn, convert_tz, kDateArithmeticGroup,
           "from one time zone to another (ICU's names, or +hh:mm)"),
    scalar(names::kDateAdd, 3, 3, kNullIn, date_add, kDateArithmeticGroup,
           "`date + INTERVAL amount unit`, DATE_ADD"),
    scalar(names::kDateSub, 3, 3, kNullIn, date_sub, kDateArithmeticGroup,
           "`date - INTERVAL amount unit`, DATE_SUB"),
    scalar("adddate", 2, 2, kNullIn, adddate, kDateArithmeticGroup, "days later"),
    scalar("subdate", 2, 2, kNullIn, subdate, kDateArithmeticGroup, "days earlier"),
    scalar(names::kTimestampAdd, 3, 3, kNullIn, timestamp_add, kDateArithmeticGroup,
           "a unit's amount later; the unit as text"),
    scalar(names::kTimestampDiff, 3, 3, kNullIn, timestamp_diff, kDateArithmeticGroup,
           "whole units between; the unit as text"),
    scalar("datediff", 2, 2, kNullIn, date_diff, kDateArithmeticGroup, "days between"),
    scalar("timediff", 2, 2, kNullIn, time_diff, kDateArithmeticGroup, "time between"),
    scalar("addtime", 2, 2, kNullIn, addtime, kDateArithmeticGroup, "a time later"),
    scalar("subtime", 2, 2, kNullIn, subtime, kDateArithmeticGroup, "a time earlier"),
    scalar("date", 1, 1, kNullIn, date_of, kDateArithmeticGroup, "the date of a datetime"),
    scalar("time", 1, 1, kNullIn, time_of, kDateArithmeticGroup, "the time of a datetime"),
    scalar("timestamp", 1, 2, kNullIn, timestamp, kDateArithmeticGroup, "a datetime, plus a time"),
};

}  // namespace

std::span<const Function> date_arithmetic_functions() {
  return kDateArithmeticFunctions;
}

}  // namespace murmel::functions
