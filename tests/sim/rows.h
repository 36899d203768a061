// The simulated application's data: one table with a key, one without (a journal, in which values may stand
// several times), and the row changes of a transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/bytes.h"

namespace murmel::sim {

using Key = std::uint32_t;
using Value = std::uint64_t;

enum class OpKind : std::uint8_t {
  kPut,     // insert or update of `key`
  kDelete,  // of `key`
  kMove,    // update of the primary key: `key` becomes `new_key`
  kAppend,  // insert into the journal
  kTake,    // delete of one such value from the journal
};

struct Op {
  OpKind kind = OpKind::kPut;
  Key key = 0;
  Key new_key = 0;
  Value value = 0;
  bool operator==(const Op&) const = default;
};

struct Content {
  std::map<Key, Value> rows;
  std::map<Value, int> journal;  // value -> how often
  bool operator==(const Content&) const = default;
};

// What an op does to a database that nobody else writes.
void execute(const Op& op, Content& content);

std::string encode_ops(const std::vector<Op>& ops);
std::vector<Op> decode_ops(ByteView bytes);

// First difference, for people; empty if equal.
std::string difference(const Content& actual, const Content& expected);

}  // namespace murmel::sim
