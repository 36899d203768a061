// The weights of MySQL's collations of latin1, one a character. The texts are UTF-8 here; what latin1 lacks
// follows what it has. Values; no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace murmel::functions {

// The byte that MySQL's latin1 (Windows' code page 1252) has for a character; nothing: it has none.
std::optional<std::uint8_t> latin1_byte(char32_t character);

enum class Latin1 { kBin, kSwedish, kGeneral, kGeneralCs, kGerman1, kDanish, kSpanish };

class Latin1Weights {
 public:
  static constexpr int kBytes = 3;  // of a weight in a sort key

  explicit Latin1Weights(Latin1 collation);
  char32_t operator[](char32_t character) const;

 private:
  const std::array<std::uint8_t, 256>* table_;  // null: bytes
};

}  // namespace murmel::functions
