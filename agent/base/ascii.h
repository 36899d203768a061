// Letters of ASCII without regard to the process's locale, and without a call for each of them.
#pragma once

namespace murmel {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace murmel
