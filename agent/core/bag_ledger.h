// BagLedger: what becomes of equal rows in tables without a key.
//
// Such a table is a multiset. Inserts add a row to the bag of rows that are equal in every value, deletes
// take one away. Two nodes that delete at once mean the same row or two equal ones, and no value tells which;
// so all nodes go by one rule: a bag holds what it would if all inserts and deletes had run in the order of
// their versions, a delete of an empty bag doing nothing. While no delete finds a bag empty, the order makes
// no difference, and that is the rule's cheap case. For the others the ledger keeps, above the watermark,
// each operation of each bag in order, and whether it missed, which is to say that it found the bag empty.
// From these and the number of rows that are here now follows how many there were before the first of them,
// and so what one more in their midst changes.
//
// Invariant: rows here == rows before + inserts - deletes + misses, for the operations held.
// Rebuilt from the log at open. That an operation missed is not in the log: the store keeps it (Change). Not
// thread safe; belongs to the applier of one database.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/core/versions.h"

namespace murmel::core {

// The place of an operation among all others. `index` counts the bag operations of one change set.
struct BagPlace {
  Version version;
  Seq seq = 0;
  std::uint32_t index = 0;
  auto operator<=>(const BagPlace&) const = default;
};

struct BagOp {
  BagPlace place;
  bool removes = false;
  bool missed = false;
};

class BagLedger {
 public:
  struct Change {
    RowKey bag;
    BagOp op;
  };

  // An operation that was carried out here before: from the log, or kept by the store, in any order. If it is
  // known already it has missed if either source says so.
  void note(const RowKey& bag, const BagOp& op);

  // Whether admit() must be told how many equal rows are here; else it takes any number above 0 for a removal
  // that finds a row, 0 for one that does not.
  bool needs_count(const RowKey& bag, const BagOp& op) const;
  // Takes its place. Returns what changes here: a row more (1), a row less (-1), or nothing (0). Appends to
  // `changes` the operations that miss now and did not, or the other way round.
  int admit(const RowKey& bag, BagOp op, std::int64_t rows_here, std::vector<Change>& changes);

  // What was admitted since can be taken back.
  std::size_t mark() const { return undo_.size(); }
  void roll_back_to(std::size_t mark);
  void commit() { undo_.clear(); }

  // As in VersionIndex.
  void drop_below(Hlc watermark);
  void reset(Hlc watermark);
  std::size_t bags() const { return bags_.size(); }

 private:
  using Ops = std::vector<BagOp>;  // ascending

  void sweep();

  std::unordered_map<RowKey, Ops, RowKeyHash> bags_;
  std::vector<std::pair<RowKey, Ops>> undo_;
  Hlc watermark_{-1};
  Hlc newest_{-1};
  std::size_t sweep_at_ = 1'024;  // bags
};

}  // namespace murmel::core
