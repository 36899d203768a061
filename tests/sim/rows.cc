#include "tests/sim/rows.h"

#include <cstring>

#include "agent/base/check.h"

namespace murmel::sim {

void execute(const Op& op, Content& content) {
  switch (op.kind) {
    case OpKind::kPut: content.rows[op.key] = op.value; break;
    case OpKind::kDelete: content.rows.erase(op.key); break;
    case OpKind::kMove:
      content.rows.erase(op.key);
      content.rows[op.new_key] = op.value;
      break;
    case OpKind::kAppend: ++content.journal[op.value]; break;
    case OpKind::kTake: {
      const auto found = content.journal.find(op.value);
      if (found != content.journal.end() && --found->second == 0) content.journal.erase(found);
      break;
    }
  }
}

std::string encode_ops(const std::vector<Op>& ops) {
  std::string bytes(ops.size() * sizeof(Op), '\0');
  for (std::size_t i = 0; i < ops.size(); ++i)
    std::memcpy(bytes.data() + i * sizeof(Op), &ops[i], sizeof(Op));
  return bytes;
}

std::vector<Op> decode_ops(ByteView bytes) {
  INVARIANT(bytes.size() % sizeof(Op) == 0);
  std::vector<Op> ops(bytes.size() / sizeof(Op));
  for (std::size_t i = 0; i < ops.size(); ++i)
    std::memcpy(&ops[i], bytes.data() + i * sizeof(Op), sizeof(Op));
  return ops;
}

std::string difference(const Content& actual, const Content& expected) {
  for (const auto& [key, value] : expected.rows) {
    const auto found = actual.rows.find(key);
    if (found == actual.rows.end()) return "row " + std::to_string(key) + " is missing";
    if (found->second != value) {
      return "row " + std::to_string(key) + " is " + std::to_string(found->second) + ", should be " +
             std::to_string(value);
    }
  }
  for (const auto& [key, value] : actual.rows) {
    if (!expected.rows.contains(key)) return "row " + std::to_string(key) + " should not be there";
  }
  for (const auto& [value, count] : expected.journal) {
    const auto found = actual.journal.find(value);
    const int there = found == actual.journal.end() ? 0 : found->second;
    if (there != count) {
      return "journal entry " + std::to_string(value) + " is there " + std::to_string(there) +
             " times, should be " + std::to_string(count);
    }
  }
  return actual.journal.size() == expected.journal.size() ? "" : "journal has an entry that nobody wrote";
}

}  // namespace murmel::sim
