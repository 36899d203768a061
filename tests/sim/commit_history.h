// CommitHistory: every transaction that an application ran at QUORUM or ALL, with what it read and wrote and
// what it was told, and what must be true of all of them at the end (G4-G7, G10).
//
// Each write is a new value that no other transaction writes, and a transaction reads each key that it
// writes. So the values of a key form a chain, and every dependency between transactions is known (in the
// manner of Elle: Kingsbury, Alvaro, 2020; such a chain is what a list is there to which each appends). Its
// anomalies are found so: G0 and G1c as cycles of write and read dependencies, G1a and G1b as reads of values
// that are not there or were overwritten by their own transaction, lost updates as two successors of one
// value, read skew (G-single) as a cycle with one anti-dependency. A long fork is two serializable reads of
// which each has seen a transaction that the other one has missed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/commit.h"
#include "tests/sim/oracle.h"

namespace murmel::sim {

// Ranges of keys that only transactions at QUORUM write. What is missing has the value 0.
inline constexpr Key kCounterKeys = 100'000;  // plain rows
inline constexpr Key kAccountKeys = 200'000;  // their balances add up to nothing
inline constexpr Key kNameKeys = 300'000;     // fresh rows; the name in the value is unique
inline constexpr Key kParentKeys = 400'000;
inline constexpr Key kChildKeys = 500'000;  // fresh rows; the value has the place of the parent
inline constexpr Key kQuorumKeysEnd = 600'000;
inline constexpr Key kSchemaKey = kAccountKeys - 1;  // stands for the schema

constexpr bool is_quorum_key(Key key) {
  return key >= kCounterKeys && key < kQuorumKeysEnd;
}
// A value has a number that nobody else writes, and something that the application cares about.
constexpr Value make_value(Value unique, std::uint32_t content) {
  return unique << 20 | content;
}
constexpr std::uint32_t content_of(Value value) {
  return static_cast<std::uint32_t>(value & 0xfffff);
}
inline constexpr std::uint32_t kIntermediate = 999'999;  // content of a value that its transaction overwrote
inline constexpr std::uint32_t kNoBalance = 500'000;     // the content that stands for a balance of 0

struct QuorumTransaction {
  Uuid history;
  NodeId node = 0;
  std::map<Key, Value> reads;  // 0: there was no such row
  std::vector<Op> ops;
  bool read_only = false;
  bool schema_change = false;
  core::VersionVector seen;
  std::optional<core::CommitOutcome> outcome;  // what the application was told; empty: nothing, it crashed
  core::Position slot;
};

// What a transaction at SERIALIZABLE has read: all of it up to here.
struct SerialRead {
  Uuid history;
  NodeId node = 0;
  core::VersionVector seen;
};

class CommitHistory {
 public:
  std::size_t add(QuorumTransaction transaction) {
    transactions_.push_back(std::move(transaction));
    return transactions_.size() - 1;
  }
  void add(SerialRead read) { reads_.push_back(std::move(read)); }
  QuorumTransaction& at(std::size_t index) { return transactions_[index]; }
  std::size_t size() const { return transactions_.size(); }
  std::size_t committed() const;
  std::size_t serial_reads() const { return reads_.size(); }

  // What is wrong at the end, when all databases have `have`; empty: nothing.
  std::string check(const Oracle& oracle, const Uuid& history, const core::VersionVector& have) const;
  // What is wrong with one database at any time: account totals, unique names, children without a parent.
  static std::string check_content(const Content& content);

 private:
  std::string check_outcomes(const Oracle& oracle, const Uuid& history, const core::VersionVector& have,
                             std::vector<std::size_t>& committed,
                             std::map<std::size_t, core::Position>& places) const;

  std::string check_forks(const Oracle& oracle, const Uuid& history) const;

  std::vector<QuorumTransaction> transactions_;
  std::vector<SerialRead> reads_;
};

}  // namespace murmel::sim
