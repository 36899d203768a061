#include "agent/core/bag_ledger.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "agent/base/random.h"

namespace murmel::core {
namespace {

const RowKey kBag{1, 2};

BagOp op_at(WallMs ms, NodeId node, bool removes, std::uint32_t index = 0) {
  return {{{Hlc::at(ms), node}, ms, index}, removes};
}

// A node's bag, with the number of its rows.
struct Bag {
  explicit Bag(std::int64_t rows_before) : rows(rows_before) {}
  void apply(const BagOp& op) { rows += ledger.admit(kBag, op, rows, changes); }
  BagLedger ledger;
  std::vector<BagLedger::Change> changes;
  std::int64_t rows;
};

}  // namespace

TEST_CASE("one row, deleted on two nodes while an equal one is inserted: the order of versions decides") {
  std::vector<BagOp> ops = {op_at(10, 1, true), op_at(11, 2, true), op_at(12, 3, false)};
  do {
    Bag bag(1);
    for (const BagOp& op : ops) bag.apply(op);
    CHECK(bag.rows == 1);
  } while (std::next_permutation(ops.begin(), ops.end(),
                                 [](const BagOp& a, const BagOp& b) { return a.place < b.place; }));
}

TEST_CASE("any order of arrival, with restarts between, gives what the order of versions gives") {
  Random random(5);
  for (int round = 0; round < 2'000; ++round) {
    const auto before = static_cast<std::int64_t>(random.below(3));
    std::vector<BagOp> ops;
    for (WallMs ms = 1; ms <= 8; ++ms) ops.push_back(op_at(ms, 1, random.chance(1, 2)));
    std::int64_t expected = before;
    for (const BagOp& op : ops) expected = std::max<std::int64_t>(0, expected + (op.removes ? -1 : 1));
    for (std::size_t i = ops.size(); i > 1; --i) std::swap(ops[i - 1], ops[random.below(i)]);

    Bag bag(before);
    std::map<BagPlace, BagOp> log;
    for (const BagOp& op : ops) {
      bag.apply(op);
      log[op.place] = op;
      if (!random.chance(1, 3)) continue;
      // Only the log, and what the store was told to keep, outlive a restart.
      bag.ledger.reset(Hlc{-1});
      std::map<BagPlace, BagOp> kept;
      for (const auto& change : bag.changes) kept[change.op.place] = change.op;
      for (const auto& [place, logged] : log) bag.ledger.note(kBag, logged);
      for (const auto& [place, changed] : kept) bag.ledger.note(kBag, changed);
    }
    CHECK(bag.rows == expected);
  }
}

TEST_CASE("what is rolled back leaves no trace") {
  Bag bag(0);
  bag.apply(op_at(20, 1, true));
  bag.ledger.commit();
  const std::size_t mark = bag.ledger.mark();
  CHECK(bag.ledger.admit(kBag, op_at(10, 2, false), 0, bag.changes) == 0);
  bag.ledger.roll_back_to(mark);
  // The delete that missed still waits for an earlier insert.
  CHECK(bag.ledger.admit(kBag, op_at(11, 2, false), 0, bag.changes) == 0);
  CHECK(bag.ledger.admit(kBag, op_at(12, 2, false), 0, bag.changes) == 1);
}

TEST_CASE("a bag that is in order needs no counting, and the watermark empties the ledger") {
  BagLedger ledger;
  ledger.note(kBag, op_at(10, 1, true));
  CHECK_FALSE(ledger.needs_count(kBag, op_at(11, 1, false)));
  CHECK(ledger.needs_count(kBag, op_at(9, 1, false)));
  ledger.drop_below(Hlc::at(10));
  CHECK(ledger.bags() == 0);
  CHECK_FALSE(ledger.needs_count(kBag, op_at(9, 1, true)));
}

}  // namespace murmel::core
