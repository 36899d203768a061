// Operators on bits, of numbers as unsigned 64 bit or of binary strings, and BIT_COUNT.
#include <bit>

#include "agent/functions/groups.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

uint64_t bits_of(const Call& call, int index) {
  Value value = call.value(index);
  if (value.is_text()) {
    // A number in text may be beyond the signed range.
    return static_cast<uint64_t>(to_integer(value, &call.session()));
  }
  if (value.kind == Kind::kDecimal) {
    if (auto bits = value.decimal.to_uint64()) return *bits;
  }
  return static_cast<uint64_t>(to_integer(value, &call.session()));
}

template <typename Operation>
void combine(const Call& call, Operation operation) {
  if (call.binary(0) && call.binary(1)) {
    std::string a = call.text(0), b = call.text(1);
    if (a.size() != b.size()) {
      return call.fail(3513, "Binary operands of bitwise operators must be of equal length");
    }
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<char>(operation(static_cast<unsigned char>(a[i]), static_cast<unsigned char>(b[i])));
    }
    return call.result_binary(a);
  }
  call.result(Value::of_unsigned(operation(bits_of(call, 0), bits_of(call, 1))));
}

void bit_and(const Call& call) {
  combine(call, [](uint64_t a, uint64_t b) { return a & b; });
}
void bit_or(const Call& call) {
  combine(call, [](uint64_t a, uint64_t b) { return a | b; });
}
void bit_xor(const Call& call) {
  combine(call, [](uint64_t a, uint64_t b) { return a ^ b; });
}

void bit_not(const Call& call) {
  if (!call.binary(0)) return call.result(Value::of_unsigned(~bits_of(call, 0)));
  std::string bytes = call.text(0);
  for (char& byte : bytes) byte = static_cast<char>(~byte);
  call.result_binary(bytes);
}

// A binary string as one long number, shifted to the left by so many bits, negative to the right.
std::string shifted(const std::string& bytes, int64_t count) {
  std::string result(bytes.size(), '\0');
  int64_t size = static_cast<int64_t>(bytes.size()) * 8;
  for (int64_t bit = 0; bit < size; ++bit) {
    int64_t from = bit + count;
    if (from < 0 || from >= size) continue;
    bool set = (static_cast<unsigned char>(bytes[static_cast<size_t>(from / 8)]) >> (7 - from % 8) & 1) != 0;
    if (set) result[static_cast<size_t>(bit / 8)] |= static_cast<char>(1 << (7 - bit % 8));
  }
  return result;
}

void shift(const Call& call, bool left) {
  uint64_t count = bits_of(call, 1);
  if (call.binary(0)) {
    std::string bytes = call.text(0);
    int64_t by = static_cast<int64_t>(std::min<uint64_t>(count, bytes.size() * 8));
    return call.result_binary(shifted(bytes, left ? by : -by));
  }
  uint64_t bits = bits_of(call, 0);
  uint64_t moved = count >= 64 ? 0 : left ? bits << count : bits >> count;
  call.result(Value::of_unsigned(moved));
}

void shift_left(const Call& call) {
  shift(call, true);
}
void shift_right(const Call& call) {
  shift(call, false);
}

void bit_count(const Call& call) {
  if (!call.binary(0)) return call.result(std::popcount(bits_of(call, 0)));
  int count = 0;
  for (char byte : call.text(0)) count += std::popcount(static_cast<unsigned char>(byte));
  call.result(count);
}

constexpr const char* kBitsGroup = "Bits";

constexpr Function kBitsFunctions[] = {
    scalar(names::kBitAnd, 2, 2, kNullIn, bit_and, kBitsGroup, "`a & b`"),
    scalar(names::kBitOr, 2, 2, kNullIn, bit_or, kBitsGroup, "`a \\| b`"),
    scalar(names::kBitXor, 2, 2, kNullIn, bit_xor, kBitsGroup, "`a ^ b`"),
    scalar(names::kBitNot, 1, 1, kNullIn, bit_not, kBitsGroup, "`~a`"),
    scalar(names::kShiftLeft, 2, 2, kNullIn, shift_left, kBitsGroup, "`a << n`"),
    scalar(names::kShiftRight, 2, 2, kNullIn, shift_right, kBitsGroup, "`a >> n`"),
    scalar("bit_count", 1, 1, kNullIn, bit_count, kBitsGroup, "how many bits are set"),
};

}  // namespace

std::span<const Function> bit_functions() {
  return kBitsFunctions;
}

}  // namespace murmel::functions
