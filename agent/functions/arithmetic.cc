// Operators on numbers: + - * / DIV % and unary minus.
#include <cmath>

#include "agent/functions/groups.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

struct Operands {
  Value a, b;
  bool real() const { return a.kind == Kind::kDouble || b.kind == Kind::kDouble; }
  bool exact() const { return a.kind == Kind::kDecimal || b.kind == Kind::kDecimal; }
  bool is_unsigned() const { return a.kind == Kind::kUnsigned || b.kind == Kind::kUnsigned; }
};

Operands operands(const Call& call) {
  return {to_number(call.value(0), &call.session()), to_number(call.value(1), &call.session())};
}

std::string expression(const Call& call, const char* sign) {
  return "'(" + call.text(0) + " " + sign + " " + call.text(1) + ")'";
}

void out_of_range(const Call& call, const char* type, const char* sign) {
  call.fail(1690, std::string(type) + " value is out of range in " + expression(call, sign));
}

void give_double(const Call& call, double value, const char* sign) {
  if (!std::isfinite(value)) return out_of_range(call, "DOUBLE", sign);
  call.result(value);
}

void give_decimal(const Call& call, const Decimal& value, const char* sign) {
  if (!value.fits()) {
    if (value.integer_digits() > Decimal::kDigitsMax) return out_of_range(call, "DECIMAL", sign);
    return call.result(Value::of_decimal(value.rounded(Decimal::kDigitsMax - value.integer_digits())));
  }
  call.result(Value::of_decimal(value));
}

// The exact result of an operation on integers, as BIGINT or BIGINT UNSIGNED.
void give_integer(const Call& call, const Decimal& value, bool is_unsigned, const char* sign) {
  if (is_unsigned) {
    auto bits = value.to_uint64();
    if (!bits) return out_of_range(call, "BIGINT UNSIGNED", sign);
    return call.result(Value::of_unsigned(*bits));
  }
  auto whole = value.to_int64();
  if (!whole) return out_of_range(call, "BIGINT", sign);
  call.result(*whole);
}

void division_by_zero(const Call& call) {
  if ((call.session().sql_mode() & kErrorForDivisionByZero) != 0) call.warn(1365, "Division by 0");
}

Decimal exact_of(const Value& number) {
  return to_decimal(number, nullptr);
}

void add(const Call& call) {
  Operands of = operands(call);
  if (of.real()) return give_double(call, to_double(of.a, nullptr) + to_double(of.b, nullptr), "+");
  int64_t sum;
  if (!of.exact() && !of.is_unsigned() && !__builtin_add_overflow(of.a.integer, of.b.integer, &sum))
    return call.result(sum);
  Decimal value = exact_of(of.a).plus(exact_of(of.b));
  of.exact() ? give_decimal(call, value, "+") : give_integer(call, value, of.is_unsigned(), "+");
}

void subtract(const Call& call) {
  Operands of = operands(call);
  if (of.real()) return give_double(call, to_double(of.a, nullptr) - to_double(of.b, nullptr), "-");
  int64_t difference;
  if (!of.exact() && !of.is_unsigned() && !__builtin_sub_overflow(of.a.integer, of.b.integer, &difference)) {
    return call.result(difference);
  }
  Decimal value = exact_of(of.a).minus(exact_of(of.b));
  bool is_unsigned = of.is_unsigned() && (call.session().sql_mode() & kNoUnsignedSubtraction) == 0;
  of.exact() ? give_decimal(call, value, "-") : give_integer(call, value, is_unsigned, "-");
}

void multiply(const Call& call) {
  Operands of = operands(call);
  if (of.real()) return give_double(call, to_double(of.a, nullptr) * to_double(of.b, nullptr), "*");
  int64_t product;
  if (!of.exact() && !of.is_unsigned() && !__builtin_mul_overflow(of.a.integer, of.b.integer, &product)) {
    return call.result(product);
  }
  Decimal value = exact_of(of.a).times(exact_of(of.b));
  of.exact() ? give_decimal(call, value, "*") : give_integer(call, value, of.is_unsigned(), "*");
}

void divide(const Call& call) {
  Operands of = operands(call);
  if (of.real()) {
    double by = to_double(of.b, nullptr);
    if (by == 0) return division_by_zero(call);
    return give_double(call, to_double(of.a, nullptr) / by, "/");
  }
  Decimal a = exact_of(of.a), b = exact_of(of.b);
  if (b.sign() == 0) return division_by_zero(call);
  int scale = std::min(a.scale() + call.session().div_precision_increment(), Decimal::kScaleMax);
  give_decimal(call, a.divided(b, scale), "/");
}

void divide_whole(const Call& call) {
  Operands of = operands(call);
  Decimal a = to_decimal(call.value(0), nullptr), b = to_decimal(call.value(1), nullptr);
  if (b.sign() == 0) return division_by_zero(call);
  int extra = std::max(0, b.scale() - a.scale());
  Decimal left = a.rounded(a.scale() + extra), right = b.rounded(left.scale());
  // At equal scales, the quotient of the coefficients.
  Decimal whole = left.minus(left.remainder(right)).divided(right, 0);
  give_integer(call, whole, of.is_unsigned(), "DIV");
}

void modulo(const Call& call) {
  Operands of = operands(call);
  if (of.real()) {
    double by = to_double(of.b, nullptr);
    if (by == 0) return division_by_zero(call);
    return call.result(std::fmod(to_double(of.a, nullptr), by));
  }
  Decimal a = exact_of(of.a), b = exact_of(of.b);
  if (b.sign() == 0) return division_by_zero(call);
  Decimal rest = a.remainder(b);
  of.exact() ? give_decimal(call, rest, "%") : give_integer(call, rest, of.a.kind == Kind::kUnsigned, "%");
}

void negate(const Call& call) {
  Value number = to_number(call.value(0), &call.session());
  if (number.kind == Kind::kDouble) return call.result(-number.real);
  if (number.kind == Kind::kDecimal) return call.result(Value::of_decimal(number.decimal.negated()));
  Decimal value = exact_of(number).negated();
  if (auto whole = value.to_int64()) return call.result(*whole);
  if (number.kind == Kind::kInteger) return give_decimal(call, value, "-");
  call.fail(1690, "BIGINT value is out of range in '-" + call.text(0) + "'");
}

constexpr const char* kArithmeticGroup = "Arithmetic operators";

constexpr Function kArithmeticFunctions[] = {
    scalar(names::kAdd, 2, 2, kNullIn, add, kArithmeticGroup, "`a + b`"),
    scalar(names::kSub, 2, 2, kNullIn, subtract, kArithmeticGroup, "`a - b`"),
    scalar(names::kMul, 2, 2, kNullIn, multiply, kArithmeticGroup, "`a * b`"),
    scalar(names::kDiv, 2, 2, kNullIn, divide, kArithmeticGroup, "`a / b`"),
    scalar(names::kIntDiv, 2, 2, kNullIn, divide_whole, kArithmeticGroup, "`a DIV b`"),
    scalar(names::kMod, 2, 2, kNullIn, modulo, kArithmeticGroup, "`a % b`"),
    scalar("mod", 2, 2, kNullIn, modulo, kArithmeticGroup, "`MOD(a, b)`"),
    scalar(names::kNeg, 1, 1, kNullIn, negate, kArithmeticGroup, "`-a`"),
};

}  // namespace

std::span<const Function> arithmetic_functions() {
  return kArithmeticFunctions;
}

}  // namespace murmel::functions
