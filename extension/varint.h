// LEB128 variable-length integers and little-endian numbers, written at a pointer that has room.
#pragma once

#include <cstdint>
#include <cstring>

namespace murmel::extension {

inline constexpr std::size_t kVarintMax = 10;

inline std::uint8_t* write_varint(std::uint8_t* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<std::uint8_t>(value);
  return at;
}

// The machines Murmel runs on are little-endian, so a copy is the encoding.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
template <typename T>
std::uint8_t* write_number(std::uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

}  // namespace murmel::extension
