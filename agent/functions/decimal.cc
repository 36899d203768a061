#include "agent/functions/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace murmel::functions {
namespace {

// Exponents and digits beyond this make zero or a number that is out of range anyway.
constexpr int kExponentMax = 400;

mpz_class power_of_ten(int exponent) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, static_cast<unsigned long>(exponent));
  return power;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Divides by `by`, rounding half away from zero.
mpz_class divide_rounded(const mpz_class& number, const mpz_class& by) {
  mpz_class quotient, rest;
  mpz_tdiv_qr(quotient.get_mpz_t(), rest.get_mpz_t(), number.get_mpz_t(), by.get_mpz_t());
  if (abs(rest) * 2 >= abs(by)) quotient += sgn(number) * sgn(by);
  return quotient;
}

// Reads "e[+-]digits" at `at`; false and unmoved if there is none.
bool read_exponent(std::string_view text, size_t* at, int* exponent) {
  size_t i = *at;
  if (i >= text.size() || (text[i] | 0x20) != 'e') return false;
  ++i;
  bool negative = i < text.size() && text[i] == '-';
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  if (i >= text.size() || !is_digit(text[i])) return false;
  int value = 0;
  for (; i < text.size() && is_digit(text[i]); ++i)
    value = std::min(kExponentMax, value * 10 + (text[i] - '0'));
  *exponent = negative ? -value : value;
  *at = i;
  return true;
}

}  // namespace

Decimal Decimal::of(int64_t value) {
  return {mpz_class(static_cast<long>(value)), 0};
}

Decimal Decimal::of_unsigned(uint64_t value) {
  return {mpz_class(static_cast<unsigned long>(value)), 0};
}

Decimal Decimal::parse(std::string_view text, size_t* used) {
  *used = 0;
  size_t i = 0;
  while (i < text.size() && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))) ++i;
  bool negative = i < text.size() && text[i] == '-';
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  std::string digits;
  int scale = 0;
  int beyond = 0;  // integer digits that were left out
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (digits.size() < kExponentMax)
      digits += text[i];
    else
      beyond = std::min(beyond + 1, kExponentMax);
  }
  if (i < text.size() && text[i] == '.' &&
      (!digits.empty() || (i + 1 < text.size() && is_digit(text[i + 1])))) {
    for (++i; i < text.size() && is_digit(text[i]); ++i) {
      if (scale == kExponentMax || beyond > 0) continue;
      digits += text[i];
      ++scale;
    }
  }
  if (digits.empty()) return {};
  int exponent = 0;
  read_exponent(text, &i, &exponent);
  *used = i;
  Decimal result{mpz_class(digits, 10), scale - exponent - beyond};
  if (negative) result.coefficient_ = -result.coefficient_;
  if (result.scale_ < 0) result = {result.coefficient_ * power_of_ten(-result.scale_), 0};
  return result;
}

std::optional<Decimal> Decimal::of_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 32> buffer;
  auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  size_t used;
  return parse({buffer.data(), static_cast<size_t>(end - buffer.data())}, &used);
}

Decimal Decimal::greatest(int precision, int scale) {
  return {power_of_ten(precision) - 1, scale};
}

int Decimal::integer_digits() const {
  if (sign() == 0) return 0;
  mpz_class whole = abs(coefficient_) / power_of_ten(scale_);
  return whole == 0 ? 0 : static_cast<int>(whole.get_str().size());
}

Decimal Decimal::rounded(int scale) const {
  if (scale >= scale_) return {aligned(scale), scale};
  mpz_class quotient = divide_rounded(coefficient_, power_of_ten(std::min(scale_ - scale, 2 * kExponentMax)));
  if (scale < 0) return {quotient * power_of_ten(std::min(-scale, kExponentMax)), 0};
  return {quotient, scale};
}

Decimal Decimal::truncated(int scale) const {
  if (scale >= scale_) return {aligned(scale), scale};
  mpz_class quotient;
  mpz_tdiv_q(quotient.get_mpz_t(), coefficient_.get_mpz_t(),
             power_of_ten(std::min(scale_ - scale, 2 * kExponentMax)).get_mpz_t());
  if (scale < 0) return {quotient * power_of_ten(std::min(-scale, kExponentMax)), 0};
  return {quotient, scale};
}

Decimal Decimal::floor() const {
  mpz_class quotient;
  mpz_fdiv_q(quotient.get_mpz_t(), coefficient_.get_mpz_t(), power_of_ten(scale_).get_mpz_t());
  return {quotient, 0};
}

Decimal Decimal::ceiling() const {
  return negated().floor().negated();
}

mpz_class Decimal::aligned(int scale) const {
  return scale == scale_ ? coefficient_ : mpz_class(coefficient_ * power_of_ten(scale - scale_));
}

Decimal Decimal::plus(const Decimal& other) const {
  int scale = std::max(scale_, other.scale_);
  return {aligned(scale) + other.aligned(scale), scale};
}

Decimal Decimal::minus(const Decimal& other) const {
  return plus(other.negated());
}

Decimal Decimal::times(const Decimal& other) const {
  Decimal product{coefficient_ * other.coefficient_, scale_ + other.scale_};
  return product.scale_ > kScaleMax ? product.rounded(kScaleMax) : product;
}

Decimal Decimal::divided(const Decimal& other, int scale) const {
  // coefficient/10^s1 / (other/10^s2) = coefficient * 10^(scale + s2 - s1) / other, at `scale`
  int shift = scale + other.scale_ - scale_;
  if (shift >= 0) return {divide_rounded(coefficient_ * power_of_ten(shift), other.coefficient_), scale};
  return {divide_rounded(coefficient_, other.coefficient_ * power_of_ten(-shift)), scale};
}

Decimal Decimal::remainder(const Decimal& other) const {
  int scale = std::max(scale_, other.scale_);
  mpz_class rest;
  mpz_tdiv_r(rest.get_mpz_t(), aligned(scale).get_mpz_t(), other.aligned(scale).get_mpz_t());
  return {rest, scale};
}

int Decimal::compare(const Decimal& other) const {
  if (scale_ == other.scale_) return cmp(coefficient_, other.coefficient_);
  int scale = std::max(scale_, other.scale_);
  return cmp(aligned(scale), other.aligned(scale));
}

std::string Decimal::to_string() const {
  std::string digits = mpz_class(abs(coefficient_)).get_str();
  if (scale_ > 0) {
    size_t scale = static_cast<size_t>(scale_);
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
  }
  if (sign() < 0) digits.insert(0, 1, '-');
  return digits;
}

double Decimal::to_double() const {
  std::string text = to_string();
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && coefficient_.get_str().size() > 300)
    return sign() * HUGE_VAL;
  return value;
}

std::optional<int64_t> Decimal::to_int64() const {
  mpz_class whole = rounded(0).coefficient_;
  if (!mpz_fits_slong_p(whole.get_mpz_t())) return std::nullopt;
  return whole.get_si();
}

std::optional<uint64_t> Decimal::to_uint64() const {
  mpz_class whole = rounded(0).coefficient_;
  if (!mpz_fits_ulong_p(whole.get_mpz_t())) return std::nullopt;
  return whole.get_ui();
}

std::string Decimal::sort_key() const {
  std::string digits = mpz_class(abs(coefficient_)).get_str();
  if (sign() == 0) return "\x80";
  int exponent = static_cast<int>(digits.size()) - scale_;  // 0.digits times ten to this
  while (digits.back() == '0') digits.pop_back();
  std::string key = "\xc0";
  int biased = exponent + 0x4000;
  key += static_cast<char>(biased >> 8);
  key += static_cast<char>(biased & 0xff);
  for (char digit : digits) key += static_cast<char>(digit - '0' + 1);
  key += '\0';
  if (sign() < 0) {
    for (char& byte : key) byte = static_cast<char>(~byte);
  }
  return key;
}

}  // namespace murmel::functions
