#include "agent/mysql/bytes.h"

namespace murmel::mysql {

std::uint64_t Reader::fail() {
  ok_ = false;
  rest_ = {};
  return 0;
}

std::uint64_t Reader::fixed(int size) {
  if (rest_.size() < static_cast<std::size_t>(size)) return fail();
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) value = value << 8 | static_cast<std::uint8_t>(rest_[i]);
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return value;
}

std::uint64_t Reader::lenenc() {
  const std::uint8_t first = u8();
  if (first < 0xfb) return first;
  switch (first) {
    case 0xfc: return fixed(2);
    case 0xfd: return fixed(3);
    case 0xfe: return fixed(8);
    default: return fail();
  }
}

std::string_view Reader::text(std::uint64_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view found = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return found;
}

std::string_view Reader::zero_ended() {
  const std::size_t end = rest_.find('\0');
  if (end == std::string_view::npos) {
    fail();
    return {};
  }
  const std::string_view found = text(end);
  rest_.remove_prefix(1);
  return found;
}

std::string_view Reader::zero_or_end() {
  return rest_.find('\0') == std::string_view::npos ? rest() : zero_ended();
}

void put_fixed(std::string& out, std::uint64_t value, int size) {
  char bytes[8];
  for (int i = 0; i < size; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  out.append(bytes, static_cast<std::size_t>(size));
}

void put_lenenc(std::string& out, std::uint64_t value) {
  if (value < 0xfb) return put_fixed(out, value, 1);
  if (value <= 0xffff) {
    out.push_back('\xfc');
    return put_fixed(out, value, 2);
  }
  if (value <= 0xffffff) {
    out.push_back('\xfd');
    return put_fixed(out, value, 3);
  }
  out.push_back('\xfe');
  put_fixed(out, value, 8);
}

void put_lenenc_text(std::string& out, std::string_view text) {
  put_lenenc(out, text.size());
  out += text;
}

void put_zero_ended(std::string& out, std::string_view text) {
  out += text;
  out.push_back('\0');
}

}  // namespace murmel::mysql
