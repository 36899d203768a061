// Texts, bytes, ENUM, SET and JSON as columns store them.
#include <algorithm>
#include <cstdio>

#include "agent/functions/assign.h"
#include "agent/functions/collation.h"
#include "agent/functions/json.h"
#include "agent/functions/latin1_weights.h"

namespace murmel::functions {
namespace {

// Where the text stops being UTF-8; its size if it never does.
size_t valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = next_character(text, &at);
    if (at == begin + 1 && character >= 0x80) return begin;
  }
  return text.size();
}

std::string escaped_bytes(std::string_view bytes) {
  constexpr size_t kShownMax = 6;
  std::string text;
  for (const char byte : bytes.substr(0, kShownMax)) {
    char hex[8];
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code < 0x7f) {
      text += byte;
    } else {
      std::snprintf(hex, sizeof hex, "\\x%02X", code);
      text += hex;
    }
  }
  return bytes.size() > kShownMax ? text + "..." : text;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(' ') == std::string_view::npos;
}

std::string without_blanks(std::string text) {
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

// Number of the member from 1 on; 0: there is none such.
size_t member_number(Assignment& to, std::string_view name) {
  const Collation* const collation = find_collation(to.session.collation());
  for (size_t i = 0; i < to.type.members.size(); ++i) {
    const std::string& member = to.type.members[i];
    if (member == name || (collation != nullptr && collation->compare(member, name) == 0)) return i + 1;
  }
  return 0;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Where the first character is that the column's character set lacks; the size if there is none.
size_t first_unknown(std::string_view text, ColumnType::Characters characters) {
  for (size_t at = 0; characters != ColumnType::Characters::kAll && at < text.size();) {
    const size_t begin = at;
    const char32_t character = next_character(text, &at);
    const bool known = character < 0x80 ||
                       (characters == ColumnType::Characters::kLatin1 && latin1_byte(character).has_value());
    if (!known) return begin;
  }
  return text.size();
}

std::string with_question_marks(std::string_view text, ColumnType::Characters characters) {
  std::string result;
  while (!text.empty()) {
    const size_t unknown = first_unknown(text, characters);
    result += text.substr(0, unknown);
    if (unknown == text.size()) break;
    size_t behind = unknown;
    next_character(text, &behind);
    result += '?';
    text.remove_prefix(behind);
  }
  return result;
}

std::string members_of_bits(Assignment& to, uint64_t bits) {
  std::string text;
  for (size_t i = 0; i < to.type.members.size(); ++i) {
    if ((bits >> i & 1) == 0) continue;
    if (!text.empty()) text += ',';
    text += to.type.members[i];
  }
  return text;
}

}  // namespace

void assign_text(Assignment& to) {
  std::string text = to_text(to.value);
  if (to.value.kind == Kind::kBinary || to.value.kind == Kind::kBit) {
    const size_t valid = valid_utf8(text);
    if (valid < text.size()) {
      const std::string what =
          "Incorrect string value: '" + escaped_bytes(std::string_view(text).substr(valid)) + "'";
      if (to.refused(1366, what)) return;
      text.resize(valid);
    }
  }
  const size_t unknown = first_unknown(text, to.type.characters);
  if (unknown < text.size()) {
    if (to.refused(1366,
                   "Incorrect string value: '" + escaped_bytes(std::string_view(text).substr(unknown)) + "'"))
      return;
    text = with_question_marks(text, to.type.characters);
  }
  if (to.type.fixed) text = without_blanks(std::move(text));
  const size_t limit = to.type.of_bytes ? std::min<size_t>(to.type.length, text.size())
                                        : byte_of_character(text, to.type.length);
  if (limit < text.size()) {
    if (is_blank(std::string_view(text).substr(limit))) {
      to.note_truncated();
    } else if (to.refused(1406, "Data too long")) {
      return;
    }
    text.resize(to.type.of_bytes ? valid_utf8(std::string_view(text).substr(0, limit)) : limit);
  }
  to.give(text);
}

void assign_binary(Assignment& to) {
  std::string bytes = to_text(to.value);
  if (bytes.size() > to.type.length) {
    if (to.refused(1406, "Data too long")) return;
    bytes.resize(to.type.length);
  }
  if (to.type.fixed) bytes.resize(to.type.length, '\0');
  to.give(Value::of_text(std::move(bytes), Kind::kBinary));
}

void assign_enum(Assignment& to) {
  size_t number = 0;
  if (to.value.is_text()) {
    const std::string name = without_blanks(to.value.text);
    number = member_number(to, name);
    if (number == 0 && all_digits(name) && name.size() < 6) number = std::stoul(name);
  } else {
    number = static_cast<size_t>(std::max<int64_t>(to_integer(to.value, nullptr), 0));
  }
  if (number == 0 || number > to.type.members.size()) {
    if (to.truncated()) return;
    return to.give("");
  }
  to.give(to.type.members[number - 1]);
}

void assign_set(Assignment& to) {
  uint64_t bits = 0;
  bool unknown = false;
  const size_t count = to.type.members.size();
  const uint64_t all = count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
  if (to.value.is_text()) {
    std::string_view rest = to.value.text;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const size_t number = member_number(to, rest.substr(0, comma));
      number == 0 ? void(unknown = true) : void(bits |= uint64_t{1} << (number - 1));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  } else {
    bits = static_cast<uint64_t>(to_integer(to.value, nullptr));
    unknown = (bits & ~all) != 0;
  }
  if (unknown && to.truncated()) return;
  to.give(members_of_bits(to, bits & all));
}

void assign_json(Assignment& to) {
  if (to.value.kind == Kind::kJson) return to.give(to.value.text);
  if (!to.value.is_text()) return to.give(json_text(json_element(to.value)));
  const auto json = parse_json(to.value.text);
  if (!json) {
    return to.fail(
        3140, "Invalid JSON text: \"Invalid value.\" at position 0 in value for column '" + to.column + "'.");
  }
  to.give(json_text(*json));
}

}  // namespace murmel::functions
