#include "agent/functions/column_type.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

namespace murmel::functions {
namespace {

using Family = ColumnType::Family;

struct Word {
  std::string_view name;
  Family family;
  int bits;
  uint64_t length;
  bool fixed = false;
  bool of_bytes = false;
};

constexpr Word kWords[] = {
    {"tinyint", Family::kInteger, 8, 0},
    {"smallint", Family::kInteger, 16, 0},
    {"mediumint", Family::kInteger, 24, 0},
    {"int", Family::kInteger, 32, 0},
    {"bigint", Family::kInteger, 64, 0},
    {"decimal", Family::kDecimal, 0, 10},
    {"float", Family::kFloat, 0, 0},
    {"double", Family::kDouble, 0, 0},
    {"bit", Family::kBit, 0, 1},
    {"year", Family::kYear, 0, 4},
    {"date", Family::kDate, 0, 0},
    {"time", Family::kTime, 0, 0},
    {"datetime", Family::kDateTime, 0, 0},
    {"timestamp", Family::kDateTime, 0, 0},
    {"char", Family::kText, 0, 1, true},
    {"varchar", Family::kText, 0, 65'535},
    {"tinytext", Family::kText, 0, 255, false, true},
    {"text", Family::kText, 0, 65'535, false, true},
    {"mediumtext", Family::kText, 0, 16'777'215, false, true},
    {"longtext", Family::kText, 0, 4'294'967'295, false, true},
    {"enum", Family::kEnum, 0, 0},
    {"set", Family::kSet, 0, 0},
    {"json", Family::kJson, 0, 0},
    {"binary", Family::kBinary, 0, 1, true, true},
    {"varbinary", Family::kBinary, 0, 65'535, false, true},
    {"tinyblob", Family::kBinary, 0, 255, false, true},
    {"blob", Family::kBinary, 0, 65'535, false, true},
    {"mediumblob", Family::kBinary, 0, 16'777'215, false, true},
    {"longblob", Family::kBinary, 0, 4'294'967'295, false, true},
};

// What stands in quotes, with quotes and backslashes doubled.
std::vector<std::string> read_members(std::string_view text, size_t* at) {
  std::vector<std::string> members;
  while (*at < text.size() && text[*at] != ')') {
    if (text[(*at)++] != '\'') continue;
    std::string member;
    for (; *at < text.size(); ++*at) {
      const bool doubled =
          *at + 1 < text.size() && text[*at + 1] == text[*at] && (text[*at] == '\'' || text[*at] == '\\');
      if (text[*at] == '\'' && !doubled) break;
      member += text[*at];
      if (doubled) ++*at;
    }
    ++*at;
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace

std::optional<ColumnType> parse_column_type(std::string_view text) {
  size_t at = std::min(text.find_first_of(" ("), text.size());
  const auto* const word =
      std::find_if(std::begin(kWords), std::end(kWords),
                   [name = text.substr(0, at)](const Word& known) { return known.name == name; });
  if (word == std::end(kWords)) return std::nullopt;
  ColumnType type;
  type.family = word->family;
  type.bits = word->bits;
  type.length = word->length;
  type.fixed = word->fixed;
  type.of_bytes = word->of_bytes;
  type.in_utc = word->name == "timestamp";
  if (at < text.size() && text[at] == '(') {
    ++at;
    if (type.family == Family::kEnum || type.family == Family::kSet) {
      type.members = read_members(text, &at);
    } else {
      type.sized = true;
      uint64_t numbers[2] = {0, 0};
      for (uint64_t& number : numbers) {
        const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
        at = static_cast<size_t>(read.ptr - text.data());
        if (at < text.size() && text[at] == ',') ++at;
      }
      const bool timed = type.family == Family::kTime || type.family == Family::kDateTime;
      if (!timed) type.length = numbers[0];
      type.decimals = static_cast<int>(timed ? numbers[0] : numbers[1]);
    }
  }
  type.is_unsigned = text.find(" unsigned", at) != std::string_view::npos;
  if (text.ends_with(" character set latin1")) type.characters = ColumnType::Characters::kLatin1;
  if (text.ends_with(" character set ascii")) type.characters = ColumnType::Characters::kAscii;
  return type;
}

const ColumnType* known_column_type(std::string_view text) {
  constexpr size_t kMost = 1'000;
  using Known = std::map<std::string, std::optional<ColumnType>, std::less<>>;
  thread_local Known known;
  thread_local Known::const_iterator last = known.end();  // neighbours are often of one type
  if (last == known.end() || last->first != text) {
    last = known.find(text);
    if (last == known.end()) {
      if (known.size() >= kMost) known.clear();
      last = known.emplace(text, parse_column_type(text)).first;
    }
  }
  return last->second ? &*last->second : nullptr;
}

}  // namespace murmel::functions
