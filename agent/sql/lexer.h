// MySQL text to tokens: sql_mode decides about quotes and backslashes; /*! ... */ is read as if it were not a
// comment; string pieces behind each other are one string. Token kinds are the grammar's. Strings that have
// to be decoded are, into the arena; all else are views of the text. Never fails: what is no token is one of
// kind OP_INVALID. No thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

struct Token {
  int kind = 0;             // 0: end of text
  std::string_view text;    // value: decoded string, name without quotes, digits
  std::uint32_t begin = 0;  // offsets in the text
  std::uint32_t end = 0;
};

class Lexer {
 public:
  // MySQL's version as in version comments: 8.0.33.
  static constexpr int kVersion = 80033;

  Lexer(std::string_view text, const SqlMode& mode, Arena& arena) : text_(text), mode_(mode), arena_(arena) {}

  Token next();
  std::uint32_t position() const { return at_; }

 private:
  char peek(std::uint32_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool looking_at(std::string_view word) const { return text_.substr(at_, word.size()) == word; }
  void skip_space();
  bool skip_comment();
  bool version_comment();
  Token make(int kind, std::uint32_t begin) const;
  Token word();
  Token number();
  std::optional<std::string_view> quoted_part(char quote);
  Token quoted_string(char quote);
  Token quoted_name(char quote);
  Token variable();
  Token radix(char quote_or_x, int bits_a_digit);
  Token operator_token();

  std::string_view text_;
  SqlMode mode_;
  Arena& arena_;
  std::uint32_t at_ = 0;
  bool after_dot_ = false;
  bool in_version_comment_ = false;
};

// The token kind of a keyword, in any case, or 0.
int keyword(std::string_view word);
// Keywords that are names as well, in capitals, sorted.
std::vector<std::string_view> unreserved_words();

std::string lower_case(std::string_view ascii);
std::string upper_case(std::string_view ascii);

}  // namespace murmel::sql
