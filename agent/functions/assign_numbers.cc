// Numbers as columns store them.
#include <cfloat>
#include <cmath>
#include <limits>

#include "agent/functions/assign.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {
namespace {

bool only_blanks_after(std::string_view text, size_t used) {
  return text.find_first_not_of(" \t\n\v\f\r", used) == std::string_view::npos;
}

// The number that a value is; nothing if the call has failed. `what` is the type's word in error 1366;
// without one it is 1265.
std::optional<Decimal> exact(Assignment& to, const char* what) {
  if (!to.value.is_text()) return to_decimal(to.value, nullptr);
  size_t used = 0;
  const Decimal number = Decimal::parse(to.value.text, &used);
  const bool nothing = used == 0;
  if (nothing || !only_blanks_after(to.value.text, used)) {
    const bool refused = nothing && what != nullptr
                             ? to.refused(1366, std::string("Incorrect ") + what + " value: '" +
                                                    to.value.text.substr(0, 64) + "'")
                             : to.truncated();
    if (refused) return std::nullopt;
  }
  return number;
}

}  // namespace

void assign_integer(Assignment& to) {
  const bool wide = to.type.bits == 64;
  const int64_t least = to.type.is_unsigned ? 0
                        : wide              ? std::numeric_limits<int64_t>::min()
                                            : -(int64_t{1} << (to.type.bits - 1));
  const uint64_t greatest =
      to.type.is_unsigned ? (wide ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << to.type.bits) - 1)
                          : (uint64_t{1} << (to.type.bits - 1)) - 1;
  bool negative = to.value.kind == Kind::kInteger && to.value.integer < 0;
  bool low = false;
  bool high = false;
  uint64_t bits = to.value.bits();
  if (!to.value.is_integer()) {
    const auto number = exact(to, "integer");
    if (!number) return;
    const Decimal whole = number->rounded(0);
    negative = whole.sign() < 0;
    if (negative) {
      const auto small = whole.to_int64();
      low = !small;
      bits = static_cast<uint64_t>(small.value_or(0));
    } else {
      const auto large = whole.to_uint64();
      high = !large;
      bits = large.value_or(0);
    }
  }
  low = low || (negative && static_cast<int64_t>(bits) < least);
  high = high || (!negative && bits > greatest);
  if ((low || high) && to.out_of_range()) return;
  if (low) bits = static_cast<uint64_t>(least);
  if (high) bits = greatest;
  to.give(static_cast<int64_t>(bits));
}

void assign_decimal(Assignment& to) {
  const auto number = exact(to, "decimal");
  if (!number) return;
  Decimal value = number->rounded(to.type.decimals);
  if (number->compare(value) != 0) to.note_truncated();
  const int digits = static_cast<int>(to.type.length) - to.type.decimals;
  const bool negative = value.sign() < 0;
  const bool low = negative && to.type.is_unsigned;
  const bool long_one = value.sign() != 0 && value.integer_digits() > digits;
  if ((low || long_one) && to.out_of_range()) return;
  if (long_one) {
    value = Decimal::greatest(static_cast<int>(to.type.length), to.type.decimals);
    if (negative) value = value.negated();
  }
  if (low) value = Decimal::of(0).rounded(to.type.decimals);
  to.give(Value::of_decimal(value));
}

void assign_real(Assignment& to) {
  double value = 0;
  if (to.value.is_text()) {
    size_t used = 0;
    value = parse_double(to.value.text, &used);
    if ((used == 0 || !only_blanks_after(to.value.text, used)) && to.truncated()) return;
  } else {
    value = to_double(to.value, nullptr);
  }
  const bool small = to.type.family == ColumnType::Family::kFloat;
  double limit = small ? static_cast<double>(FLT_MAX) : DBL_MAX;
  if (to.type.sized && to.type.decimals < 31) {
    const double scale = std::pow(10.0, to.type.decimals);
    value = std::rint(value * scale) / scale;
    limit = std::pow(10.0, static_cast<double>(to.type.length) - to.type.decimals) - 1 / scale;
  }
  const bool low = to.type.is_unsigned && value < 0;
  const bool large = std::fabs(value) > limit;
  if ((low || large) && to.out_of_range()) return;
  if (large) value = std::copysign(limit, value);
  if (low) value = 0;
  to.give(small ? static_cast<double>(static_cast<float>(value)) : value);
}

void assign_bit(Assignment& to) {
  uint64_t bits = to.value.bits();
  bool large = false;
  if (to.value.is_text()) {
    const std::string_view bytes = to.value.text;
    bits = 0;
    for (const char byte : bytes) {
      large = large || (bits >> 56) != 0;
      bits = bits << 8 | static_cast<unsigned char>(byte);
    }
  } else if (!to.value.is_integer()) {
    bits = static_cast<uint64_t>(to_integer(to.value, nullptr));
  }
  const uint64_t greatest = to.type.length >= 64 ? ~uint64_t{0} : (uint64_t{1} << to.type.length) - 1;
  large = large || bits > greatest;
  if (large && to.refused(1406, "Data too long")) return;
  to.give(static_cast<int64_t>(large ? greatest : bits));
}

void assign_year(Assignment& to) {
  int64_t year = 0;
  if (to.value.kind == Kind::kDate || to.value.kind == Kind::kDateTime) {
    const auto moment = to_moment(to.value, to.session);
    year = moment ? moment->year : 0;
  } else {
    const auto number = exact(to, "integer");
    if (!number) return;
    year = number->to_int64().value_or(-1);
  }
  // '0' as text is 2000, the number 0 is 0000.
  if (year >= 0 && year < 100 && (year > 0 || to.value.is_text())) year += year < 70 ? 2000 : 1900;
  if (year != 0 && (year < 1901 || year > 2155)) {
    if (to.out_of_range()) return;
    year = 0;
  }
  to.give(year);
}

}  // namespace murmel::functions
