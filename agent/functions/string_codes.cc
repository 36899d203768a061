// String functions about codes and notations: hexadecimal, base64, numbers in other bases, FORMAT, QUOTE,
// SOUNDEX.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "agent/functions/collation.h"
#include "agent/functions/groups.h"
#include "agent/functions/notation.h"
#include "agent/functions/number_locale.h"

namespace murmel::functions {
namespace {

void ascii(const Call& call) {
  std::string text = call.text(0);
  call.result(text.empty() ? 0 : static_cast<int>(static_cast<unsigned char>(text[0])));
}

// The bytes of the first character as one number.
void ord(const Call& call) {
  std::string text = call.text(0);
  size_t end = 0;
  if (!text.empty()) next_character(text, &end);
  int64_t code = 0;
  for (size_t i = 0; i < end; ++i) code = code * 256 + static_cast<unsigned char>(text[i]);
  call.result(code);
}

// CHAR(77, 121.3, '83'): binary, as without USING.
void char_of(const Call& call) {
  std::string bytes;
  for (int i = 0; i < call.count(); ++i) {
    if (call.null(i)) continue;
    uint32_t code = static_cast<uint32_t>(call.integer(i));
    std::string one(1, static_cast<char>(code));
    while ((code >>= 8) != 0) one.insert(one.begin(), static_cast<char>(code));
    bytes += one;
  }
  call.result_binary(bytes);
}

void hex(const Call& call) {
  Value value = call.value(0);
  if (value.is_text() || value.is_temporal() || value.kind == Kind::kJson)
    return call.result_string(hex_of(to_text(value)), false);
  Value number = to_number(value, &call.session());
  uint64_t bits = static_cast<uint64_t>(to_integer(number, nullptr));
  call.result(in_base(bits, 16));
}

void unhex(const Call& call) {
  if (auto bytes = bytes_of_hex(call.text(0))) return call.result_string(*bytes, true);
  call.warn(1411, "Incorrect string value: '" + call.text(0) + "' for function unhex");
}

void bin(const Call& call) {
  call.result(in_base(static_cast<uint64_t>(call.integer(0)), 2));
}
void oct(const Call& call) {
  call.result(in_base(static_cast<uint64_t>(call.integer(0)), 8));
}

// CONV(n, from, to): 64 bits; a negative base means signed.
void conv(const Call& call) {
  std::string text = call.text(0);
  int64_t from = std::clamp<int64_t>(call.integer(1), -99, 99),
          to = std::clamp<int64_t>(call.integer(2), -99, 99);
  if (std::llabs(from) < 2 || std::llabs(from) > 36 || std::llabs(to) < 2 || std::llabs(to) > 36) return;
  if (text.empty()) return;
  size_t at = std::min(text.find_first_not_of(' '), text.size());
  bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  uint64_t bits = 0;
  for (; at < text.size(); ++at) {
    int digit = digit_value(text[at]);
    if (digit < 0 || digit >= std::llabs(from)) break;
    bool overflow = __builtin_mul_overflow(bits, static_cast<uint64_t>(std::llabs(from)), &bits);
    overflow = __builtin_add_overflow(bits, static_cast<uint64_t>(digit), &bits) || overflow;
    if (overflow) {
      bits = ~uint64_t{0};
      negative = false;
      break;
    }
  }
  if (negative) bits = static_cast<uint64_t>(-static_cast<int64_t>(bits));
  if (to < 0 && static_cast<int64_t>(bits) < 0) {
    return call.result(
        "-" + in_base(static_cast<uint64_t>(-static_cast<int64_t>(bits)), static_cast<unsigned>(-to)));
  }
  call.result(in_base(bits, static_cast<unsigned>(std::llabs(to))));
}

void to_base64(const Call& call) {
  call.result_string(base64_of(call.text(0)), false);
}

void from_base64(const Call& call) {
  if (auto bytes = bytes_of_base64(call.text(0))) call.result_string(*bytes, true);
}

// The locale in argument 2, or en_US and a warning.
const NumberLocale& locale_of(const Call& call) {
  if (!call.has(2)) return kEnglishNumbers;
  const std::string name = call.null(2) ? "NULL" : call.text(2);
  if (const NumberLocale* const locale = number_locale(name)) return *locale;
  call.warn(1649, "Unknown locale: '" + name + "'");
  return kEnglishNumbers;
}

void format(const Call& call) {
  int digits =
      static_cast<int>(std::clamp<int64_t>(call.null(1) ? 0 : call.integer(1), 0, Decimal::kScaleMax));
  if (call.null(0) || call.null(1)) return;
  Value number = to_number(call.value(0), &call.session());
  call.result(in_locale(to_decimal(number, nullptr).rounded(digits).to_string(), locale_of(call)));
}

void quote(const Call& call) {
  if (call.null(0)) return call.result("NULL");
  std::string quoted = "'";
  for (char c : call.text(0)) {
    switch (c) {
      case '\'': quoted += "\\'"; break;
      case '\\': quoted += "\\\\"; break;
      case '\0': quoted += "\\0"; break;
      case '\x1A': quoted += "\\Z"; break;
      default: quoted += c;
    }
  }
  call.result_string(quoted + "'", call.binary(0));
}

// Consonants of one sound share a digit; vowels part them, H and W do not.
void soundex(const Call& call) {
  static constexpr std::string_view kCodes = "01230120022455012623010202";
  std::string code;
  char last = 0;
  for (char c : call.text(0)) {
    char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (upper < 'A' || upper > 'Z') continue;
    char digit = kCodes[static_cast<size_t>(upper - 'A')];
    if (code.empty())
      code += upper;
    else if (digit != '0' && digit != last)
      code += digit;
    if (digit != '0' || code.size() == 1) last = digit;
  }
  if (!code.empty() && code.size() < 4) code.resize(4, '0');
  call.result(code);
}

constexpr const char* kStringCodesGroup = "Codes and notations";

constexpr Function kStringCodesFunctions[] = {
    scalar("ascii", 1, 1, kNullIn, ascii, kStringCodesGroup, "the first byte"),
    scalar("ord", 1, 1, kNullIn, ord, kStringCodesGroup, "the bytes of the first character as a number"),
    scalar("char", 1, kAnyCount, kPlain, char_of, kStringCodesGroup,
           "bytes of these numbers (binary; with USING in a convert)"),
    scalar("hex", 1, 1, kNullIn, hex, kStringCodesGroup, "hexadecimal of a number, or of a text's bytes"),
    scalar("unhex", 1, 1, kNullIn, unhex, kStringCodesGroup, "bytes of hexadecimal"),
    scalar("bin", 1, 1, kNullIn, bin, kStringCodesGroup, "binary digits"),
    scalar("oct", 1, 1, kNullIn, oct, kStringCodesGroup, "octal digits"),
    scalar("conv", 3, 3, kNullIn, conv, kStringCodesGroup, "a number from one base to another"),
    scalar("to_base64", 1, 1, kNullIn, to_base64, kStringCodesGroup, "base64, a line has 76 characters"),
    scalar("from_base64", 1, 1, kNullIn, from_base64, kStringCodesGroup, "bytes of base64"),
    scalar("format", 2, 3, kPlain, format, kStringCodesGroup,
           "a number with its digits in groups: (number, digits [, locale])"),
    scalar("quote", 1, 1, kPlain, quote, kStringCodesGroup, "the text as a literal"),
    scalar("soundex", 1, 1, kNullIn, soundex, kStringCodesGroup, "a code of the sound"),
};

}  // namespace

std::span<const Function> code_functions() {
  return kStringCodesFunctions;
}

}  // namespace murmel::functions
