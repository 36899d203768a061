#include "agent/store/row_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace murmel::store {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kValueBytesMax = 4096;

std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Json cut_hex(const char* kind, ByteView bytes) {
  Json json{{kind, hex(bytes.first(std::min(bytes.size(), kValueBytesMax)))}};
  if (bytes.size() > kValueBytesMax) json["bytes"] = bytes.size();
  return json;
}

// Strict enough for a JSON library: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::uint8_t lead = bytes[i++];
    if (lead < 0x80) continue;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || i + static_cast<std::size_t>(more) > bytes.size()) return false;
    if ((lead == 0xe0 && bytes[i] < 0xa0) || (lead == 0xed && bytes[i] > 0x9f)) return false;
    if ((lead == 0xf0 && bytes[i] < 0x90) || (lead == 0xf4 && bytes[i] > 0x8f)) return false;
    for (int n = 0; n < more; ++n) {
      if ((bytes[i++] & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

Json text_to_json(ByteView bytes) {
  if (bytes.size() > kValueBytesMax || !is_utf8(bytes)) return cut_hex("text", bytes);
  return std::string(as_text(bytes));
}

}  // namespace

Json value_to_json(const wire::Value& value) {
  switch (value.tag) {
    case row_stream::kNull:
    case row_stream::kSame: return nullptr;
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64: return value.integer;
    case row_stream::kReal:
      if (!std::isfinite(value.real)) return Json{{"real", value.real < 0 ? "-inf" : "inf"}};
      return value.real;
    case row_stream::kText: return text_to_json(value.bytes);
    case row_stream::kBlob: return cut_hex("blob", value.bytes);
  }
  return nullptr;
}

Json row_to_json(const wire::Table& table, std::span<const wire::Value> image) {
  Json json = Json::object();
  for (std::size_t i = 0; i < image.size(); ++i) {
    json[std::string(table.columns[i].name)] = value_to_json(image[i]);
  }
  return json;
}

Json key_to_json(const wire::Table& table, std::span<const wire::Value> image) {
  Json json = Json::object();
  for (const std::uint16_t place : table.key) {
    json[std::string(table.columns[place].name)] = value_to_json(image[place]);
  }
  return json;
}

// Names of columns may be any bytes; what is no UTF-8 is replaced, never thrown at.
std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace murmel::store
