// Mathematical functions. Integers and DECIMAL stay exact in ROUND, TRUNCATE, FLOOR, CEILING, ABS; the rest
// is DOUBLE.
#include <zlib.h>

#include <cmath>
#include <numbers>

#include "agent/functions/groups.h"

namespace murmel::functions {
namespace {

// A result that is no number is NULL for functions of a limited domain, error 1690 where it grew out of
// range.
void give(const Call& call, double value) {
  if (std::isnan(value)) return;
  if (std::isinf(value)) {
    return call.fail(1690, std::string("DOUBLE value is out of range in '") + call.function().name + "(" +
                               call.text(0) + (call.has(1) ? "," + call.text(1) : "") + ")'");
  }
  call.result(value);
}

template <double (*function)(double)>
void of_double(const Call& call) {
  give(call, function(call.real(0)));
}

double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}
double degrees(double radians) {
  return radians / (std::numbers::pi / 180.0);
}
double cotangent(double value) {
  return 1.0 / std::tan(value);
}

void invalid_logarithm(const Call& call) {
  call.warn(3020, "Invalid argument for logarithm");
}

template <double (*function)(double)>
void logarithm(const Call& call) {
  double value = call.real(0);
  if (value <= 0) return invalid_logarithm(call);
  give(call, function(value));
}

// LOG(x), or LOG(base, x).
void log_any(const Call& call) {
  if (!call.has(1)) return logarithm<std::log>(call);
  double base = call.real(0), value = call.real(1);
  if (base <= 0 || value <= 0 || base == 1) return invalid_logarithm(call);
  give(call, std::log(value) / std::log(base));
}

void atan(const Call& call) {
  if (!call.has(1)) return give(call, std::atan(call.real(0)));
  give(call, std::atan2(call.real(0), call.real(1)));
}

void power(const Call& call) {
  give(call, std::pow(call.real(0), call.real(1)));
}

void pi(const Call& call) {
  call.result(std::numbers::pi);
}

void sign(const Call& call) {
  Value number = to_number(call.value(0), &call.session());
  if (number.kind == Kind::kDouble) return call.result((number.real > 0) - (number.real < 0));
  call.result(to_decimal(number, nullptr).sign());
}

void absolute(const Call& call) {
  Value number = to_number(call.value(0), &call.session());
  if (number.kind == Kind::kDouble) return call.result(std::fabs(number.real));
  if (number.kind == Kind::kUnsigned) return call.result(number);
  if (number.kind == Kind::kDecimal) {
    return call.result(
        Value::of_decimal(number.decimal.sign() < 0 ? number.decimal.negated() : number.decimal));
  }
  if (number.integer == INT64_MIN)
    return call.fail(1690, "BIGINT value is out of range in 'abs(" + call.text(0) + ")'");
  call.result(number.integer < 0 ? -number.integer : number.integer);
}

// FLOOR and CEILING give an integer for exact numbers, as long as it fits one.
void whole(const Call& call, bool up) {
  Value number = to_number(call.value(0), &call.session());
  if (number.kind == Kind::kDouble) return call.result(up ? std::ceil(number.real) : std::floor(number.real));
  if (number.kind != Kind::kDecimal) return call.result(number);
  Decimal result = up ? number.decimal.ceiling() : number.decimal.floor();
  if (auto integer = result.to_int64()) return call.result(*integer);
  call.result(Value::of_decimal(result));
}

void floor_of(const Call& call) {
  whole(call, false);
}
void ceiling_of(const Call& call) {
  whole(call, true);
}

double round_double(double value, int64_t digits, bool truncate) {
  auto cut = [&](double x) { return truncate ? std::trunc(x) : std::rint(x); };
  double power = std::pow(10.0, static_cast<double>(std::llabs(digits)));
  if (digits >= 0) {
    double scaled = value * power;
    return std::isinf(scaled) || std::isinf(power) ? value : cut(scaled) / power;
  }
  return std::isinf(power) ? 0 : cut(value / power) * power;
}

void cut_digits(const Call& call, bool truncate) {
  Value number = to_number(call.value(0), &call.session());
  int64_t digits = call.has(1) ? std::clamp<int64_t>(call.integer(1), -400, 400) : 0;
  if (number.kind == Kind::kDouble) return call.result(round_double(number.real, digits, truncate));
  Decimal exact = to_decimal(number, nullptr);
  // A DECIMAL gets as many digits as were asked for.
  const int most = number.kind == Kind::kDecimal ? Decimal::kScaleMax : 0;
  const int scale = static_cast<int>(std::min<int64_t>(digits, most));
  Decimal result = truncate ? exact.truncated(scale) : exact.rounded(scale);
  if (number.kind == Kind::kDecimal) return call.result(Value::of_decimal(result));
  if (number.kind == Kind::kUnsigned) {
    if (auto bits = result.to_uint64()) return call.result(Value::of_unsigned(*bits));
  } else if (auto integer = result.to_int64()) {
    return call.result(*integer);
  }
  call.fail(1690, std::string("BIGINT value is out of range in 'round(") + call.text(0) + "," + call.text(1) +
                      ")'");
}

void round_of(const Call& call) {
  cut_digits(call, false);
}
void truncate_of(const Call& call) {
  cut_digits(call, true);
}

void crc(const Call& call) {
  std::string bytes = call.text(0);
  uLong sum = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  call.result(Value::of_unsigned(sum));
}

// MySQL's documented generator: two numbers of 30 bits, started from a seed.
struct Generator {
  static constexpr uint64_t kLimit = 0x3FFFFFFF;
  explicit Generator(uint32_t seed)
      : first(static_cast<uint32_t>(seed * 0x10001u + 55555555u) % kLimit),
        second(static_cast<uint32_t>(seed * 0x10000001u) % kLimit) {}
  double next() {
    first = (first * 3 + second) % kLimit;
    second = (first + second + 33) % kLimit;
    return static_cast<double>(first) / static_cast<double>(kLimit);
  }
  uint64_t first, second;
};

// A seed that is constant begins one row of numbers; another one begins anew each time.
void random_of(const Call& call) {
  if (!call.has(0)) {
    return call.result(static_cast<double>(call.session().random() >> 11) /
                       static_cast<double>(uint64_t{1} << 53));
  }
  auto* generator = static_cast<Generator*>(call.kept(0));
  if (generator != nullptr) return call.result(generator->next());
  const auto begun = new Generator(call.null(0) ? 0 : static_cast<uint32_t>(call.integer(0)));
  call.result(begun->next());
  call.keep(0, begun, [](void* kept) { delete static_cast<Generator*>(kept); });
}

constexpr const char* kNumericGroup = "Numbers";

constexpr Function kNumericFunctions[] = {
    scalar("abs", 1, 1, kNullIn, absolute, kNumericGroup, "without sign"),
    scalar("sign", 1, 1, kNullIn, sign, kNumericGroup, "-1, 0 or 1"),
    scalar("floor", 1, 1, kNullIn, floor_of, kNumericGroup, "the next integer below"),
    scalar("ceil", 1, 1, kNullIn, ceiling_of, kNumericGroup, "the next integer above"),
    scalar("ceiling", 1, 1, kNullIn, ceiling_of, kNumericGroup, "the next integer above"),
    scalar("round", 1, 2, kNullIn, round_of, kNumericGroup,
           "to n digits; exact numbers half away from zero, doubles to even"),
    scalar("truncate", 2, 2, kNullIn, truncate_of, kNumericGroup, "cut to n digits"),
    scalar("sqrt", 1, 1, kNullIn, of_double<std::sqrt>, kNumericGroup, "square root; NULL below 0"),
    scalar("exp", 1, 1, kNullIn, of_double<std::exp>, kNumericGroup, "e to this power"),
    scalar("ln", 1, 1, kNullIn, logarithm<std::log>, kNumericGroup, "natural logarithm"),
    scalar("log", 1, 2, kNullIn, log_any, kNumericGroup, "natural logarithm, or to a base"),
    scalar("log2", 1, 1, kNullIn, logarithm<std::log2>, kNumericGroup, "logarithm to base 2"),
    scalar("log10", 1, 1, kNullIn, logarithm<std::log10>, kNumericGroup, "logarithm to base 10"),
    scalar("pow", 2, 2, kNullIn, power, kNumericGroup, "power"),
    scalar("power", 2, 2, kNullIn, power, kNumericGroup, "power"),
    scalar("pi", 0, 0, kPlain, pi, kNumericGroup, "3.141592653589793"),
    scalar("degrees", 1, 1, kNullIn, of_double<degrees>, kNumericGroup, "radians to degrees"),
    scalar("radians", 1, 1, kNullIn, of_double<radians>, kNumericGroup, "degrees to radians"),
    scalar("sin", 1, 1, kNullIn, of_double<std::sin>, kNumericGroup, "sine"),
    scalar("cos", 1, 1, kNullIn, of_double<std::cos>, kNumericGroup, "cosine"),
    scalar("tan", 1, 1, kNullIn, of_double<std::tan>, kNumericGroup, "tangent"),
    scalar("cot", 1, 1, kNullIn, of_double<cotangent>, kNumericGroup, "cotangent; error 1690 at 0"),
    scalar("asin", 1, 1, kNullIn, of_double<std::asin>, kNumericGroup, "arc sine; NULL outside -1 to 1"),
    scalar("acos", 1, 1, kNullIn, of_double<std::acos>, kNumericGroup, "arc cosine; NULL outside -1 to 1"),
    scalar("atan", 1, 2, kNullIn, atan, kNumericGroup, "arc tangent, of one number or of y and x"),
    scalar("atan2", 2, 2, kNullIn, atan, kNumericGroup, "arc tangent of y and x"),
    scalar("crc32", 1, 1, kNullIn, crc, kNumericGroup, "checksum"),
    scalar("rand", 0, 1, kVaries, random_of, kNumericGroup,
           "0 to 1; with a constant seed its row of numbers"),
};

}  // namespace

std::span<const Function> numeric_functions() {
  return kNumericFunctions;
}

}  // namespace murmel::functions
