#include "agent/functions/schema_pattern.h"

namespace murmel::functions {
namespace {

constexpr int32_t kSchemaTimeLimit = 1000;  // in ICU's steps, about milliseconds
constexpr int32_t kSchemaStackBytesMax = 8'000'000;

// What a class of ECMAScript stands for; empty: another escape.
std::string_view ascii_class(char letter) {
  switch (letter) {
    case 'd': return "[0-9]";
    case 'D': return "[^0-9]";
    case 'w': return "[A-Za-z0-9_]";
    case 'W': return "[^A-Za-z0-9_]";
    default: return {};
  }
}

}  // namespace

std::string icu_pattern(std::string_view pattern) {
  std::string out;
  bool brackets = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '\\' && next != '\0') {
      const std::string_view classed = ascii_class(next);
      out += classed.empty() ? pattern.substr(i, 2) : classed;
      ++i;
    } else if (brackets && (c == '[' || ((c == '&' || c == '-') && next == c))) {
      out += '\\';
      out += c;
    } else if (!brackets && c == '$') {
      out += "\\z";
    } else {
      if (c == '[') brackets = true;
      if (c == ']') brackets = false;
      out += c;
    }
  }
  return out;
}

SchemaPattern::SchemaPattern(std::string_view pattern) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where;
  compiled_.reset(
      icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(icu_pattern(pattern)), 0, where, status));
  if (U_FAILURE(status)) compiled_.reset();
}

std::optional<bool> SchemaPattern::found_in(std::string_view text) const {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString subject =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled_->matcher(subject, status));
  if (U_FAILURE(status)) return std::nullopt;
  matcher->setTimeLimit(kSchemaTimeLimit, status);
  matcher->setStackLimit(kSchemaStackBytesMax, status);
  const bool found = matcher->find(status);
  if (U_FAILURE(status)) return std::nullopt;
  return found;
}

}  // namespace murmel::functions
