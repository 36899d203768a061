// Reading dates and times in MySQL's notations.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "agent/functions/temporal.h"

namespace murmel::functions {
namespace {

// Of a time: beyond 838 hours, and what is made of it fits 64 bits.
constexpr int kPartMax = 1'000'000;

bool is_date_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

int number_in(std::string_view digits) {
  int value = 0;
  for (char c : digits.substr(0, 9)) value = value * 10 + (c - '0');
  return value;
}

size_t digits_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_date_digit(text[end])) ++end;
  return end - at;
}

int full_year(int year, size_t digits) {
  return digits > 2 ? year : year + (year < 70 ? 2000 : 1900);
}

bool valid(const Moment& m, uint32_t sql_mode) {
  if (m.month > 12 || m.day > 31 || m.hour > 23 || m.minute > 59 || m.second > 59) return false;
  if (m.zero()) return (sql_mode & kNoZeroDate) == 0 || m.hour != 0 || m.minute != 0 || m.second != 0;
  if (m.partial()) return (sql_mode & kNoZeroInDate) == 0;
  return m.day <= days_in_month(m.year, m.month) || (sql_mode & kAllowInvalidDates) != 0;
}

// ".digits" at `*at`: micros, rounded to six digits; how many there were, at most six.
int read_fraction(std::string_view text, size_t* at, int* digits) {
  size_t count = digits_at(text, *at + 1);
  std::string six(text.substr(*at + 1, std::min<size_t>(count, 6)));
  *digits = static_cast<int>(six.size());
  six.resize(6, '0');
  bool up = count > 6 && text[*at + 7] >= '5';
  *at += 1 + count;
  return number_in(six) + (up ? 1 : 0);
}

// YYYYMMDD, YYMMDD, and both with hhmmss.
bool read_compact(std::string_view text, size_t digits, Moment* m, size_t* at) {
  size_t year_digits = digits == 8 || digits >= 14 ? 4 : 2;
  size_t position = 0;
  auto take = [&](size_t count) {
    count = std::min(count, digits - std::min(position, digits));
    int value = number_in(text.substr(position, count));
    position += count;
    return value;
  };
  m->year = full_year(take(year_digits), year_digits);
  m->month = take(2);
  m->day = take(2);
  m->has_time = position < digits;
  m->hour = take(2);
  m->minute = take(2);
  m->second = take(2);
  *at = position;
  return true;
}

// Parts with anything that is punctuation between them.
bool read_delimited(std::string_view text, Moment* m, size_t* at) {
  int* parts[] = {&m->year, &m->month, &m->day, &m->hour, &m->minute, &m->second};
  size_t position = 0;
  for (int part = 0; part < 6; ++part) {
    size_t count = digits_at(text, position);
    if (count == 0 || count > (part == 0 ? 4u : 2u)) return part >= 3 && count == 0;
    *parts[part] = part == 0 ? full_year(number_in(text.substr(position, count)), count)
                             : number_in(text.substr(position, count));
    position += count;
    *at = position;
    if (part >= 3) m->has_time = true;
    if (part == 5 || position >= text.size()) return part >= 2;
    if (part == 2) {
      if (text[position] != 'T' && text[position] != ' ' && !is_punctuation(text[position])) return true;
      while (position < text.size() && (text[position] == ' ' || text[position] == 'T')) ++position;
      if (position < text.size() && is_punctuation(text[position])) ++position;
      continue;
    }
    if (part >= 3 && text[position] == '.') return true;
    if (!is_punctuation(text[position])) return part >= 2;
    while (position < text.size() && is_punctuation(text[position])) ++position;
  }
  return true;
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text, uint32_t sql_mode, bool* cut) {
  *cut = false;
  text = trimmed(text);
  Moment m;
  size_t at = 0, digits = digits_at(text, 0);
  if (digits == 0) return std::nullopt;
  bool compact =
      digits >= 5 && (digits == text.size() || text[digits] == '.' || text[digits] == 'T' || digits >= 6);
  if (!(compact ? read_compact(text, digits, &m, &at) : read_delimited(text, &m, &at))) return std::nullopt;
  int micro = 0;
  if (m.has_time && at < text.size() && text[at] == '.') micro = read_fraction(text, &at, &m.digits);
  if (!valid(m, sql_mode)) return std::nullopt;
  m.micro = micro;
  if (micro == kMicrosPerSecond) {
    m.micro = 0;
    if (!m.partial()) m = moment_of_micros(micros_of(m) + kMicrosPerSecond, true, m.digits);
  }
  *cut = at < text.size();
  return m;
}

std::optional<Moment> moment_of_number(int64_t number, uint32_t sql_mode) {
  Moment m;
  if (number < 0) return std::nullopt;
  int64_t date = number, time = 0;
  if (number >= 101000000) {
    date = number / 1000000;
    time = number % 1000000;
    m.has_time = true;
  }
  if (date < 1000000 && date >= 101) date += date / 10000 < 70 ? 20000000 : 19000000;
  if (number != 0 && date < 10000101) return std::nullopt;
  m.year = static_cast<int>(date / 10000);
  m.month = static_cast<int>(date / 100 % 100);
  m.day = static_cast<int>(date % 100);
  m.hour = static_cast<int>(time / 10000);
  m.minute = static_cast<int>(time / 100 % 100);
  m.second = static_cast<int>(time % 100);
  if (m.year > 9999 || !valid(m, sql_mode)) return std::nullopt;
  return m;
}

std::optional<Duration> parse_duration(std::string_view text, bool* cut) {
  *cut = false;
  text = trimmed(text);
  bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  // A date with a time: its time of day.
  size_t lead = digits_at(text, 0);
  if (text.size() >= 10 &&
      ((lead <= 4 && lead > 0 && text[lead] == '-') || (lead >= 12 && lead == text.size()))) {
    auto moment = parse_moment(text, 0, cut);
    if (!moment) return std::nullopt;
    return Duration{
        ((moment->hour * 60LL + moment->minute) * 60 + moment->second) * kMicrosPerSecond + moment->micro,
        moment->digits};
  }
  if (lead == 0 && (text.empty() || text[0] != '.')) return std::nullopt;
  size_t at = 0;
  int64_t days = 0;
  if (lead > 0 && lead < text.size() && text[lead] == ' ' && digits_at(text, lead + 1) > 0) {
    days = std::min(number_in(text.substr(0, lead)), kPartMax);
    at = lead + 1;
  }
  std::vector<int64_t> parts;
  std::string_view first = text.substr(at, digits_at(text, at));
  bool colon = at + first.size() < text.size() && text[at + first.size()] == ':';
  if (colon || at > 0) {
    while (parts.size() < 3) {
      size_t count = digits_at(text, at);
      if (count == 0) break;
      parts.push_back(std::min(number_in(text.substr(at, count)), kPartMax));
      at += count;
      if (parts.size() == 3 || at + 1 >= text.size() || text[at] != ':' || !is_date_digit(text[at + 1]))
        break;
      ++at;
    }
    parts.resize(3, 0);
  } else {
    int64_t number = first.size() > 12 ? 9990000 : std::strtoll(std::string(first).c_str(), nullptr, 10);
    parts = {number / 10000, number / 100 % 100, number % 100};
    at += first.size();
  }
  if (parts[1] > 59 || parts[2] > 59) return std::nullopt;
  Duration duration;
  int micro = 0;
  if (at < text.size() && text[at] == '.') micro = read_fraction(text, &at, &duration.digits);
  duration.micros = (((days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2]) * kMicrosPerSecond + micro;
  if (negative) duration.micros = -duration.micros;
  *cut = at < text.size();
  return duration;
}

std::optional<Duration> duration_of_number(const Decimal& number) {
  Decimal size = number.sign() < 0 ? number.negated() : number;
  auto whole = size.truncated(0).to_int64();
  if (!whole) return std::nullopt;
  int64_t time = *whole >= 10000000000 ? *whole % 1000000 : *whole;  // a datetime's
  Duration duration;
  if (time % 100 > 59 || time / 100 % 100 > 59) return std::nullopt;
  duration.micros = (time / 10000 * 3600 + time / 100 % 100 * 60 + time % 100) * kMicrosPerSecond;
  duration.digits = std::min(number.scale(), 6);
  Decimal fraction = size.minus(size.truncated(0)).times(Decimal::of(kMicrosPerSecond));
  duration.micros += fraction.to_int64().value_or(0);
  if (number.sign() < 0) duration.micros = -duration.micros;
  return duration;
}

}  // namespace murmel::functions
