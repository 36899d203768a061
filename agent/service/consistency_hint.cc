#include "agent/service/consistency_hint.h"

#include <algorithm>
#include <cctype>

namespace murmel::service {
namespace {

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

void skip(std::string_view& text, bool (*belongs)(char)) {
  text.remove_prefix(
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin()));
}

// What stands in the parentheses behind `name`.
std::string argument_of(std::string_view hints, std::string_view name) {
  const std::size_t at = hints.find(name);
  if (at == std::string_view::npos) return {};
  hints.remove_prefix(at + name.size());
  skip(hints, is_blank);
  if (!hints.starts_with('(')) return {};
  hints.remove_prefix(1);
  skip(hints, is_blank);
  std::string_view word = hints;
  skip(hints, is_letter);
  word = word.substr(0, word.size() - hints.size());
  skip(hints, is_blank);
  return hints.starts_with(')') ? std::string(word) : std::string();
}

}  // namespace

ConsistencyHint consistency_hint(std::string_view statement) {
  skip(statement, is_blank);
  skip(statement, is_letter);
  skip(statement, is_blank);
  if (!statement.starts_with("/*+")) return {};
  std::string hints(statement.substr(3, statement.find("*/") - 3));
  std::transform(hints.begin(), hints.end(), hints.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  ConsistencyHint hint;
  const std::string write = argument_of(hints, "murmel_write_consistency");
  const std::string read = argument_of(hints, "murmel_read_consistency");
  if (write == "one" || write == "quorum" || write == "all") hint.write = write;
  if (read == "one" || read == "quorum") hint.read = read;
  return hint;
}

}  // namespace murmel::service
