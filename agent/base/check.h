// INVARIANT(condition): a broken invariant ends the process, in every build. For our own mistakes, never for
// input.
#pragma once

namespace murmel {
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace murmel

#define INVARIANT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::murmel::check_failed(#condition, __FILE__, __LINE__))
