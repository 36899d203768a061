#include "agent/sql/lexer.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "agent/sql/grammar_tokens.h"

namespace murmel::sql {
namespace {

bool is_word_start(char c) {
  return (static_cast<unsigned char>((c | 0x20) - 'a') < 26) || c == '_' || c == '$' || (c & 0x80);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_word_start(c) || is_digit(c);
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

// Of the tokens that are no words of their own.
bool has_prefix(std::string_view word) {
  return word.size() > 2 && word[1] == '_' && ((word[0] | 0x20) == 'f' || (word[0] | 0x20) == 'l');
}

bool begins_comment(char c) {
  return c == '#' || c == '-' || c == '/' || c == '*';
}

// Those of one character that begin no other operator; 0: none.
int plain_operator(char c) {
  switch (c) {
    case '(': return TK_OP_LP;
    case ')': return TK_OP_RP;
    case ',': return TK_OP_COMMA;
    case ';': return TK_OP_SEMI;
    case '?': return TK_OP_PARAM;
    default: return 0;
  }
}

// The byte that a backslash and `c` stand for; \% and \_ keep the backslash and are the caller's.
char unescape(char c) {
  switch (c) {
    case '0': return '\0';
    case 'b': return '\b';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'Z': return '\x1a';
    default: return c;
  }
}

}  // namespace

bool Lexer::version_comment() {
  // "/*!" and up to six digits; the text counts if the version is not newer than ours.
  std::uint32_t i = at_ + 3;
  int version = 0;
  int digits = 0;
  while (digits < 6 && i < text_.size() && is_digit(text_[i])) {
    version = version * 10 + (text_[i] - '0');
    ++digits;
    ++i;
  }
  if (digits != 0 && digits < 5) {
    i = at_ + 3;
    version = 0;
  }
  if (version > kVersion) return false;
  at_ = i;
  in_version_comment_ = true;
  return true;
}

// True if something was skipped.
bool Lexer::skip_comment() {
  if (!begins_comment(peek())) return false;
  if (peek() == '#' || (looking_at("--") && (is_space(peek(2)) || at_ + 2 >= text_.size()))) {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    return true;
  }
  if (in_version_comment_ && looking_at("*/")) {
    in_version_comment_ = false;
    at_ += 2;
    return true;
  }
  if (!looking_at("/*")) return false;
  if (peek(2) == '!' && !in_version_comment_ && version_comment()) return true;
  const std::size_t close = text_.find("*/", at_ + 2);
  if (close == std::string_view::npos) return false;  // read as operators, so an error near "/*"
  at_ = static_cast<std::uint32_t>(close) + 2;
  return true;
}

void Lexer::skip_space() {
  for (;;) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    // Some programs send the end of their string, too.
    if (at_ + 1 == text_.size() && text_[at_] == '\0') ++at_;
    if (!skip_comment()) return;
  }
}

Token Lexer::make(int kind, std::uint32_t begin) const {
  return Token{kind, text_.substr(begin, at_ - begin), begin, at_};
}

Token Lexer::next() {
  skip_space();
  const bool after_dot = after_dot_;
  after_dot_ = false;
  const std::uint32_t begin = at_;
  if (at_ >= text_.size()) return Token{0, {}, begin, begin};
  const char c = peek();
  if (after_dot && is_word(c)) {  // any word is a name here
    while (is_word(peek())) ++at_;
    return make(TK_LIT_ID, begin);
  }
  if (c == '`' || (c == '"' && mode_.ansi_quotes)) return quoted_name(c);
  if (c == '\'' || c == '"') return quoted_string(c);
  if ((c == 'x' || c == 'X') && peek(1) == '\'') return radix('\'', 4);
  if ((c == 'b' || c == 'B') && peek(1) == '\'') return radix('\'', 1);
  if ((c == 'n' || c == 'N') && peek(1) == '\'') {
    ++at_;
    return quoted_string('\'');
  }
  if (c == '0' && peek(1) == 'x' && digit_value(peek(2)) < 16) return radix('x', 4);
  if (c == '0' && peek(1) == 'b' && (peek(2) == '0' || peek(2) == '1')) return radix('x', 1);
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (is_word_start(c)) return word();
  if (c == '@') return variable();
  return operator_token();
}

Token Lexer::word() {
  const std::uint32_t begin = at_;
  while (is_word(peek())) ++at_;
  Token token = make(TK_LIT_ID, begin);
  if (peek() == '.' && is_word(peek(1))) return token;  // a qualifier, whatever the word
  if (token.text[0] == '_' && token.text.size() > 1) {
    for (const std::string_view charset : {"_utf8mb4", "_utf8mb3", "_utf8", "_latin1", "_binary", "_ascii"}) {
      if (token.text.size() == charset.size() &&
          std::equal(charset.begin(), charset.end(), token.text.begin(),
                     [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); })) {
        token.kind = TK_LIT_CHARSET;
        token.text.remove_prefix(1);
        return token;
      }
    }
  }
  // A word right before a parenthesis can be a function with syntax of its own, one before a string a
  // literal.
  std::uint32_t after = at_;
  while (after < text_.size() && is_space(text_[after])) ++after;
  const char follows = after < text_.size() ? text_[after] : '\0';
  int kind = 0;
  if (follows == '(' && (after == at_ || mode_.ignore_space)) kind = keyword("F_" + std::string(token.text));
  if (follows == '\'') kind = keyword("L_" + std::string(token.text));
  if (kind == 0 && !has_prefix(token.text)) kind = keyword(token.text);
  if (kind != 0) token.kind = kind;
  return token;
}

Token Lexer::number() {
  const std::uint32_t begin = at_;
  int kind = TK_LIT_INTEGER;
  while (is_digit(peek())) ++at_;
  if (peek() == '.') {
    kind = TK_LIT_DECIMAL;
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  if (peek() == 'e' || peek() == 'E') {
    const std::uint32_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (is_digit(peek(1 + sign))) {
      kind = TK_LIT_DOUBLE;
      at_ += 1 + sign;
      while (is_digit(peek())) ++at_;
      return make(kind, begin);
    }
  }
  if (kind == TK_LIT_INTEGER && is_word_start(peek())) {  // 1st is a name
    while (is_word(peek())) ++at_;
    kind = TK_LIT_ID;
  }
  return make(kind, begin);
}

// Reads to the closing quote. A view of the client's text, unless that has something to be replaced.
std::optional<std::string_view> Lexer::quoted_part(char quote) {
  const std::uint32_t begin = ++at_;
  const std::size_t close = std::min(text_.find(quote, begin), text_.size());
  const std::string_view plain_part = text_.substr(begin, close - begin);
  const bool escaped_part = !mode_.no_backslash_escapes && plain_part.find('\\') != std::string_view::npos;
  const bool doubled = close + 1 < text_.size() && text_[close + 1] == quote;
  if (close < text_.size() && !doubled && !escaped_part) {
    at_ = static_cast<std::uint32_t>(close) + 1;
    return plain_part;
  }
  std::string value;
  for (;; ++at_) {
    if (at_ >= text_.size()) return std::nullopt;
    const char c = text_[at_];
    if (c == quote) {
      if (peek(1) != quote) break;
      ++at_;
      value += quote;
    } else if (c == '\\' && !mode_.no_backslash_escapes && at_ + 1 < text_.size()) {
      ++at_;
      const char escaped = text_[at_];
      if (escaped == '%' || escaped == '_') value += '\\';
      value += unescape(escaped);
    } else {
      const std::size_t plain = text_.find_first_of(quote == '"' ? "\"\\" : "'\\", at_ + 1);
      const auto end = static_cast<std::uint32_t>(std::min(plain, text_.size()));
      value.append(text_.substr(at_, end - at_));
      at_ = end - 1;
    }
  }
  ++at_;
  return arena_.copy(value);
}

Token Lexer::quoted_string(char quote) {
  const std::uint32_t begin = at_;
  const auto value = quoted_part(quote);
  if (!value.has_value()) {
    at_ = begin + 1;
    return make(TK_OP_INVALID, begin);
  }
  Token token = make(TK_LIT_STRING, begin);
  token.text = *value;
  // Strings behind each other are one.
  const bool in_version_comment = in_version_comment_;
  skip_space();
  if (peek() == '\'' || (peek() == '"' && !mode_.ansi_quotes)) {
    const Token rest = quoted_string(peek());
    if (rest.kind == TK_OP_INVALID) return rest;
    token.text = arena_.copy(std::string(token.text).append(rest.text));
    token.end = rest.end;
  } else {
    at_ = token.end;
    in_version_comment_ = in_version_comment;
  }
  return token;
}

Token Lexer::quoted_name(char quote) {
  const std::uint32_t begin = at_;
  std::string value;
  for (++at_;; ++at_) {
    if (at_ >= text_.size()) {
      at_ = begin + 1;
      return make(TK_OP_INVALID, begin);
    }
    if (text_[at_] == quote) {
      if (peek(1) != quote) break;
      ++at_;
    }
    value += text_[at_];
  }
  ++at_;
  Token token =
      make(value.empty() || value.find('\0') != std::string::npos ? TK_OP_INVALID : TK_LIT_ID, begin);
  token.text = arena_.copy(value);
  return token;
}

// x'4D', 0x4D, b'101', 0b101: bytes.
Token Lexer::radix(char quote_or_x, int bits_a_digit) {
  const std::uint32_t begin = at_;
  const int base = bits_a_digit == 4 ? 16 : 2;
  at_ += 2;
  std::string digits;
  while (digit_value(peek()) < base) digits += text_[at_++];
  const bool quoted = quote_or_x == '\'';
  const std::size_t a_byte = static_cast<std::size_t>(8 / bits_a_digit);
  if (quoted && (peek() != '\'' || (base == 16 && digits.size() % 2 != 0))) {
    at_ = begin + 1;
    return make(TK_OP_INVALID, begin);
  }
  if (quoted) ++at_;
  if (!quoted && is_word(peek())) {  // 0x4Dz is a name
    while (is_word(peek())) ++at_;
    return make(TK_LIT_ID, begin);
  }
  while (digits.size() % a_byte != 0) digits.insert(digits.begin(), '0');
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += a_byte) {
    int byte = 0;
    for (std::size_t j = 0; j < a_byte; ++j) byte = byte * base + digit_value(digits[i + j]);
    bytes += static_cast<char>(byte);
  }
  Token token = make(TK_LIT_BLOB, begin);
  token.text = arena_.copy(bytes);
  return token;
}

// @name, @'name', @@name. The token's text is the name; its scope is the grammar's.
Token Lexer::variable() {
  const std::uint32_t begin = at_;
  ++at_;
  if (peek() == '@') {
    ++at_;
    while (is_word(peek()) || peek() == '.') ++at_;
    Token token = make(at_ - begin > 2 ? TK_LIT_SYSTEM_VARIABLE : TK_OP_INVALID, begin);
    token.text.remove_prefix(2);
    return token;
  }
  if (peek() == '\'' || peek() == '"' || peek() == '`') {
    Token name = peek() == '`' ? quoted_name('`') : quoted_string(peek());
    if (name.kind == TK_OP_INVALID) return name;
    name.kind = TK_LIT_USER_VARIABLE;
    name.begin = begin;
    return name;
  }
  while (is_word(peek()) || peek() == '.') ++at_;
  Token token = make(TK_LIT_USER_VARIABLE, begin);
  token.text.remove_prefix(1);
  return token;
}

Token Lexer::operator_token() {
  struct Spelling {
    std::string_view text;
    int kind;
  };
  static constexpr Spelling kSpellings[] = {
      {"->>", TK_OP_ARROW_TEXT}, {"<=>", TK_OP_NULL_EQ}, {"->", TK_OP_ARROW}, {"<=", TK_OP_LE},
      {">=", TK_OP_GE},          {"<>", TK_OP_NE},       {"!=", TK_OP_NE},    {"<<", TK_OP_SHL},
      {">>", TK_OP_SHR},         {":=", TK_OP_ASSIGN},   {"||", TK_OP_PIPES}, {"&&", TK_OP_AND_AND},
      {".", TK_OP_DOT},          {"=", TK_OP_EQ},        {"<", TK_OP_LT},     {">", TK_OP_GT},
      {"+", TK_OP_PLUS},         {"-", TK_OP_MINUS},     {"*", TK_OP_STAR},   {"/", TK_OP_SLASH},
      {"%", TK_OP_PERCENT},      {"^", TK_OP_CARET},     {"&", TK_OP_AMP},    {"|", TK_OP_PIPE},
      {"~", TK_OP_TILDE},        {"!", TK_OP_BANG},      {"{", TK_OP_LB},     {"}", TK_OP_RB},
  };
  const std::uint32_t begin = at_;
  const char first = peek();
  if (const int kind = plain_operator(first); kind != 0) {
    ++at_;
    return make(kind, begin);
  }
  for (const Spelling& spelling : kSpellings) {
    if (spelling.text[0] != first || !looking_at(spelling.text)) continue;
    at_ += static_cast<std::uint32_t>(spelling.text.size());
    after_dot_ = spelling.kind == TK_OP_DOT;
    int kind = spelling.kind;
    if (kind == TK_OP_PIPES && mode_.pipes_as_concat) kind = TK_OP_CONCAT;
    return make(kind, begin);
  }
  ++at_;
  return make(TK_OP_INVALID, begin);
}

}  // namespace murmel::sql
