// Functions that take dates and times apart, or make them of parts.
#include "agent/functions/date_names.h"
#include "agent/functions/groups.h"
#include "agent/functions/interval.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

template <typename Part>
void of_date(const Call& call, Part part) {
  if (auto moment = to_moment(call.value(0), call.session()))
    call.result(static_cast<int64_t>(part(*moment)));
}

template <typename Part>
void of_real_date(const Call& call, Part part) {
  if (auto moment = to_real_date(call.value(0), call.session()))
    call.result(static_cast<int64_t>(part(*moment)));
}

template <typename Part>
void of_time(const Call& call, Part part) {
  auto duration = to_duration(call.value(0), call.session());
  if (duration) call.result(part(duration->micros < 0 ? -duration->micros : duration->micros));
}

void year(const Call& call) {
  of_date(call, [](const Moment& m) { return m.year; });
}
void month(const Call& call) {
  of_date(call, [](const Moment& m) { return m.month; });
}
void day(const Call& call) {
  of_date(call, [](const Moment& m) { return m.day; });
}
void quarter(const Call& call) {
  of_date(call, [](const Moment& m) { return (m.month + 2) / 3; });
}
void day_of_year_call(const Call& call) {
  of_real_date(call, day_of_year);
}
void weekday_call(const Call& call) {
  of_real_date(call, weekday);
}
void day_of_week(const Call& call) {
  of_real_date(call, [](const Moment& m) { return (weekday(m) + 1) % 7 + 1; });
}
void to_days(const Call& call) {
  of_real_date(call, [](const Moment& m) { return day_number(m.year, m.month, m.day); });
}
void hour(const Call& call) {
  of_time(call, [](int64_t us) { return us / kMicrosPerSecond / 3600; });
}
void minute(const Call& call) {
  of_time(call, [](int64_t us) { return us / kMicrosPerSecond / 60 % 60; });
}
void second(const Call& call) {
  of_time(call, [](int64_t us) { return us / kMicrosPerSecond % 60; });
}
void microsecond(const Call& call) {
  of_time(call, [](int64_t us) { return us % kMicrosPerSecond; });
}

void to_seconds(const Call& call) {
  of_real_date(call, [](const Moment& m) { return micros_of(m) / kMicrosPerSecond; });
}

void month_name(const Call& call) {
  auto moment = to_moment(call.value(0), call.session());
  if (moment && moment->month > 0) call.result(names_in(call.session()).months[moment->month - 1]);
}

void day_name(const Call& call) {
  if (auto moment = to_real_date(call.value(0), call.session()))
    call.result(names_in(call.session()).days[weekday(*moment)]);
}

void week(const Call& call) {
  int mode = call.has(1) ? static_cast<int>(call.integer(1)) & 7 : call.session().default_week_format();
  of_real_date(call, [&](const Moment& m) {
    int unused;
    return week_of(m, mode, &unused);
  });
}

void week_of_year(const Call& call) {
  of_real_date(call, [](const Moment& m) {
    int unused;
    return week_of(m, 3, &unused);
  });
}

void year_week(const Call& call) {
  int mode = (call.has(1) ? static_cast<int>(call.integer(1)) & 7 : 0) | 2;
  of_real_date(call, [&](const Moment& m) {
    int year;
    int week = week_of(m, mode, &year);
    return year * 100 + week;
  });
}

void last_day(const Call& call) {
  auto moment = to_moment(call.value(0), call.session());
  if (!moment || moment->month == 0) return;
  call.result(moment_value({moment->year, moment->month, days_in_month(moment->year, moment->month)}));
}

void extract(const Call& call) {
  const Unit* unit = find_unit(call.text(0));
  if (unit == nullptr) return call.fail(1210, "Incorrect arguments to extract");
  Value value = call.value(1);
  bool cut;
  // Text that is a time and no date is read as a time.
  bool time =
      value.kind == Kind::kTime || (unit->has_time && value.is_text() && !parse_moment(value.text, 0, &cut));
  if (time) {
    if (auto duration = to_duration(value, call.session())) call.result(extracted(*unit, *duration));
  } else if (auto moment = to_moment(value, call.session())) {
    call.result(extracted(*unit, *moment));
  }
}

void make_date(const Call& call) {
  int64_t year = call.integer(0), day = call.integer(1);
  if (day <= 0 || year < 0 || year > 9999 || day > 3652424) return;
  if (year < 100) year += year < 70 ? 2000 : 1900;
  int64_t number = day_number(static_cast<int>(year), 1, 1) + day - 1;
  if (number > day_number(9999, 12, 31)) return;
  Moment moment;
  date_of_day_number(number, &moment);
  call.result(moment_value(moment));
}

void make_time(const Call& call) {
  int64_t hour = call.integer(0), minute = call.integer(1);
  Decimal seconds = to_decimal(call.value(2), &call.session());
  if (minute < 0 || minute > 59 || seconds.sign() < 0 || seconds.compare(Decimal::of(60)) >= 0) return;
  Duration duration;
  duration.digits = std::min(seconds.scale(), 6);
  if (call.value(2).is_text()) duration.digits = 6;
  int64_t micros = seconds.times(Decimal::of(kMicrosPerSecond)).to_int64().value_or(0);
  int64_t size = std::llabs(std::clamp<int64_t>(hour, -839, 839));
  duration.micros = (size * 3600 + minute * 60) * kMicrosPerSecond + micros;
  if (duration.micros > kDurationMax) {
    warn_truncated(&call.session(), "time", call.text(0) + ":" + call.text(1) + ":" + call.text(2));
    duration = {kDurationMax, duration.digits};
  }
  if (hour < 0) duration.micros = -duration.micros;
  call.result(duration_value(duration));
}

void from_days(const Call& call) {
  int64_t days = call.integer(0);
  Moment moment;
  if (days < 0 || days > day_number(9999, 12, 31)) return;
  if (days > 365) date_of_day_number(days, &moment);
  call.result(moment_value(moment));
}

void sec_to_time(const Call& call) {
  Value value = call.value(0);
  Decimal seconds = to_decimal(value, &call.session());
  Duration duration;
  duration.digits = value.kind == Kind::kDecimal ? std::min(seconds.scale(), 6) : value.is_integer() ? 0 : 6;
  Decimal micros = seconds.times(Decimal::of(kMicrosPerSecond)).rounded(0);
  auto whole = micros.to_int64();
  if (!whole || *whole > kDurationMax || *whole < -kDurationMax) {
    warn_truncated(&call.session(), "time", call.text(0));
    whole = seconds.sign() < 0 ? -kDurationMax : kDurationMax;
  }
  duration.micros = *whole;
  call.result(duration_value(duration));
}

void time_to_sec(const Call& call) {
  if (auto duration = to_duration(call.value(0), call.session()))
    call.result(duration->micros / kMicrosPerSecond);
}

int64_t period_months(int64_t period) {
  int64_t year = period / 100;
  if (year < 70)
    year += 2000;
  else if (year < 100)
    year += 1900;
  return year * 12 + period % 100 - 1;
}

bool valid_period(const Call& call, int index) {
  int64_t period = call.integer(index);
  if (period > 0 && period % 100 >= 1 && period % 100 <= 12 && period < 1'000'000'000) return true;
  call.fail(1210, std::string("Incorrect arguments to ") + call.function().name);
  return false;
}

void period_add(const Call& call) {
  if (!valid_period(call, 0)) return;
  int64_t months =
      period_months(call.integer(0)) + std::clamp<int64_t>(call.integer(1), -1'000'000'000, 1'000'000'000);
  call.result(months < 0 ? 0 : months / 12 * 100 + months % 12 + 1);
}

void period_diff(const Call& call) {
  if (valid_period(call, 0) && valid_period(call, 1)) {
    call.result(period_months(call.integer(0)) - period_months(call.integer(1)));
  }
}

constexpr const char* kDatePartsGroup = "Parts of dates and times";

constexpr Function kDatePartsFunctions[] = {
    scalar("year", 1, 1, kNullIn, year, kDatePartsGroup, "year"),
    scalar("quarter", 1, 1, kNullIn, quarter, kDatePartsGroup, "1 to 4"),
    scalar("month", 1, 1, kNullIn, month, kDatePartsGroup, "1 to 12, 0 for a date without"),
    scalar("monthname", 1, 1, kNullIn, month_name, kDatePartsGroup, "name of the month, by lc_time_names"),
    scalar("week", 1, 2, kNullIn, week, kDatePartsGroup, "week of the year, in mode 0 to 7"),
    scalar("weekofyear", 1, 1, kNullIn, week_of_year, kDatePartsGroup, "week by ISO 8601"),
    scalar("yearweek", 1, 2, kNullIn, year_week, kDatePartsGroup, "year and week as one number"),
    scalar("day", 1, 1, kNullIn, day, kDatePartsGroup, "day of the month"),
    scalar("dayofmonth", 1, 1, kNullIn, day, kDatePartsGroup, "day of the month"),
    scalar("dayname", 1, 1, kNullIn, day_name, kDatePartsGroup, "name of the day, by lc_time_names"),
    scalar("dayofweek", 1, 1, kNullIn, day_of_week, kDatePartsGroup, "Sunday is 1"),
    scalar("weekday", 1, 1, kNullIn, weekday_call, kDatePartsGroup, "Monday is 0"),
    scalar("dayofyear", 1, 1, kNullIn, day_of_year_call, kDatePartsGroup, "1 to 366"),
    scalar("last_day", 1, 1, kNullIn, last_day, kDatePartsGroup, "the last day of the month"),
    scalar("hour", 1, 1, kNullIn, hour, kDatePartsGroup, "hours, of a TIME also above 23"),
    scalar("minute", 1, 1, kNullIn, minute, kDatePartsGroup, "0 to 59"),
    scalar("second", 1, 1, kNullIn, second, kDatePartsGroup, "0 to 59"),
    scalar("microsecond", 1, 1, kNullIn, microsecond, kDatePartsGroup, "0 to 999999"),
    scalar(names::kExtract, 2, 2, kNullIn, extract, kDatePartsGroup, "`EXTRACT(unit FROM date)`"),
    scalar("to_days", 1, 1, kNullIn, to_days, kDatePartsGroup, "days since the year 0"),
    scalar("from_days", 1, 1, kNullIn, from_days, kDatePartsGroup, "the date of a number of days"),
    scalar("to_seconds", 1, 1, kNullIn, to_seconds, kDatePartsGroup, "seconds since the year 0"),
    scalar("time_to_sec", 1, 1, kNullIn, time_to_sec, kDatePartsGroup, "a time in seconds"),
    scalar("sec_to_time", 1, 1, kNullIn, sec_to_time, kDatePartsGroup, "seconds as a time"),
    scalar("makedate", 2, 2, kNullIn, make_date, kDatePartsGroup, "a date of year and day of the year"),
    scalar("maketime", 3, 3, kNullIn, make_time, kDatePartsGroup, "a time of hour, minute and second"),
    scalar("period_add", 2, 2, kNullIn, period_add, kDatePartsGroup, "months added to YYYYMM"),
    scalar("period_diff", 2, 2, kNullIn, period_diff, kDatePartsGroup, "months between two YYYYMM"),
};

}  // namespace

std::span<const Function> date_part_functions() {
  return kDatePartsFunctions;
}

}  // namespace murmel::functions
