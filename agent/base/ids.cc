#include "agent/base/ids.h"

#include <charconv>

namespace murmel {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string origin_name(NodeId origin) {
  return std::to_string(node_of_origin(origin)) + (is_decided_origin(origin) ? "q" : "");
}

std::string record_name(NodeId origin, Seq seq) {
  return origin_name(origin) + ":" + std::to_string(seq);
}

Result<NodeId> parse_origin(const std::string& text) {
  NodeId node = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, node);
  const bool decided = parsed.ptr == end - 1 && *parsed.ptr == 'q';
  if (parsed.ec != std::errc{} || (parsed.ptr != end && !decided) || node == 0 || node > kNodeIdMax) {
    return Error{ErrorCode::kInvalid, "not an origin (7 or 7q, say): " + text};
  }
  return decided ? decided_origin(node) : node;
}

std::string Uuid::to_string() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Result<Uuid> Uuid::parse(const std::string& text) {
  Uuid uuid;
  std::size_t digits = 0;
  for (char c : text) {
    if (c == '-') continue;
    const int digit = hex_digit(c);
    if (digit < 0 || digits == 32) return Error{ErrorCode::kInvalid, "not a UUID: " + text};
    auto& byte = uuid.bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  if (digits != 32) return Error{ErrorCode::kInvalid, "not a UUID: " + text};
  return uuid;
}

}  // namespace murmel
