// Exact DECIMAL numbers as MySQL's: up to 65 digits, of these up to 30 after the point. Coefficients are
// GMP's integers. Results of arithmetic carry MySQL's scales; whether they fit 65 digits is asked of `fits`.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace murmel::functions {

class Decimal {
 public:
  static constexpr int kDigitsMax = 65;
  static constexpr int kScaleMax = 30;

  Decimal() = default;
  Decimal(mpz_class coefficient, int scale) : coefficient_(std::move(coefficient)), scale_(scale) {}
  static Decimal of(int64_t value);
  static Decimal of_unsigned(uint64_t value);
  // The longest numeric prefix after blanks, exponents included; `used` is how many bytes it took (0: none,
  // and zero).
  static Decimal parse(std::string_view text, size_t* used);
  // The shortest decimal that reads back as this double; nothing for infinities.
  static std::optional<Decimal> of_double(double value);
  // The greatest number of `precision` digits, `scale` of them after the point.
  static Decimal greatest(int precision, int scale);

  int scale() const { return scale_; }
  int sign() const { return sgn(coefficient_); }
  int integer_digits() const;
  bool fits() const { return integer_digits() + scale_ <= kDigitsMax; }

  Decimal rounded(int scale) const;  // half away from zero; negative scales too; the result has max(scale, 0)
  Decimal truncated(int scale) const;
  Decimal floor() const;
  Decimal ceiling() const;
  Decimal negated() const { return {-coefficient_, scale_}; }

  Decimal plus(const Decimal& other) const;
  Decimal minus(const Decimal& other) const;
  Decimal times(const Decimal& other) const;
  // `other` is not zero.
  Decimal divided(const Decimal& other, int scale) const;
  Decimal remainder(const Decimal& other) const;
  int compare(const Decimal& other) const;

  std::string to_string() const;
  double to_double() const;
  // Rounded; nothing when out of range.
  std::optional<int64_t> to_int64() const;
  std::optional<uint64_t> to_uint64() const;
  // Sorts by memcmp as the numbers do; equal numbers of any scale have one key.
  std::string sort_key() const;

 private:
  mpz_class aligned(int scale) const;  // the coefficient at a greater or equal scale

  mpz_class coefficient_;
  int scale_ = 0;
};

}  // namespace murmel::functions
