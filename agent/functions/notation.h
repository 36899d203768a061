// Bytes and numbers in other notations: hexadecimal, bases, base64.
// Thread rule: none; functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace murmel::functions {

std::string hex_of(std::string_view bytes, bool upper = true);
// Nothing if a character is no hexadecimal digit; an odd number of digits has a 0 before it.
std::optional<std::string> bytes_of_hex(std::string_view text);
// 0 to 35, or -1.
int digit_value(char c);
std::string in_base(uint64_t number, unsigned base);
std::string base64_of(std::string_view bytes);
std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace murmel::functions
