// DATE_FORMAT, TIME_FORMAT, STR_TO_DATE, FROM_UNIXTIME, GET_FORMAT.
#include <array>
#include <cstdio>

#include "agent/functions/date_names.h"
#include "agent/functions/groups.h"
#include "agent/functions/time_zone.h"

namespace murmel::functions {
namespace {

std::string padded(int64_t number, int digits) {
  std::string text = std::to_string(number);
  return text.size() < static_cast<size_t>(digits)
             ? std::string(static_cast<size_t>(digits) - text.size(), '0') + text
             : text;
}

std::string ordinal(int day) {
  const char* suffix = day >= 10 && day <= 19 ? "th"
                       : day % 10 == 1        ? "st"
                       : day % 10 == 2        ? "nd"
                       : day % 10 == 3        ? "rd"
                                              : "th";
  return std::to_string(day) + suffix;
}

int twelve(int64_t hour) {
  return static_cast<int>((hour % 24 + 11) % 12) + 1;
}
const char* half(int64_t hour) {
  return hour % 24 < 12 ? "AM" : "PM";
}

// What a time's specifier prints; `hours` is not limited to a day. False if it is none.
bool append_time(char specifier, int64_t hours, const Moment& m, std::string* out) {
  std::string minutes = padded(m.minute, 2), seconds = padded(m.second, 2);
  switch (specifier) {
    case 'H': *out += padded(hours, 2); break;
    case 'k': *out += std::to_string(hours); break;
    case 'h':
    case 'I': *out += padded(twelve(hours), 2); break;
    case 'l': *out += std::to_string(twelve(hours)); break;
    case 'i': *out += minutes; break;
    case 's':
    case 'S': *out += seconds; break;
    case 'f': *out += padded(m.micro, 6); break;
    case 'p': *out += half(hours); break;
    case 'r': *out += padded(twelve(hours), 2) + ":" + minutes + ":" + seconds + " " + half(hours); break;
    case 'T': *out += padded(hours, 2) + ":" + minutes + ":" + seconds; break;
    default: return false;
  }
  return true;
}

// False where the date lacks what is asked for (a weekday of 0000-00-00): then the whole is NULL.
bool append_date(char specifier, const Moment& m, Session& session, std::string* out) {
  int year;
  switch (specifier) {
    case 'Y': *out += padded(m.year, 4); return true;
    case 'y': *out += padded(m.year % 100, 2); return true;
    case 'm': *out += padded(m.month, 2); return true;
    case 'c': *out += std::to_string(m.month); return true;
    case 'd': *out += padded(m.day, 2); return true;
    case 'e': *out += std::to_string(m.day); return true;
    case 'D': *out += ordinal(m.day); return true;
    case 'M':
    case 'b': {
      if (m.month == 0) return false;
      *out += (specifier == 'M' ? names_in(session).months : names_in(session).short_months)[m.month - 1];
      return true;
    }
    case 'W':
    case 'a': {
      if (m.year == 0 && m.month == 0) return false;
      *out += (specifier == 'W' ? names_in(session).days : names_in(session).short_days)[weekday(m)];
      return true;
    }
    case 'w':
      if (m.year == 0 && m.month == 0) return false;
      *out += std::to_string((weekday(m) + 1) % 7);
      return true;
    case 'j':
      if (m.year == 0 && m.month == 0) return false;
      *out += padded(day_of_year(m), 3);
      return true;
    case 'U': *out += padded(week_of(m, 0, &year), 2); return true;
    case 'u': *out += padded(week_of(m, 1, &year), 2); return true;
    case 'V': *out += padded(week_of(m, 2, &year), 2); return true;
    case 'v': *out += padded(week_of(m, 3, &year), 2); return true;
    case 'X':
      week_of(m, 2, &year);
      *out += padded(year, 4);
      return true;
    case 'x':
      week_of(m, 3, &year);
      *out += padded(year, 4);
      return true;
    default: *out += specifier; return true;
  }
}

std::optional<std::string> formatted(const Moment& m, Session& session, const std::string& format) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
    } else if (char specifier = format[++i];
               !append_time(specifier, m.hour, m, &text) && !append_date(specifier, m, session, &text)) {
      return std::nullopt;
    }
  }
  return text;
}

void date_format(const Call& call) {
  auto moment = to_moment(call.value(0), call.session());
  std::string format = call.text(1);
  if (!moment || format.empty()) return;
  if (auto text = formatted(*moment, call.session(), format)) call.result(*text);
}

void time_format(const Call& call) {
  auto duration = to_duration(call.value(0), call.session());
  std::string format = call.text(1), text;
  if (!duration || format.empty()) return;
  int64_t size = duration->micros < 0 ? -duration->micros : duration->micros;
  Moment clock;
  clock.minute = static_cast<int>(size / kMicrosPerSecond / 60 % 60);
  clock.second = static_cast<int>(size / kMicrosPerSecond % 60);
  clock.micro = static_cast<int>(size % kMicrosPerSecond);
  int64_t hours = size / kMicrosPerSecond / 3600;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size())
      text += format[i];
    else if (!append_time(format[++i], hours, clock, &text) &&
             !append_date(format[i], clock, call.session(), &text))
      return;
  }
  call.result(duration->micros < 0 ? "-" + text : text);
}

// What STR_TO_DATE has read.
struct Reading {
  Moment moment;
  bool pm = false, twelve_hours = false, date = false, time = false;
  int day_of_year = 0, week = -1, week_day = -1, week_year = -1;
  char week_mode = 0;
};

bool read_number(const std::string& text, size_t* at, size_t digits_max, int* value) {
  size_t begin = *at;
  *value = 0;
  while (*at < text.size() && *at - begin < digits_max && text[*at] >= '0' && text[*at] <= '9') {
    *value = *value * 10 + (text[(*at)++] - '0');
  }
  return *at > begin;
}

// The name at `*at` among `names`, whole or its first three letters; any case.
template <size_t count>
int read_name(const std::string& text, size_t* at, const char* const (&names)[count], bool whole) {
  for (size_t i = 0; i < count; ++i) {
    std::string_view name = names[i];
    if (!whole) name = name.substr(0, 3);
    if (text.size() - *at < name.size()) continue;
    bool same = true;
    for (size_t k = 0; same && k < name.size(); ++k) same = (text[*at + k] | 0x20) == (name[k] | 0x20);
    if (!same) continue;
    *at += name.size();
    return static_cast<int>(i);
  }
  return -1;
}

bool read_format(const std::string& text, const std::string& format, size_t* at, Reading* r);

bool read_date_part(char specifier, const std::string& text, size_t* at, Reading* r) {
  Moment& m = r->moment;
  r->date = true;
  switch (specifier) {
    case 'Y': {
      size_t begin = *at;
      if (!read_number(text, at, 4, &m.year)) return false;
      if (*at - begin <= 2) m.year += m.year < 70 ? 2000 : 1900;
      return true;
    }
    case 'y':
      if (!read_number(text, at, 2, &m.year)) return false;
      m.year += m.year < 70 ? 2000 : 1900;
      return true;
    case 'm':
    case 'c': return read_number(text, at, 2, &m.month);
    case 'd':
    case 'e': return read_number(text, at, 2, &m.day);
    case 'D':
      if (!read_number(text, at, 2, &m.day)) return false;
      *at = std::min(*at + 2, text.size());
      return true;
    case 'M':
    case 'b':
      m.month = read_name(text, at, kEnglishDateNames.months, specifier == 'M') + 1;
      return m.month > 0;
    case 'W':
    case 'a':
      r->week_day = read_name(text, at, kEnglishDateNames.days, specifier == 'W') + 1;
      return r->week_day > 0;
    case 'w': {
      if (!read_number(text, at, 1, &r->week_day)) return false;
      if (r->week_day == 0) r->week_day = 7;
      return r->week_day <= 7;
    }
    case 'j': return read_number(text, at, 3, &r->day_of_year) && r->day_of_year > 0 && r->day_of_year <= 366;
    case 'U':
    case 'u':
    case 'V':
    case 'v': r->week_mode = specifier; return read_number(text, at, 2, &r->week) && r->week <= 53;
    case 'X':
    case 'x': return read_number(text, at, 4, &r->week_year);
    default: return false;
  }
}

bool read_part(char specifier, const std::string& text, size_t* at, Reading* r) {
  Moment& m = r->moment;
  bool time = std::string_view("HkhIlisSfprT").find(specifier) != std::string_view::npos;
  if (!time) return read_date_part(specifier, text, at, r);
  r->time = true;
  switch (specifier) {
    case 'H':
    case 'k': return read_number(text, at, 2, &m.hour);
    case 'h':
    case 'I':
    case 'l': r->twelve_hours = true; return read_number(text, at, 2, &m.hour) && m.hour >= 1 && m.hour <= 12;
    case 'i': return read_number(text, at, 2, &m.minute);
    case 's':
    case 'S': return read_number(text, at, 2, &m.second);
    case 'f': {
      size_t begin = *at;
      if (!read_number(text, at, 6, &m.micro)) return false;
      for (size_t digits = *at - begin; digits < 6; ++digits) m.micro *= 10;
      m.digits = 6;
      return true;
    }
    case 'p': {
      if (text.size() - *at < 2 || (text[*at + 1] | 0x20) != 'm') return false;
      char first = static_cast<char>(text[*at] | 0x20);
      if (first != 'a' && first != 'p') return false;
      r->pm = first == 'p';
      *at += 2;
      return true;
    }
    case 'r': return read_format(text, "%I:%i:%S %p", at, r);
    default: return read_format(text, "%H:%i:%S", at, r);
  }
}

bool read_format(const std::string& text, const std::string& format, size_t* at, Reading* r) {
  auto skip_blanks = [&] {
    while (*at < text.size() && text[*at] == ' ') ++*at;
  };
  for (size_t i = 0; i < format.size(); ++i) {
    skip_blanks();
    if (*at >= text.size()) break;
    if (format[i] == ' ') continue;
    if (format[i] != '%' || i + 1 == format.size()) {
      if (text[(*at)++] != format[i]) return false;
    } else if (format[++i] == '%') {
      if (text[(*at)++] != '%') return false;
    } else if (!read_part(format[i], text, at, r)) {
      return false;
    }
  }
  return true;
}

// The date of a week and a weekday; false if the parts do not fit together.
bool settle_week(Reading* r) {
  bool monday = r->week_mode == 'u' || r->week_mode == 'v',
       strict = r->week_mode == 'V' || r->week_mode == 'v';
  int year = strict ? r->week_year : r->moment.year;
  if (year < 0 || r->week_day < 1) return false;
  // The mode whose weeks are meant: %U 0, %u 1, %V 2, %v 3.
  int mode = (strict ? 2 : 0) + (monday ? 1 : 0);
  Moment probe{year, 1, 4};
  int unused;
  int64_t day = day_number(year, 1, 4);
  int64_t begin = day - (monday ? weekday(probe) : (weekday(probe) + 1) % 7);
  int week = week_of(probe, mode, &unused);
  int64_t wanted = begin + (r->week - week) * 7 + (monday ? r->week_day - 1 : r->week_day % 7);
  if (wanted <= 0) return false;
  int digits = r->moment.digits;
  Moment clock = r->moment;
  date_of_day_number(wanted, &clock);
  clock.digits = digits;
  r->moment = clock;
  return true;
}

bool settle(Reading* r, uint32_t sql_mode) {
  Moment& m = r->moment;
  if (r->twelve_hours) m.hour = m.hour % 12 + (r->pm ? 12 : 0);
  if (r->day_of_year > 0 && m.year > 0) {
    Moment date;
    date_of_day_number(day_number(m.year, 1, 1) + r->day_of_year - 1, &date);
    m.year = date.year, m.month = date.month, m.day = date.day;
  } else if (r->week >= 0 && r->week_day > 0 && !settle_week(r)) {
    return false;
  }
  if (m.hour > 23 || m.minute > 59 || m.second > 59 || m.month > 12 || m.day > 31) return false;
  // 31 April passes, as in MySQL; zero parts do by sql_mode.
  if (!r->date) return true;
  return m.zero() ? (sql_mode & kNoZeroDate) == 0 : !m.partial() || (sql_mode & kNoZeroInDate) == 0;
}

void str_to_date(const Call& call) {
  std::string text = call.text(0), format = call.text(1);
  Reading reading;
  size_t at = 0;
  // Without a date its parts are zero, which only then passes NO_ZERO_DATE.
  if (!read_format(text, format, &at, &reading) || !settle(&reading, call.session().sql_mode())) {
    return call.warn(1411, "Incorrect datetime value: '" + text + "' for function str_to_date");
  }
  if (text.find_first_not_of(' ', at) != std::string::npos) warn_truncated(&call.session(), "datetime", text);
  // The type follows the format, not the text.
  bool date = false, time = false, fraction = false;
  for (size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    char specifier = format[++i];
    bool of_time = std::string_view("HkhIlisSfprT").find(specifier) != std::string_view::npos;
    (of_time ? time : date) = true;
    fraction = fraction || specifier == 'f';
  }
  reading.moment.digits = fraction ? 6 : 0;
  if (time && !date) {
    const Moment& m = reading.moment;
    return call.result(duration_value(
        {((m.hour * 60LL + m.minute) * 60 + m.second) * kMicrosPerSecond + m.micro, m.digits}));
  }
  reading.moment.has_time = time;
  call.result(moment_value(reading.moment));
}

void from_unixtime(const Call& call) {
  Value value = call.value(0);
  Decimal seconds = to_decimal(value, &call.session());
  auto us = seconds.times(Decimal::of(kMicrosPerSecond)).to_int64();
  if (!us || *us < 0 || *us >= 32536771200 * kMicrosPerSecond) return;
  int digits = value.is_integer() ? 0 : value.kind == Kind::kDecimal ? std::min(seconds.scale(), 6) : 6;
  Moment moment = local_moment(*us, call.session(), digits);
  if (!call.has(1)) return call.result(moment_value(moment));
  if (auto text = formatted(moment, call.session(), call.text(1))) call.result(*text);
}

struct FormatRow {
  const char* type;
  const char* place;
  const char* format;
};

constexpr FormatRow kFormats[] = {
    {"DATE", "USA", "%m.%d.%Y"},
    {"DATE", "JIS", "%Y-%m-%d"},
    {"DATE", "ISO", "%Y-%m-%d"},
    {"DATE", "EUR", "%d.%m.%Y"},
    {"DATE", "INTERNAL", "%Y%m%d"},
    {"DATETIME", "USA", "%Y-%m-%d %H.%i.%s"},
    {"DATETIME", "JIS", "%Y-%m-%d %H:%i:%s"},
    {"DATETIME", "ISO", "%Y-%m-%d %H:%i:%s"},
    {"DATETIME", "EUR", "%Y-%m-%d %H.%i.%s"},
    {"DATETIME", "INTERNAL", "%Y%m%d%H%i%s"},
    {"TIME", "USA", "%h:%i:%s %p"},
    {"TIME", "JIS", "%H:%i:%s"},
    {"TIME", "ISO", "%H:%i:%s"},
    {"TIME", "EUR", "%H.%i.%s"},
    {"TIME", "INTERNAL", "%H%i%s"},
};

void get_format(const Call& call) {
  std::string type = call.text(0), place = call.text(1);
  for (char& c : type) c = static_cast<char>(c & ~0x20);
  for (char& c : place) c = static_cast<char>(c & ~0x20);
  if (type == "TIMESTAMP") type = "DATETIME";
  for (const FormatRow& row : kFormats) {
    if (type == row.type && place == row.place) return call.result(row.format);
  }
}

constexpr const char* kDateFormatGroup = "Notations of dates and times";

constexpr Function kDateFormatFunctions[] = {
    scalar("date_format", 2, 2, kNullIn, date_format, kDateFormatGroup,
           "a date by a pattern, names in English"),
    scalar("time_format", 2, 2, kNullIn, time_format, kDateFormatGroup, "a time by a pattern"),
    scalar("str_to_date", 2, 2, kNullIn, str_to_date, kDateFormatGroup,
           "reads a date, time or both by a pattern"),
    scalar("from_unixtime", 1, 2, kNullIn, from_unixtime, kDateFormatGroup,
           "the local time of seconds since 1970, by a pattern"),
    scalar("get_format", 2, 2, kNullIn, get_format, kDateFormatGroup,
           "the pattern of a place; the type as text"),
};

}  // namespace

std::span<const Function> date_format_functions() {
  return kDateFormatFunctions;
}

}  // namespace murmel::functions
