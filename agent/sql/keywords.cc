#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "agent/sql/grammar_tokens.h"
#include "agent/sql/lexer.h"

namespace murmel::sql {
namespace {

struct Keyword {
  std::string_view word;
  int kind;
  bool may_be_name;
};

// Sorted by word.
constexpr Keyword kKeywords[] = {
#include "agent/sql/keywords.inc"
};

constexpr std::size_t kLongest = 32;
constexpr std::size_t kLetters = 26;

// Where the words of each letter begin, and behind the last one, where they end: a lexer asks of each word.
constexpr auto kFirst = [] {
  std::array<std::size_t, kLetters + 1> first{};
  for (const Keyword& keyword : kKeywords) {
    for (auto letter = static_cast<std::size_t>(keyword.word[0] - 'A') + 1; letter <= kLetters; ++letter)
      ++first[letter];
  }
  return first;
}();

constexpr char capital(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string cased(std::string_view text, int (*convert)(int)) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [convert](char c) { return static_cast<char>(convert(static_cast<unsigned char>(c))); });
  return result;
}

}  // namespace

std::string lower_case(std::string_view ascii) {
  return cased(ascii, std::tolower);
}

std::string upper_case(std::string_view ascii) {
  return cased(ascii, std::toupper);
}

int keyword(std::string_view word) {
  if (word.empty() || word.size() > kLongest) return 0;
  std::array<char, kLongest> upper{};
  std::transform(word.begin(), word.end(), upper.begin(), capital);
  const std::string_view wanted(upper.data(), word.size());
  const auto letter = static_cast<std::size_t>(wanted[0] - 'A');
  if (letter >= kLetters) return 0;
  const Keyword* const end = std::begin(kKeywords) + kFirst[letter + 1];
  const Keyword* const found =
      std::lower_bound(std::begin(kKeywords) + kFirst[letter], end, wanted,
                       [](const Keyword& keyword, std::string_view text) { return keyword.word < text; });
  return found != end && found->word == wanted ? found->kind : 0;
}

std::vector<std::string_view> unreserved_words() {
  std::vector<std::string_view> words;
  for (const Keyword& keyword : kKeywords) {
    if (keyword.may_be_name) words.push_back(keyword.word);
  }
  return words;
}

}  // namespace murmel::sql
