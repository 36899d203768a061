// MySQL's character sets that have one byte a character, for texts in files: the session itself speaks UTF-8.
// The tables are ICU's. Values; no thread rule.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace murmel::functions {

class ByteCharset {
 public:
  // By MySQL's name in lower case ("latin1", "cp1250"); nothing: it is none of them.
  static std::optional<ByteCharset> named(std::string_view name);

  std::string decoded(std::string_view bytes) const;  // to UTF-8
  std::string encoded(std::string_view text) const;   // from UTF-8; what it has no byte for becomes '?'

 private:
  std::array<std::string, 256> characters_;
  std::map<std::string, char, std::less<>> bytes_;
};

}  // namespace murmel::functions
