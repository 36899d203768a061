// Identities and positions. Small value types; each compares and prints as its number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "agent/base/result.h"

namespace murmel {

// Node of the cluster, 1 .. 2^31-1. In a database's own log table 0 stands for "written here".
using NodeId = std::uint32_t;
inline constexpr NodeId kSelfInLog = 0;
inline constexpr NodeId kNodeIdMax = 0x7fffffff;

// A node has two logs per database, and so two origins: its own id for what it commits alone (ONE), and the
// id with this bit for what it has decided with others (QUORUM, ALL; core/commit.h).
inline constexpr NodeId kDecidedBit = 0x80000000;
constexpr NodeId decided_origin(NodeId node) {
  return node | kDecidedBit;
}
constexpr NodeId node_of_origin(NodeId origin) {
  return origin & kNodeIdMax;
}
constexpr bool is_decided_origin(NodeId origin) {
  return (origin & kDecidedBit) != 0;
}

// For people: node 7's logs are "7" and "7q"; record 12 of the latter is "7q:12", which is also what a
// transaction at QUORUM is asked for by.
std::string origin_name(NodeId origin);
Result<NodeId> parse_origin(const std::string& text);  // error: kInvalid

// Number of a change set within its origin's log of one database: 1, 2, 3 ... without gaps.
using Seq = std::int64_t;
std::string record_name(NodeId origin, Seq seq);

// 128 bits that name a data directory or a database's history.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool is_nil() const { return *this == Uuid{}; }
  std::string to_string() const;                       // 8-4-4-4-12 hexadecimal digits
  static Result<Uuid> parse(const std::string& text);  // error: kInvalid
};

}  // namespace murmel
