// ClaimIndex: which transactions hold or wrote which keys, as far as this voter has to remember.
//
// Of an undecided transaction a claim is held; of committed ones the latest writer is noted. The latest is
// enough: a voter says yes to transactions with a common claim one after the other, each having seen the one
// before.
//
// Shared claims stand against claims, not against each other: whoever writes a key must have seen all that
// rely on it, and these its latest writer. Of those that are committed the greatest slot of each origin is
// enough, as whoever has seen it has seen those before it.
//
// A transaction with the claim kWholeDatabase (a schema change) stands against all others: it must have seen
// every other one that is remembered here, and every other one must have seen it. So for any two of which one
// is such, one is built on the other: rows made for an older schema come before the change everywhere, those
// made for the newer one after it.
//
// Invariant: per claim at most one undecided transaction that writes. Hash order decides nothing here: there
// are only look-ups. Not thread safe; part of Commit.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "agent/core/commit_messages.h"

namespace murmel::core {

class ClaimIndex {
 public:
  // What stands against `transaction`; nothing: no claim does. A conflict goes before a busy key. What it has
  // seen is decided, whether or not that is known here.
  struct Rules {
    bool regard_seen = true;       // the others are for tests that plant a bug
    bool rows_see_schema = true;   // transactions have to have seen those that claim the whole database
    bool schema_sees_rows = true;  // and the other way round
    bool writers_see_sharers = true;
  };
  std::optional<Vote> obstacle(const Transaction& transaction, const Rules& rules) const;
  // Holds its claims until committed() or released().
  void hold(const Transaction& transaction);
  void committed(const Transaction& transaction);
  void released(const Transaction& transaction);
  // No longer to be remembered as committed.
  void forget(const Transaction& transaction);

  std::size_t size() const { return holders_.size() + sharers_.size(); }

 private:
  struct Holder {
    Position undecided;
    Position writer;  // of the latest committed transaction
  };
  struct Sharers {
    std::vector<Position> undecided;
    VersionVector committed;  // greatest slot of each origin
  };

  std::optional<Vote> obstacle_to_all(const Transaction& transaction, bool regard_seen) const;

  void share(const Transaction& transaction);
  void settle_shared(const Transaction& transaction, bool committed);
  void forget_shared(const Transaction& transaction);

  std::unordered_map<Claim, Holder> holders_;
  std::unordered_map<Claim, Sharers> sharers_;
  std::set<Position> undecided_;  // that hold claims, or have none
  VersionVector committed_;       // greatest slot of each origin
};

inline bool claims_all(const Transaction& transaction) {
  return !transaction.claims.empty() && transaction.claims.front() == kWholeDatabase;
}

inline Position slot_of(const Transaction& transaction) {
  return {transaction.change.origin, transaction.change.seq};
}

}  // namespace murmel::core
