// UUIDs and Internet addresses.
#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "agent/functions/groups.h"
#include "agent/functions/notation.h"

namespace murmel::functions {
namespace {

constexpr size_t kUuidBytes = 16;
// 100 ns from 1582-10-15 to 1970.
constexpr uint64_t kUuidEpoch = 0x01B21DD213814000;

std::string uuid_text(const std::string& bytes) {
  std::string hex = hex_of(bytes, false);
  for (size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
  return hex;
}

// With dashes in their places or none, also in braces.
std::optional<std::string> uuid_bytes(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  std::string hex(text);
  if (text.size() == 36) {
    for (size_t at : {23, 18, 13, 8}) {
      if (hex[at] != '-') return std::nullopt;
      hex.erase(at, 1);
    }
  }
  if (hex.size() != 2 * kUuidBytes) return std::nullopt;
  return bytes_of_hex(hex);
}

// Version 1: time, and a random sequence and node (RFC 4122 4.5: the multicast bit says that it is none of
// hardware).
void uuid(const Call& call) {
  thread_local uint64_t last = 0;
  uint64_t ticks = static_cast<uint64_t>(call.session().current_time_us()) * 10 + kUuidEpoch;
  last = ticks = ticks > last || last - ticks > 10'000'000 ? ticks : last + 1;
  uint64_t node = call.session().random() | uint64_t{1} << 40, sequence = call.session().random();
  std::string bytes;
  auto put = [&](uint64_t value, int count) {
    for (int i = count; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  };
  put(ticks, 4);
  put(ticks >> 32, 2);
  put((ticks >> 48 & 0x0FFF) | 0x1000, 2);
  put((sequence & 0x3FFF) | 0x8000, 2);
  put(node, 6);
  call.result(uuid_text(bytes));
}

void uuid_short(const Call& call) {
  call.result(Value::of_unsigned(call.session().short_uuid()));
}

void is_uuid(const Call& call) {
  call.result(uuid_bytes(call.text(0)).has_value());
}

bool swap_asked(const Call& call) {
  return call.has(1) && call.integer(1) != 0;
}

void wrong_uuid(const Call& call) {
  call.fail(1411, "Incorrect string value: '" + call.text(0) + "' for function " + call.function().name);
}

// With the flag the time's high part comes first, so that rows sort by time.
void uuid_to_bin(const Call& call) {
  if (call.null(0)) return;
  auto bytes = uuid_bytes(call.text(0));
  if (!bytes) return wrong_uuid(call);
  if (swap_asked(call))
    *bytes = bytes->substr(6, 2) + bytes->substr(4, 2) + bytes->substr(0, 4) + bytes->substr(8);
  call.result_binary(*bytes);
}

void bin_to_uuid(const Call& call) {
  if (call.null(0)) return;
  std::string bytes = call.text(0);
  if (bytes.size() != kUuidBytes) return wrong_uuid(call);
  if (swap_asked(call))
    bytes = bytes.substr(4, 4) + bytes.substr(2, 2) + bytes.substr(0, 2) + bytes.substr(8);
  call.result(uuid_text(bytes));
}

// Fewer than four parts: the last one is the last byte, as in "127.1".
std::optional<uint32_t> ipv4_number(const std::string& text) {
  uint32_t number = 0, part = 0;
  int dots = 0;
  bool digit = false;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      part = part * 10 + static_cast<uint32_t>(c - '0');
      if (part > 255) return std::nullopt;
      digit = true;
    } else if (c == '.' && digit && ++dots <= 3) {
      number = number << 8 | part;
      part = 0;
      digit = false;
    } else {
      return std::nullopt;
    }
  }
  if (!digit) return std::nullopt;
  for (; dots == 1 || dots == 2; ++dots) number <<= 8;
  return number << 8 | part;
}

void wrong_address(const Call& call) {
  call.warn(1411, "Incorrect string value: '" + call.text(0) + "' for function " + call.function().name);
}

void inet_aton(const Call& call) {
  auto number = ipv4_number(call.text(0));
  if (!number) return wrong_address(call);
  call.result(Value::of_unsigned(*number));
}

void inet_ntoa(const Call& call) {
  int64_t number = call.integer(0);
  if (number < 0 || number > UINT32_MAX) return wrong_address(call);
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8)
    text += (text.empty() ? "" : ".") + std::to_string(number >> shift & 255);
  call.result(text);
}

std::optional<std::string> address_bytes(const std::string& text, int family) {
  std::array<char, 16> bytes;
  if (text.find('\0') != std::string::npos || inet_pton(family, text.c_str(), bytes.data()) != 1)
    return std::nullopt;
  return std::string(bytes.data(), family == AF_INET ? 4 : 16);
}

void inet6_aton(const Call& call) {
  std::string text = call.text(0);
  auto bytes = address_bytes(text, AF_INET);
  if (!bytes) bytes = address_bytes(text, AF_INET6);
  if (!bytes) return wrong_address(call);
  call.result_binary(*bytes);
}

void inet6_ntoa(const Call& call) {
  std::string bytes = call.text(0);
  std::array<char, INET6_ADDRSTRLEN> text;
  if (!call.binary(0) || (bytes.size() != 4 && bytes.size() != 16)) return wrong_address(call);
  int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr)
    call.result(std::string(text.data()));
}

void is_ipv4(const Call& call) {
  call.result(!call.null(0) && address_bytes(call.text(0), AF_INET).has_value());
}
void is_ipv6(const Call& call) {
  call.result(!call.null(0) && address_bytes(call.text(0), AF_INET6).has_value());
}

bool begins_with(const Call& call, const char* prefix) {
  return !call.null(0) && call.binary(0) && call.text(0).size() == 16 &&
         std::memcmp(call.text(0).data(), prefix, 12) == 0;
}

void is_ipv4_compat(const Call& call) {
  std::string zeros(12, '\0');
  std::string bytes = call.null(0) ? std::string() : call.text(0);
  // :: and ::1 are addresses of their own.
  bool special = bytes.size() == 16 && bytes.compare(12, 3, std::string(3, '\0')) == 0 &&
                 static_cast<unsigned char>(bytes[15]) <= 1;
  call.result(begins_with(call, zeros.data()) && !special);
}

void is_ipv4_mapped(const Call& call) {
  std::string prefix = std::string(10, '\0') + "\xff\xff";
  call.result(begins_with(call, prefix.data()));
}

constexpr const char* kAddressesGroup = "UUIDs and addresses";

constexpr Function kAddressesFunctions[] = {
    scalar("uuid", 0, 0, kVaries, uuid, kAddressesGroup, "a new UUID of version 1, with a random node"),
    scalar("uuid_short", 0, 0, kVaries, uuid_short, kAddressesGroup,
           "a number that grows: the server's id, when it began, and a count"),
    scalar("is_uuid", 1, 1, kNullIn, is_uuid, kAddressesGroup, "whether a text is one"),
    scalar("uuid_to_bin", 1, 2, kPlain, uuid_to_bin, kAddressesGroup,
           "its 16 bytes, with 1 in order of time"),
    scalar("bin_to_uuid", 1, 2, kPlain, bin_to_uuid, kAddressesGroup, "the way back"),
    scalar("inet_aton", 1, 1, kNullIn, inet_aton, kAddressesGroup, "an IPv4 address as a number"),
    scalar("inet_ntoa", 1, 1, kNullIn, inet_ntoa, kAddressesGroup, "the way back"),
    scalar("inet6_aton", 1, 1, kNullIn, inet6_aton, kAddressesGroup, "an address as 4 or 16 bytes"),
    scalar("inet6_ntoa", 1, 1, kNullIn, inet6_ntoa, kAddressesGroup, "the way back"),
    scalar("is_ipv4", 1, 1, kPlain, is_ipv4, kAddressesGroup, "whether a text is an IPv4 address"),
    scalar("is_ipv6", 1, 1, kPlain, is_ipv6, kAddressesGroup, "whether a text is an IPv6 address"),
    scalar("is_ipv4_compat", 1, 1, kPlain, is_ipv4_compat, kAddressesGroup, "whether 16 bytes are ::a.b.c.d"),
    scalar("is_ipv4_mapped", 1, 1, kPlain, is_ipv4_mapped, kAddressesGroup,
           "whether 16 bytes are ::ffff:a.b.c.d"),
};

}  // namespace

std::span<const Function> address_functions() {
  return kAddressesFunctions;
}

}  // namespace murmel::functions
