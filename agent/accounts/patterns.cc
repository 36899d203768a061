#include "agent/accounts/patterns.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace murmel::accounts {
namespace {

constexpr int kLiteralRank = 10'000;
constexpr int kNetworkRank = 5'000;  // and the bits of its mask
constexpr std::string_view kMappedPrefix = "::ffff:";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string folded;
  for (const char c : text) folded += lower(c);
  return folded;
}

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto byte = number(text.substr(0, dot), 255);
    if (!byte.has_value()) return std::nullopt;
    address = address << 8 | *byte;
    text.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return address;
}

struct Network {
  std::uint32_t address = 0;
  std::uint32_t mask = 0;
};

std::optional<Network> network(std::string_view pattern) {
  const std::size_t slash = pattern.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = ipv4(pattern.substr(0, slash));
  const std::string_view size = pattern.substr(slash + 1);
  if (!address.has_value()) return std::nullopt;
  if (const auto mask = ipv4(size)) return Network{*address, *mask};
  const auto bits = number(size, 32);
  if (!bits.has_value()) return std::nullopt;
  return Network{*address, *bits == 0 ? 0 : ~std::uint32_t{0} << (32 - *bits)};
}

std::size_t first_wildcard(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '%' || pattern[i] == '_') {
      return i;
    }
  }
  return std::string_view::npos;
}

int pattern_rank(std::string_view pattern) {
  if (pattern.empty()) return -1;
  const std::size_t wildcard = first_wildcard(pattern);
  return wildcard == std::string_view::npos ? kLiteralRank : static_cast<int>(wildcard);
}

}  // namespace

// Only the last % is ever gone back to, so the work is bounded by the product of both lengths.
bool wild_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_percent = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      after_percent = ++p;
      resume = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const std::size_t at = escaped ? p + 1 : p;
    if (at < pattern.size() && (pattern[at] == text[t] || (!escaped && pattern[at] == '_'))) {
      p = at + 1;
      ++t;
      continue;
    }
    if (after_percent == std::string_view::npos) return false;
    p = after_percent;
    t = ++resume;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

bool has_wildcard(std::string_view pattern) {
  return first_wildcard(pattern) != std::string_view::npos;
}

std::string without_escapes(std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    text += pattern[i];
  }
  return text;
}

bool host_matches(std::string_view pattern, const Peer& peer) {
  std::string_view address = peer.address;
  if (address.starts_with(kMappedPrefix)) address.remove_prefix(kMappedPrefix.size());
  const std::string wanted = lower(pattern);
  if (wanted.empty() || (peer.loopback && wild_match(wanted, "localhost"))) return true;
  if (const auto net = network(wanted)) {
    const auto there = ipv4(address);
    return there.has_value() && (*there & net->mask) == (net->address & net->mask);
  }
  return wild_match(wanted, lower(address));
}

int host_rank(std::string_view pattern) {
  const auto net = network(pattern);
  if (!net.has_value()) return pattern_rank(pattern);
  int bits = 0;
  for (std::uint32_t mask = net->mask; mask != 0; mask <<= 1) bits += mask >> 31;
  return kNetworkRank + bits;
}

int database_rank(std::string_view pattern) {
  return pattern_rank(pattern);
}

}  // namespace murmel::accounts
