// A regular expression of a JSON schema: ECMAScript's, which MySQL takes, in ICU's words.
// Thread rule: a value; one thread at a time.
#pragma once

#include <unicode/regex.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace murmel::functions {

class SchemaPattern {
 public:
  explicit SchemaPattern(std::string_view pattern);
  // MySQL passes over a pattern that is none.
  bool valid() const { return compiled_ != nullptr; }
  // Whether it is found anywhere in the text; nothing: that takes too long.
  std::optional<bool> found_in(std::string_view text) const;

 private:
  std::unique_ptr<icu::RegexPattern> compiled_;
};

// The text that ICU reads as ECMAScript reads `pattern`: \d and \w are ASCII, $ is the very end, and within
// brackets [, && and -- are characters.
std::string icu_pattern(std::string_view pattern);

}  // namespace murmel::functions
