#include "agent/mysql/times.h"

#include <charconv>
#include <cstdint>

namespace murmel::mysql {
namespace {

constexpr int kMicrosecondDigits = 6;
constexpr std::uint32_t kMicrosecondsMax = 999'999;
constexpr std::uint32_t kDaysMax = 34;  // 838:59:59

// Reads numbers and signs from text, one after the other; ok until something else stands there.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::uint32_t number() {
    std::uint32_t value = 0;
    const auto [end, failure] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    ok_ = ok_ && failure == std::errc{};
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void must(char c) { ok_ = take(c) && ok_; }
  // ".5" is half a second.
  std::uint32_t microseconds() {
    const std::size_t before = text_.size();
    std::uint32_t value = number();
    const std::size_t digits = before - text_.size();
    if (digits > kMicrosecondDigits) ok_ = false;
    for (std::size_t i = digits; i < kMicrosecondDigits; ++i) value *= 10;
    return value;
  }
  bool whole() const { return ok_ && text_.empty(); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

void put_number(std::string& out, std::uint32_t value, std::size_t digits) {
  const std::string text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void put_clock(std::string& out, std::uint32_t hours, std::uint32_t minutes, std::uint32_t seconds,
               std::uint32_t micros) {
  put_number(out, hours, 2);
  out.push_back(':');
  put_number(out, minutes, 2);
  out.push_back(':');
  put_number(out, seconds, 2);
  if (micros == 0) return;
  out.push_back('.');
  put_number(out, micros, kMicrosecondDigits);
}

struct Clock {
  std::uint32_t hours = 0, minutes = 0, seconds = 0, micros = 0;
  bool in_range(std::uint32_t hours_max) const {
    return hours <= hours_max && minutes <= 59 && seconds <= 59 && micros <= kMicrosecondsMax;
  }
};

Clock scan_clock(Scan& scan) {
  Clock clock;
  clock.hours = scan.number();
  scan.must(':');
  clock.minutes = scan.number();
  scan.must(':');
  clock.seconds = scan.number();
  if (scan.take('.')) clock.micros = scan.microseconds();
  return clock;
}

Clock read_clock(Reader& reader, bool with_micros) {
  Clock clock;
  clock.hours = reader.u8();
  clock.minutes = reader.u8();
  clock.seconds = reader.u8();
  if (with_micros) clock.micros = reader.u32();
  return clock;
}

void put_packed_clock(std::string& out, const Clock& clock) {
  put_fixed(out, clock.hours, 1);
  put_fixed(out, clock.minutes, 1);
  put_fixed(out, clock.seconds, 1);
  if (clock.micros != 0) put_fixed(out, clock.micros, 4);
}

}  // namespace

bool put_packed_date(std::string& out, std::string_view text) {
  Scan scan(text);
  const std::uint32_t year = scan.number();
  scan.must('-');
  const std::uint32_t month = scan.number();
  scan.must('-');
  const std::uint32_t day = scan.number();
  Clock clock;
  if (scan.take(' ') || scan.take('T')) clock = scan_clock(scan);
  if (!scan.whole() || year > 9999 || month > 12 || day > 31 || !clock.in_range(23)) return false;
  const bool has_clock = clock.hours + clock.minutes + clock.seconds + clock.micros != 0;
  const bool zero = year + month + day == 0 && !has_clock;
  const int size = zero ? 0 : !has_clock ? 4 : clock.micros == 0 ? 7 : 11;
  put_fixed(out, static_cast<std::uint64_t>(size), 1);
  if (zero) return true;
  put_fixed(out, year, 2);
  put_fixed(out, month, 1);
  put_fixed(out, day, 1);
  if (has_clock) put_packed_clock(out, clock);
  return true;
}

bool put_packed_time(std::string& out, std::string_view text) {
  Scan scan(text);
  const bool negative = scan.take('-');
  Clock clock = scan_clock(scan);
  const std::uint32_t days = clock.hours / 24;
  clock.hours %= 24;
  if (!scan.whole() || days > kDaysMax || !clock.in_range(23)) return false;
  if (days + clock.hours + clock.minutes + clock.seconds + clock.micros == 0) {
    put_fixed(out, 0, 1);
    return true;
  }
  put_fixed(out, clock.micros == 0 ? 8 : 12, 1);
  put_fixed(out, negative ? 1 : 0, 1);
  put_fixed(out, days, 4);
  put_packed_clock(out, clock);
  return true;
}

std::string read_packed_date(Reader& reader, bool date_only) {
  const std::uint8_t size = reader.u8();
  std::uint32_t year = 0, month = 0, day = 0;
  Clock clock;
  if (size != 0 && size != 4 && size != 7 && size != 11) reader.fail();
  if (size >= 4) {
    year = reader.u16();
    month = reader.u8();
    day = reader.u8();
  }
  if (size >= 7) clock = read_clock(reader, size == 11);
  if (year > 9999 || month > 12 || day > 31 || !clock.in_range(23)) reader.fail();
  std::string text;
  put_number(text, year, 4);
  text.push_back('-');
  put_number(text, month, 2);
  text.push_back('-');
  put_number(text, day, 2);
  if (date_only) return text;
  text.push_back(' ');
  put_clock(text, clock.hours, clock.minutes, clock.seconds, clock.micros);
  return text;
}

std::string read_packed_time(Reader& reader) {
  const std::uint8_t size = reader.u8();
  if (size != 0 && size != 8 && size != 12) reader.fail();
  bool negative = false;
  std::uint32_t days = 0;
  Clock clock;
  if (size >= 8) {
    negative = reader.u8() != 0;
    days = reader.u32();
    clock = read_clock(reader, size == 12);
  }
  if (days > kDaysMax || !clock.in_range(23)) reader.fail();
  std::string text = negative ? "-" : "";
  put_clock(text, days * 24 + clock.hours, clock.minutes, clock.seconds, clock.micros);
  return text;
}

}  // namespace murmel::mysql
