// Appends what a request on the commit socket consists of: little-endian numbers, texts with their length.
// False when memory ran out.
#pragma once

#include <cstring>

#include "extension/memory.h"

namespace murmel::extension {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

template <typename T>
[[nodiscard]] bool put_number(Vec<std::uint8_t>& bytes, T value) {
  std::uint8_t copy[sizeof value];
  std::memcpy(copy, &value, sizeof value);
  return bytes.append(copy, sizeof copy);
}

[[nodiscard]] inline bool put_text(Vec<std::uint8_t>& bytes, const char* text) {
  const std::size_t n = std::strlen(text);
  return put_number(bytes, static_cast<std::uint32_t>(n)) &&
         bytes.append(reinterpret_cast<const std::uint8_t*>(text), n);
}

}  // namespace murmel::extension
