#include "agent/functions/byte_charset.h"

#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>

namespace murmel::functions {
namespace {

struct Name {
  std::string_view mysql;
  const char* icu;
};
constexpr Name kNames[] = {
    {"latin1", "windows-1252"}, {"latin2", "iso-8859-2"},   {"latin5", "iso-8859-9"},
    {"latin7", "iso-8859-13"},  {"cp1250", "windows-1250"}, {"cp1251", "windows-1251"},
    {"cp1256", "windows-1256"}, {"cp1257", "windows-1257"}, {"cp850", "ibm-850"},
    {"cp852", "ibm-852"},       {"cp866", "ibm-866"},       {"koi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
};

std::size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

std::optional<ByteCharset> ByteCharset::named(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kNames), std::end(kNames),
                                         [name](const Name& one) { return one.mysql == name; });
  if (found == std::end(kNames)) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(found->icu, &status),
                                                                     &ucnv_close);
  if (U_FAILURE(status)) return std::nullopt;
  ByteCharset charset;
  for (int byte = 0; byte < 256; ++byte) {
    const char source = static_cast<char>(byte);
    UChar wide[4];
    const std::int32_t length = ucnv_toUChars(converter.get(), wide, 4, &source, 1, &status);
    char text[8];
    std::int32_t bytes = 0;
    u_strToUTF8(text, sizeof text, &bytes, wide, length, &status);
    if (U_FAILURE(status)) return std::nullopt;
    std::string& character = charset.characters_[static_cast<std::size_t>(byte)];
    character.assign(text, static_cast<std::size_t>(bytes));
    charset.bytes_.emplace(character, source);
  }
  return charset;
}

std::string ByteCharset::decoded(std::string_view bytes) const {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) text += characters_[static_cast<unsigned char>(byte)];
  return text;
}

std::string ByteCharset::encoded(std::string_view text) const {
  std::string bytes;
  while (!text.empty()) {
    const std::size_t length = std::min(character_bytes(text[0]), text.size());
    const auto found = bytes_.find(text.substr(0, length));
    bytes += found != bytes_.end() ? found->second : '?';
    text.remove_prefix(length);
  }
  return bytes;
}

}  // namespace murmel::functions
