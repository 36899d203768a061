#include "agent/functions/notation.h"

#include <algorithm>

namespace murmel::functions {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase64LineMax = 76;

}  // namespace

std::string hex_of(std::string_view bytes, bool upper) {
  std::string text;
  text.reserve(bytes.size() * 2);
  std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  for (char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::optional<std::string> bytes_of_hex(std::string_view text) {
  std::string bytes;
  int half = text.size() % 2 == 1 ? 0 : -1;
  for (char c : text) {
    int digit = digit_value(c);
    if (digit < 0 || digit > 15) return std::nullopt;
    if (half < 0) {
      half = digit;
    } else {
      bytes += static_cast<char>(half << 4 | digit);
      half = -1;
    }
  }
  return bytes;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : -1;
}

std::string in_base(uint64_t number, unsigned base) {
  std::string text;
  do {
    text.insert(text.begin(), kDigits[number % base]);
  } while ((number /= base) != 0);
  return text;
}

std::string base64_of(std::string_view bytes) {
  std::string text;
  size_t in_line = 0;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    if (in_line == kBase64LineMax) {
      text += '\n';
      in_line = 0;
    }
    uint32_t three = 0;
    size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k)
      three = three << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kBase64[three >> (18 - 6 * k) & 63] : '=';
    in_line += 4;
  }
  return text;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0, padding = 0;
  for (char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    size_t value = kBase64.find(c);
    if (c == '=') {
      if (count < 2) return std::nullopt;
      ++padding;
      value = 0;
    } else if (value == std::string_view::npos || padding > 0) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (++count < 4) continue;
    for (int k = 0; k < 3 - padding; ++k) bytes += static_cast<char>(bits >> (16 - 8 * k));
    bits = 0;
    count = 0;
  }
  if (count != 0 || padding > 2) return std::nullopt;
  return bytes;
}

}  // namespace murmel::functions
