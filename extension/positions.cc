#include "extension/positions.h"

#include <cstdio>

namespace murmel::extension {
namespace {

// At most 18 digits, so that nothing overflows. False: no digit there.
bool read_number(const char*& text, std::int64_t& number) {
  constexpr int kDigitsMax = 18;
  int digits = 0;
  for (number = 0; *text >= '0' && *text <= '9'; text++) {
    if (++digits > kDigitsMax) return false;
    number = number * 10 + (*text - '0');
  }
  return digits > 0;
}

}  // namespace

void print_position(const LogPosition& position, char (&out)[kPositionTextMax]) noexcept {
  std::snprintf(out, sizeof out, "%u%s:%lld", position.origin & ~kDecidedBit,
                (position.origin & kDecidedBit) != 0 ? "q" : "", static_cast<long long>(position.seq));
}

bool read_position(const char*& text, LogPosition& position) noexcept {
  std::int64_t node = 0;
  if (!read_number(text, node) || node < 1 || node >= std::int64_t{kDecidedBit}) return false;
  position.origin = static_cast<std::uint32_t>(node);
  if (*text == 'q') {
    position.origin |= kDecidedBit;
    text++;
  }
  if (*text++ != ':' || !read_number(text, position.seq) || position.seq < 1) return false;
  if (*text == ',') {
    text++;
    return *text != 0;
  }
  return *text == 0;
}

}  // namespace murmel::extension
