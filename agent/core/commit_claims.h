// ClaimIndex: which transactions hold or wrote which keys, as far as this voter has to remember.
//
// Of an undecided transaction a claim is held; of committed ones the latest writer is noted. The latest is
// enough: a voter says yes to transactions with a common claim one after the other, each having seen the one
// before. Invariant: per claim at most one undecided transaction. Hash order decides nothing here: there are
// only look-ups. Not thread safe; part of Commit.
#pragma once

#include <optional>
#include <unordered_map>

#include "agent/core/commit_messages.h"

namespace murmel::core {

class ClaimIndex {
 public:
  // What stands against `transaction`; nothing: no claim does. A conflict goes before a busy key. What it has
  // seen is decided, whether or not that is known here.
  std::optional<Vote> obstacle(const Transaction& transaction, bool regard_seen) const;
  // Holds its claims until committed() or released().
  void hold(const Transaction& transaction);
  void committed(const Transaction& transaction);
  void released(const Transaction& transaction);
  // No longer to be remembered as committed.
  void forget(const Transaction& transaction);

  std::size_t size() const { return holders_.size(); }

 private:
  struct Holder {
    Position undecided;
    Position writer;  // of the latest committed transaction
  };

  std::unordered_map<Claim, Holder> holders_;
};

inline Position slot_of(const Transaction& transaction) {
  return {transaction.change.origin, transaction.change.seq};
}

}  // namespace murmel::core
