// Commit: decides transactions at QUORUM and ALL for one database, so that no acknowledged one is ever lost,
// half there, or overwrites what it did not see, with no leader, and with nothing left blocked by a crash.
//
// The idea. A node's decided transactions are numbered slots of a log of their own (decided_origin). Each
// slot is one instance of Paxos (Lamport, 1998) whose value is "commit" or "abort"; its coordinator owns
// round 0, and a voter that has waited too long recovers the slot with a higher round. What is new against
// plain Paxos is that a round-0 vote is conditional, in the way of Percolator's locks (Peng, Dabek, 2010):
//
//   Prepare   a voter says yes if no undecided transaction holds one of the claims, and no decided
//   transaction that wrote
//             one of them is missing from `seen`. A yes is durable before it is said, and holds the claims
//             until the slot is decided. It says no at once otherwise.
//   decide    every voter said yes: committed, in one round trip. A majority said yes: the coordinator
//   proposes commit in
//             round 0, and a majority of acceptances is the commit. A majority can't be had: aborted.
//   Recover   a higher ballot at a majority. A proposal that was accepted is proposed again, the highest
//   first; if there
//             is none and everybody who answered had said yes, all voters may have: commit; otherwise abort.
//
// Why no update is lost: two transactions with a common claim both need the yes of a majority, so one voter
// said yes to both; it said the second yes only after the first was decided, and, if committed, was in `seen`
// of the second.
//
// An aborted slot becomes an empty change set, so that the log has no gaps. Decided slots go to core::Sync in
// order of their numbers, as if they had been received; from then on they are change sets like any other.
//
// Invariants: nothing is said to others that a crash could take back (yes, promise and acceptance leave only
// after Persisted); a slot's number is never used twice (numbers are reserved in blocks ahead, durably); what
// is kept is bounded (CommitOptions). Pure: no clock, thread or I/O. One instance per database, driven by the
// loop thread; after each step the host carries the effects out in the order of their declaration.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/clock.h"
#include "agent/core/commit_messages.h"
#include "agent/core/mutation.h"

namespace murmel::core {

enum class CommitLevel : std::uint8_t { kOne = 1, kQuorum = 2, kAll = 3 };

struct CommitOptions {
  NodeId self = 0;
  std::uint64_t random_seed = 0;  // for jitter
  Duration max_clock_offset = kMaxClockOffset;
  Duration slow_path_delay = milliseconds(3);  // patience for the last votes before the second phase
  Duration vote_timeout = milliseconds(500);   // then a coordinator gives up and proposes abort
  Duration recovery_timeout =
      milliseconds(400);  // a voter waits so long for a decision; plus jitter of as much again
  Duration resend_interval = milliseconds(200);  // of what was not answered
  std::size_t slots_max = 4'096;                 // undecided ones kept here
  std::int64_t bytes_max = 64 << 20;             // of their change sets
  std::size_t claims_kept_max =
      1'000'000;     // of decided transactions; older ones are forgotten (VoteReason::kBehind)
  Seq reserve = 64;  // slot numbers reserved at a time
  Mutation mutation = Mutation::kNone;  // tests only: a planted bug
};

// Set of voters in force. Messages of another epoch are refused.
struct Epoch {
  std::uint64_t number = 0;
  std::vector<NodeId> voters;  // ascending
  bool operator==(const Epoch&) const = default;
};

// --- what is written to the journal
// ------------------------------------------------------------------------------------

namespace journal {

struct Reserve {  // slot numbers of this node up to here may have been used
  Seq limit = 0;
  bool operator==(const Reserve&) const = default;
};
struct Yes {
  Transaction transaction;
  bool operator==(const Yes&) const = default;
};
struct PromiseGiven {
  Position slot;
  Hlc hlc;
  Ballot ballot;
  bool operator==(const PromiseGiven&) const = default;
};
struct AcceptGiven {
  Proposal proposal;
  bool operator==(const AcceptGiven&) const = default;
};
struct Known {  // the decision
  Decision decision;
  bool operator==(const Known&) const = default;
};
// The slot is durable in the database and its claims are no longer needed: all records of this origin up to
// here may go.
struct Forget {
  Position up_to;
  bool operator==(const Forget&) const = default;
};

using Record = std::variant<Reserve, Yes, PromiseGiven, AcceptGiven, Known, Forget>;

}  // namespace journal

// --- inputs
// ------------------------------------------------------------------------------------------------------------

namespace commit_input {

// First input of all. `records` in the order in which they were written; `have` is what the database holds,
// durably.
struct Opened {
  Uuid database_id;
  VersionVector have;
  std::vector<journal::Record> records;
};
struct EpochChanged {
  Epoch epoch;
};
// A link to a node is usable / is gone.
struct PeerUp {
  NodeId node = 0;
};
struct PeerDown {
  NodeId node = 0;
};
// Decide this. `change.origin` and `change.seq` are given by the core. Answered by one Reply with the same
// number.
struct Propose {
  std::uint64_t request = 0;
  CommitLevel level = CommitLevel::kQuorum;
  Transaction transaction;
  Duration timeout;  // then the reply is kUnknown, or kUnavailable when nothing was sent
};
// What has become of a slot of any coordinator? Answered by one Reply (kCommitted, kAborted, kUnknown).
struct Ask {
  std::uint64_t request = 0;
  Position slot;
};
struct Received {
  NodeId node = 0;
  CommitMessage message;
};
// All records of Effects::persist up to this number are on disk.
struct Persisted {
  std::uint64_t number = 0;
};
// The database's positions have moved (core::SyncEffects of the same database): applied, and durable.
struct StoreMoved {
  VersionVector have;
  VersionVector durable;
};
struct Tick {};

}  // namespace commit_input

using CommitInput =
    std::variant<commit_input::Opened, commit_input::EpochChanged, commit_input::PeerUp,
                 commit_input::PeerDown, commit_input::Propose, commit_input::Ask, commit_input::Received,
                 commit_input::Persisted, commit_input::StoreMoved, commit_input::Tick>;

// --- effects
// -----------------------------------------------------------------------------------------------------------

enum class CommitOutcome : std::uint8_t {
  kCommitted = 0,
  kConflict = 1,     // not committed: something newer was there; begin again
  kBusy = 2,         // not committed: another transaction is being decided; may be proposed again as it is
  kUnavailable = 3,  // not committed: no majority (or not all, at ALL) can be reached
  kRefused = 4,      // not committed: a limit, the clock, the epoch
  kUnknown = 5,      // may or may not be committed: ask again by its slot
  kAborted = 6,      // answer to Ask
};

struct CommitEffects {
  struct Send {
    std::vector<NodeId> to;
    CommitMessage message;
  };
  struct Reply {
    std::uint64_t request = 0;
    CommitOutcome outcome = CommitOutcome::kUnknown;
    Position slot;  // 0: none was used
    Hlc hlc;
    Position by;  // kConflict, kBusy: the transaction in the way
    std::string text;
  };

  // Write these, in this order, and answer with Persisted{persist_number}. One fsync may serve many steps.
  std::vector<journal::Record> persist;
  std::uint64_t persist_number = 0;
  std::vector<Send> send;
  // Hand these to core::Sync (sync_input::Decided), in this order.
  std::vector<ChangeSet> decided;
  std::vector<Reply> reply;
  std::vector<std::string> report;  // for the log: a sentence each

  void clear();
};

struct CommitStatus {
  Epoch epoch;
  bool majority_reachable = false;
  std::size_t undecided = 0;
  std::size_t claims = 0;
  std::uint64_t committed = 0;  // since the start, coordinated here
  std::uint64_t aborted = 0;
  std::uint64_t fast = 0;       // of the committed: in one round trip
  std::uint64_t recovered = 0;  // slots that this node has decided for others
};

class Commit {
 public:
  explicit Commit(const CommitOptions& options);
  ~Commit();
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  // Appends to `effects`.
  void step(const Time& time, CommitInput input, CommitEffects& effects);
  // When to call step with Tick at the latest, if nothing else happens. kNever: not at all.
  Instant wake_at() const;
  // Slots of this node that are not durable in its database have stamps at or above this: it must not be
  // reported as passed (sync_input::Pending). kNever-like greatest value: none.
  Hlc pending_floor() const;
  CommitStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::core
