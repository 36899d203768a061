// How numbers are written in a locale, for FORMAT().
// Thread rule: none; constants.
#pragma once

#include <string>
#include <string_view>

namespace murmel::functions {

struct NumberLocale {
  std::string_view point;
  char separator;     // between groups of digits
  int first, others;  // digits of the group before the point and of those before it; 0: no groups
  const char* names;  // of locales, with a blank behind each
};

extern const NumberLocale kEnglishNumbers;  // en_US, MySQL's default

// Null for one that MySQL does not have; upper and lower case are one.
const NumberLocale* number_locale(std::string_view name);

// `text` is a number with a '.' or none.
std::string in_locale(std::string text, const NumberLocale& locale);

}  // namespace murmel::functions
