// What Commit knows of one slot: as voter, as the one who proposes for it, and its outcome.
//
//   proposer:   Voting ──all yes──────────────────────────────► decided
//     (round 0)   ├────majority yes──► Accepting(commit) ─────► decided, by a majority of acceptances
//                 └────can't be had──► Accepting(abort) ──────► decided
//   recovery:   Promising ──majority──► Accepting(either) ────► decided
//     (round > 0)   └─── a higher promise, or too few answers: none, and later Promising again
//
// Invariant: in one ballot only one value is proposed, by its owner, once; after a restart nothing is
// proposed in round 0 any more.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "agent/base/time.h"
#include "agent/core/commit.h"

namespace murmel::core {

struct CommitRound {
  enum class Phase { kVoting, kPromising, kAccepting };

  Phase phase = Phase::kVoting;
  Ballot ballot;
  CommitLevel level = CommitLevel::kQuorum;  // kVoting
  bool commit = false;                       // kAccepting
  Hlc hlc;                                   // kAccepting: of the value
  Instant since;
  Instant resend_at;
  Instant majority_since = kNever;      // kVoting: so many yes for so long
  Instant ask_busy_at = kNever;         // kVoting: those who are busy, once more
  std::map<NodeId, Vote> votes;         // kVoting
  std::map<NodeId, Promised> promises;  // kPromising
  std::set<NodeId> accepted_by;         // kAccepting
};

struct CommitSlot {
  std::optional<Transaction> transaction;
  Hlc hlc;  // 0: not known
  // As a voter. `promised` also stands for what was accepted.
  bool voted = false;
  std::uint64_t vote_epoch = 0;  // in which the vote counts
  Ballot promised;
  std::optional<Proposal> accepted;
  std::uint64_t records = 0;   // number of the last step that wrote a record of it
  bool rows_kept = false;      // the transaction is among the records
  bool decision_kept = false;  // the outcome is
  // Outcome.
  std::optional<bool> decided;
  bool passed = false;  // the database has it: decided, though not known which way
  Instant decided_at;
  bool rows_dropped = false;  // the change set was let go: the database has it
  // As proposer.
  std::optional<CommitRound> round;
  std::uint32_t highest_round = 0;  // seen of anybody
  int attempts = 0;                 // recoveries begun
  Instant wake_at = kNever;

  bool over() const { return decided.has_value() || passed; }
};

}  // namespace murmel::core
