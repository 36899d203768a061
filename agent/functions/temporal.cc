#include "agent/functions/temporal.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "agent/functions/time_zone.h"
#include "agent/functions/timestamps.h"

namespace murmel::functions {
namespace {

constexpr int kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr int kPowersOfTen[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

template <typename... Arguments>
std::string printed(const char* format, Arguments... arguments) {
  std::array<char, 64> buffer;
  int bytes = std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  return {buffer.data(), static_cast<size_t>(bytes)};
}

std::string fraction_text(int micro, int digits) {
  if (digits == 0) return {};
  return printed(".%06d", micro).substr(0, static_cast<size_t>(digits) + 1);
}

void warn_incorrect(Session& session, const char* type, const Value& value) {
  session.diagnose(Level::kWarning, 1292,
                   std::string("Incorrect ") + type + " value: '" + to_text(value) + "'");
}

Moment with_duration(const Moment& today, const Duration& duration) {
  Moment moment = moment_of_micros(micros_of({today.year, today.month, today.day}) + duration.micros, true,
                                   duration.digits);
  return moment;
}

}  // namespace

bool leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) {
  return month == 2 && leap(year) ? 29 : kMonthDays[month - 1];
}

// Days of the eras of 400 years, with March as the first month of a year.
int64_t day_number(int year, int month, int day) {
  if (year == 0 && month == 0) return 0;
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  // MySQL's year 0 is no leap year.
  int64_t shift = year == 0 && month <= 2 ? 1 : 0;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + 60 + shift;
}

void date_of_day_number(int64_t days, Moment* out) {
  int64_t z = days - 60;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t of_era = z - era * 146097;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * of_year + 2) / 153;
  out->day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  out->month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  out->year = static_cast<int>(year_of_era + era * 400 + (out->month <= 2 ? 1 : 0));
}

int weekday(const Moment& date) {
  return static_cast<int>((day_number(date.year, date.month, date.day) % 7 + 12) % 7);
}

int day_of_year(const Moment& date) {
  return static_cast<int>(day_number(date.year, date.month, date.day) - day_number(date.year, 1, 1)) + 1;
}

int64_t micros_of(const Moment& m) {
  return day_number(m.year, m.month, m.day) * kMicrosPerDay +
         ((m.hour * 60LL + m.minute) * 60 + m.second) * kMicrosPerSecond + m.micro;
}

Moment moment_of_micros(int64_t micros, bool has_time, int digits) {
  Moment m;
  int64_t days = micros / kMicrosPerDay, rest = micros % kMicrosPerDay;
  if (rest < 0) --days, rest += kMicrosPerDay;
  date_of_day_number(days, &m);
  m.has_time = has_time;
  m.digits = digits;
  m.micro = static_cast<int>(rest % kMicrosPerSecond);
  int seconds = static_cast<int>(rest / kMicrosPerSecond);
  m.hour = seconds / 3600;
  m.minute = seconds / 60 % 60;
  m.second = seconds % 60;
  return m;
}

int week_of(const Moment& date, int mode, int* year) {
  bool monday_first = (mode & 1) != 0, to_53 = (mode & 2) != 0;
  // Modes 1, 3, 4, 6: the first week has four days or more of the year; else it begins with its first Monday
  // or Sunday.
  bool four_days = mode == 1 || mode == 3 || mode == 4 || mode == 6;
  auto first_of = [&](int y) {
    int64_t january = day_number(y, 1, 1);
    Moment first{y, 1, 1};
    int offset = monday_first ? weekday(first) : (weekday(first) + 1) % 7;
    if (offset == 0) return january;
    return four_days && offset <= 3 ? january - offset : january + 7 - offset;
  };
  int64_t day = day_number(date.year, date.month, date.day);
  *year = date.year;
  int64_t begin = first_of(date.year);
  if (day < begin) {
    if (!to_53) return 0;
    begin = first_of(--*year);
  } else if (to_53 && day >= first_of(date.year + 1)) {
    begin = first_of(++*year);
  }
  return static_cast<int>((day - begin) / 7) + 1;
}

std::optional<Moment> to_moment(const Value& value, Session& session) {
  std::optional<Moment> moment;
  bool cut = false;
  switch (value.kind) {
    case Kind::kNull: return std::nullopt;
    case Kind::kTime: {
      auto duration = parse_duration(value.text, &cut);
      if (duration) moment = with_duration(local_moment(session.statement_time_us(), session), *duration);
      break;
    }
    case Kind::kInteger:
    case Kind::kUnsigned:
    case Kind::kYear:
    case Kind::kBit: moment = moment_of_number(value.integer, session.sql_mode()); break;
    case Kind::kDouble:
    case Kind::kDecimal: {
      Decimal number = to_decimal(value, nullptr);
      auto whole = number.truncated(0).to_int64();
      if (whole) moment = moment_of_number(*whole, session.sql_mode());
      if (moment && number.scale() > 0 && moment->has_time) {
        Decimal fraction = number.minus(number.truncated(0)).times(Decimal::of(kMicrosPerSecond));
        moment->micro = static_cast<int>(fraction.to_int64().value_or(0));
        moment->digits = std::min(number.scale(), 6);
      }
      break;
    }
    case Kind::kText:
    case Kind::kBinary:
    case Kind::kDate:
    case Kind::kDateTime:
    case Kind::kJson: {
      std::string_view text = value.text;
      if (value.kind == Kind::kJson && text.size() >= 2 && text.front() == '"')
        text = text.substr(1, text.size() - 2);
      if (const auto zoned = zoned_time(text)) {
        moment = zoned->in(session.time_zone());
        break;
      }
      moment = parse_moment(text, session.sql_mode(), &cut);
      if (moment && cut) warn_truncated(&session, "datetime", text);
      break;
    }
  }
  if (!moment) warn_incorrect(session, "datetime", value);
  return moment;
}

std::optional<Moment> to_real_date(const Value& value, Session& session) {
  auto moment = to_moment(value, session);
  if (!moment || !moment->partial()) return moment;
  if (value.kind == Kind::kText) warn_incorrect(session, "datetime", value);
  return std::nullopt;
}

std::optional<Duration> to_duration(const Value& value, Session& session) {
  std::optional<Duration> duration;
  bool cut = false;
  switch (value.kind) {
    case Kind::kNull: return std::nullopt;
    case Kind::kInteger:
    case Kind::kUnsigned:
    case Kind::kYear:
    case Kind::kBit:
    case Kind::kDouble:
    case Kind::kDecimal: duration = duration_of_number(to_decimal(value, nullptr)); break;
    case Kind::kDate: return Duration{};
    case Kind::kDateTime:
    case Kind::kTime:
    case Kind::kText:
    case Kind::kBinary:
    case Kind::kJson:
      duration = parse_duration(value.text, &cut);
      if (duration && cut) warn_truncated(&session, "time", value.text);
      break;
  }
  if (!duration) {
    warn_truncated(&session, "time", to_text(value));
  } else if (duration->micros > kDurationMax || duration->micros < -kDurationMax) {
    warn_truncated(&session, "time", to_text(value));
    duration->micros = duration->micros > 0 ? kDurationMax : -kDurationMax;
    duration->digits = 0;
  }
  return duration;
}

std::string date_text(const Moment& m) {
  return printed("%04d-%02d-%02d", m.year, m.month, m.day);
}

std::string time_of_day_text(const Moment& m, int digits) {
  return printed("%02d:%02d:%02d", m.hour, m.minute, m.second) + fraction_text(m.micro, digits);
}

std::string moment_text(const Moment& m) {
  return m.has_time ? date_text(m) + " " + time_of_day_text(m, m.digits) : date_text(m);
}

std::string duration_text(const Duration& duration) {
  int64_t micros = std::llabs(duration.micros);
  int64_t seconds = micros / kMicrosPerSecond;
  return std::string(duration.micros < 0 ? "-" : "") +
         printed("%02d:%02d:%02d", static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                 static_cast<int>(seconds % 60)) +
         fraction_text(static_cast<int>(micros % kMicrosPerSecond), duration.digits);
}

Value moment_value(const Moment& m) {
  return Value::of_text(moment_text(m), m.has_time ? Kind::kDateTime : Kind::kDate);
}

Value duration_value(const Duration& duration) {
  return Value::of_text(duration_text(duration), Kind::kTime);
}

Moment rounded(const Moment& moment, int digits) {
  Moment result = moment;
  result.digits = digits;
  int unit = kPowersOfTen[6 - digits];
  if (unit == 1 || moment.micro % unit == 0) return result;
  int up = (moment.micro + unit / 2) / unit * unit;
  result.micro = up;
  if (up < kMicrosPerSecond) return result;
  result.micro = 0;
  if (result.partial()) return result;
  Moment next = moment_of_micros(micros_of(result) + kMicrosPerSecond, true, digits);
  return next.year > 9999 ? result : next;
}

Duration rounded(const Duration& duration, int digits) {
  int64_t unit = kPowersOfTen[6 - digits];
  int64_t size = (std::llabs(duration.micros) + unit / 2) / unit * unit;
  return {duration.micros < 0 ? -size : size, digits};
}

Value temporal_number(const Value& value) {
  bool cut;
  Decimal number;
  int digits = 0, micro = 0;
  if (value.kind == Kind::kTime) {
    auto duration = parse_duration(value.text, &cut);
    if (!duration) return Value::of(0);
    int64_t seconds = std::llabs(duration->micros) / kMicrosPerSecond;
    int64_t whole = seconds / 3600 * 10000 + seconds / 60 % 60 * 100 + seconds % 60;
    micro = static_cast<int>(std::llabs(duration->micros) % kMicrosPerSecond);
    digits = duration->digits;
    number = Decimal::of(whole).plus(Decimal(mpz_class(micro), 6)).truncated(digits);
    if (duration->micros < 0) number = number.negated();
  } else {
    auto m = parse_moment(value.text, 0, &cut);
    if (!m) return Value::of(0);
    int64_t whole = m->year * 10000LL + m->month * 100 + m->day;
    if (m->has_time) whole = whole * 1000000 + m->hour * 10000 + m->minute * 100 + m->second;
    micro = m->micro;
    digits = m->digits;
    number = Decimal::of(whole).plus(Decimal(mpz_class(micro), 6)).truncated(digits);
  }
  return digits == 0 ? Value::of(number.to_int64().value_or(0)) : Value::of_decimal(number);
}

int64_t packed(const Moment& m) {
  int64_t date = (m.year * 13LL + m.month) * 32 + m.day;
  return (((date * 32 + m.hour) * 64 + m.minute) * 64 + m.second) * kMicrosPerSecond + m.micro;
}

}  // namespace murmel::functions
