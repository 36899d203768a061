#include "agent/functions/interval.h"

#include <array>
#include <cstdlib>
#include <iterator>

namespace murmel::functions {
namespace {

enum Part { kYearPart, kMonthPart, kDayPart, kHourPart, kMinutePart, kSecondPart, kMicroPart };

constexpr Unit kUnits[] = {
    {"microsecond", 1, kMicroPart, true},
    {"second", 1, kSecondPart, true},
    {"minute", 1, kMinutePart, true},
    {"hour", 1, kHourPart, true},
    {"day", 1, kDayPart, false},
    {"week", 1, kDayPart, false},
    {"month", 1, kMonthPart, false},
    {"quarter", 1, kMonthPart, false},
    {"year", 1, kYearPart, false},
    {"second_microsecond", 2, kSecondPart, true},
    {"minute_microsecond", 3, kMinutePart, true},
    {"minute_second", 2, kMinutePart, true},
    {"hour_microsecond", 4, kHourPart, true},
    {"hour_second", 3, kHourPart, true},
    {"hour_minute", 2, kHourPart, true},
    {"day_microsecond", 5, kDayPart, true},
    {"day_second", 4, kDayPart, true},
    {"day_minute", 3, kDayPart, true},
    {"day_hour", 2, kDayPart, true},
    {"year_month", 2, kYearPart, false},
};

constexpr int64_t kPartMicros[] = {
    0, 0, kMicrosPerDay, 3600 * kMicrosPerSecond, 60 * kMicrosPerSecond, kMicrosPerSecond, 1};
constexpr int64_t kPartMonths[] = {12, 1, 0, 0, 0, 0, 0};

// Of microseconds: far beyond the calendar, and sums of two fit.
constexpr int64_t kCountMax = 4'000'000'000'000'000'000;

int64_t factor_of(const Unit& unit) {
  std::string_view name = unit.name;
  return name == "week" ? 7 : name == "quarter" ? 3 : 1;
}

bool to_micros(const Unit& unit) {
  return unit.first + unit.parts - 1 == kMicroPart;
}

// The numbers of a compound amount; fewer numbers than parts are the last ones. Microseconds count as a
// fraction.
std::array<int64_t, 7> parts_of(std::string_view text, const Unit& unit, bool* negative) {
  std::array<int64_t, 7> found{}, parts{};
  size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  *negative = at < text.size() && text[at] == '-';
  int count = 0;
  size_t last_digits = 0;
  while (count < unit.parts) {
    while (at < text.size() && (text[at] < '0' || text[at] > '9')) ++at;
    if (at == text.size()) break;
    size_t begin = at;
    int64_t value = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (at - begin < 18) value = value * 10 + (text[at] - '0');
    }
    last_digits = at - begin;
    found[static_cast<size_t>(count++)] = value;
  }
  if (to_micros(unit) && count == unit.parts) {
    for (; last_digits < 6; ++last_digits) found[static_cast<size_t>(count - 1)] *= 10;
  }
  auto given = static_cast<size_t>(count),
       end = static_cast<size_t>(unit.first) + static_cast<size_t>(unit.parts);
  for (size_t i = 0; i < given; ++i) parts[end - given + i] = found[i];
  return parts;
}

int64_t clock_number(const Unit& unit, int64_t days, int64_t hour, int64_t minute, int64_t second,
                     int64_t micro) {
  const int64_t values[] = {0, 0, days, hour, minute, second, micro};
  int64_t number = 0;
  for (int part = unit.first; part < unit.first + unit.parts; ++part) {
    number = number * (part == kMicroPart ? 1000000 : 100) + values[part];
  }
  return number;
}

}  // namespace

const Unit* find_unit(std::string_view name) {
  std::string lower;
  for (char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (lower.starts_with("sql_tsi_")) lower = lower.substr(8);
  for (const Unit& unit : kUnits) {
    if (lower == unit.name) return &unit;
  }
  return nullptr;
}

std::optional<Span> span_of(const Value& amount, const Unit& unit, Session& session) {
  Span span;
  if (unit.parts > 1) {
    bool negative;
    auto parts = parts_of(to_text(amount), unit, &negative);
    for (size_t part = 0; part < parts.size(); ++part) {
      int64_t micros;
      if (__builtin_mul_overflow(parts[part], kPartMicros[part], &micros) ||
          __builtin_add_overflow(span.micros, micros, &span.micros) || span.micros > kCountMax) {
        return std::nullopt;
      }
      if (parts[part] > 1'000'000) {
        if (kPartMonths[part] != 0) return std::nullopt;
      }
      span.months += parts[part] * kPartMonths[part];
    }
    if (negative) span = {-span.months, -span.micros, 0};
    if (to_micros(unit)) span.digits = 6;
    return span;
  }
  if (unit.first == kSecondPart) {
    Decimal seconds = to_decimal(amount, &session);
    if (seconds.scale() > 0 && amount.kind != Kind::kInteger) span.digits = 6;
    if (amount.kind == Kind::kDecimal) span.digits = std::min(seconds.scale(), 6);
    auto micros = seconds.times(Decimal::of(kMicrosPerSecond)).truncated(0).to_int64();
    if (!micros || *micros > kCountMax || *micros < -kCountMax) return std::nullopt;
    span.micros = *micros;
    return span;
  }
  int64_t count = to_integer(amount, &session), micros;
  if (count > kCountMax || count < -kCountMax) return std::nullopt;
  if (__builtin_mul_overflow(count, factor_of(unit), &count)) return std::nullopt;
  if (kPartMonths[unit.first] != 0 && std::abs(count) > 1'000'000) return std::nullopt;
  if (__builtin_mul_overflow(count, kPartMicros[unit.first], &micros) || std::llabs(micros) > kCountMax)
    return std::nullopt;
  span.months = count * kPartMonths[unit.first];
  span.micros = micros;
  if (unit.first == kMicroPart) span.digits = 6;
  return span;
}

std::optional<Moment> added(const Moment& moment, const Span& span) {
  Moment result = moment;
  if (span.months != 0) {
    int64_t months = moment.year * 12LL + moment.month - 1 + span.months;
    if (months < 0 || months >= 120000) return std::nullopt;
    result.year = static_cast<int>(months / 12);
    result.month = static_cast<int>(months % 12) + 1;
    result.day = std::min(result.day, days_in_month(result.year, result.month));
  }
  if (span.micros != 0) {
    int64_t micros;
    if (__builtin_add_overflow(micros_of(result), span.micros, &micros)) return std::nullopt;
    if (micros < kMicrosPerDay || micros >= (day_number(9999, 12, 31) + 1) * kMicrosPerDay)
      return std::nullopt;
    result = moment_of_micros(micros, moment.has_time, moment.digits);
  }
  result.digits = std::max(moment.digits, span.digits);
  return result;
}

int64_t extracted(const Unit& unit, const Moment& m) {
  std::string_view name = unit.name;
  if (name == "year") return m.year;
  if (name == "month") return m.month;
  if (name == "quarter") return (m.month + 2) / 3;
  if (name == "year_month") return m.year * 100 + m.month;
  int unused;
  if (name == "week") return week_of(m, 0, &unused);
  return clock_number(unit, m.day, m.hour, m.minute, m.second, m.micro);
}

int64_t extracted(const Unit& unit, const Duration& duration) {
  int64_t micros = std::llabs(duration.micros), seconds = micros / kMicrosPerSecond;
  // A TIME has no days; its hours are not limited to a day.
  int64_t number =
      clock_number(unit, 0, seconds / 3600, seconds / 60 % 60, seconds % 60, micros % kMicrosPerSecond);
  return duration.micros < 0 ? -number : number;
}

int64_t difference(const Unit& unit, const Moment& from, const Moment& to) {
  int64_t begin = micros_of(from), end = micros_of(to);
  if (kPartMonths[unit.first] == 0) return (end - begin) / (kPartMicros[unit.first] * factor_of(unit));
  bool negative = end < begin;
  const Moment &a = negative ? to : from, &b = negative ? from : to;
  int64_t months = (b.year - a.year) * 12LL + b.month - a.month;
  auto in_month = [](const Moment& m) {
    return micros_of(m) - day_number(m.year, m.month, 1) * kMicrosPerDay;
  };
  if (in_month(b) < in_month(a)) --months;
  months /= kPartMonths[unit.first] * factor_of(unit);
  return negative ? -months : months;
}

}  // namespace murmel::functions
