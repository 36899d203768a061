// Commit: decides transactions at QUORUM and ALL for one database, so that no acknowledged one is ever lost,
// half there, or overwrites what it did not see, with no leader, and with nothing left blocked by a crash.
//
// The idea. A node's decided transactions are numbered slots of a log of their own (decided_origin). Each
// slot is one instance of Paxos (Lamport, 1998) whose value is "commit" or "abort"; its coordinator owns
// round 0, and a voter that has waited too long recovers the slot with a higher round. What is new against
// plain Paxos is that a round-0 vote is conditional, in the way of Percolator's locks (Peng, Dabek, 2010):
//
//   Prepare   A voter says yes if no undecided transaction holds one of the claims, and no decided
//             transaction that wrote one of them is missing from `seen`. A yes is durable before it
//             is said, and holds the claims until the slot is decided. A no is said at once, and
//             binds nobody. Shared claims are held by any number at once.
//   decide    Every voter said yes: committed, in one round trip. A majority said yes: the coordinator
//             proposes commit in round 0, and a majority of acceptances is the commit. A majority
//             can't be had: it proposes abort the same way.
//   Recover   A higher ballot at a majority. A proposal that was accepted is proposed again, the
//             highest first; if there is none and everybody who answered had said yes, all voters
//             may have: commit; otherwise abort.
//
// Why no update is lost: two transactions with a common claim both need the yes of a majority, so one voter
// said yes to both; it said the second yes only after the first was decided, and, if committed, was in `seen`
// of the second. Nor is a row left without the parent that its writer relied on, by the same argument: two of
// which one shares what the other claims have seen each other, one way or the other.
//
// Two transactions that hold each other up: the one that comes first in an order that is as good as random
// asks again, the other one gives way at once, so one of them always gets on.
//
// A schema change claims the whole database (kWholeDatabase): it must have seen every decided transaction,
// and every later one must have seen it. By the argument above, of any two transactions of which one changes
// the schema, one has seen the other. As a change set is applied after all that it has seen, rows are applied
// everywhere to the schema that they were made for, and of two schema changes made at once only one is
// decided. No lease is needed for that. Under load a schema change would hardly ever have seen everything, so
// a voter that refuses one also refuses other transactions for `keep_back_time`, with pauses
// in which rows get on (kKeepBackTurns); that is fairness, not safety.
//
// An aborted slot becomes an empty change set, so that the log has no gaps. Its stamp is always kVoidStamp: a
// slot may be ended twice, in one epoch and, being void, in the next one, which knows nothing of that.
// Decided slots go to core::Sync in order of their numbers, as if they had been received; from then on they
// are change sets like any other. A slot that nobody has seen, but later ones, is recovered like any other,
// and so aborted.
//
// Stamps: a slot's stamp is above all that its database has told others (StoreMoved::clock) and above those
// of its node's earlier slots. So what a node reports as its clock stays true as long as it is below its
// pending slots (pending_floor).
//
// Change of voters (core/epoch.h): once fenced, a voter says no yes in this epoch any more, but takes part in
// recovery. When the next epoch comes, it comes with tips: slots up to them are decided, and come with the
// data; slots above them that were begun before are void, so a yes counts only in the epoch in which it was
// said. Who has not seen the tips is refused.
//
// Forgetting: some time after a slot is durable in the database, its claims and records go. A floor per
// origin remembers that: who has not seen what is below it can't be checked any more and is refused.
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

// kTwo, kThree: as kQuorum, and at least so many voters; fewer than a majority never decide.
enum class CommitLevel : std::uint8_t { kOne = 1, kQuorum = 2, kAll = 3, kTwo = 4, kThree = 5 };

struct CommitOptions {
  NodeId self = 0;
  std::uint64_t random_seed = 0;  // for jitter
  Duration max_clock_offset = kMaxClockOffset;
  Duration slow_path_delay = milliseconds(3);  // patience for the last votes before the second phase
  Duration vote_timeout = milliseconds(300);   // then a coordinator gives up and proposes abort
  // A voter waits so long for a decision, plus jitter of as much again.
  Duration recovery_timeout = milliseconds(400);
  // The same, per place in the order of voters, once the link to the coordinator is gone: most likely it is
  // dead.
  Duration orphan_patience = milliseconds(15);
  Duration resend_interval = milliseconds(200);  // of what was not answered
  Duration busy_interval = milliseconds(4);      // before a busy voter is asked again, plus jitter
  std::size_t slots_max = 4'096;                 // undecided ones kept here
  std::int64_t bytes_max = 64 << 20;             // of their change sets
  // Of decided transactions; older ones are forgotten (VoteReason::kBehind).
  std::size_t claims_kept_max = 1'000'000;
  Duration forget_after = seconds(10);  // a decided slot that is durable here
  // Of the change sets of decided slots that are not durable here; beyond it, no yes any more. 0: no limit.
  std::int64_t kept_bytes_max = 0;
  Seq reserve = 64;  // slot numbers reserved at a time
  // How long a voter that refused a schema change refuses others, so that it gets its turn: some round trips
  // on a slow line.
  Duration keep_back_time = milliseconds(400);
  SharedBytes no_rows;                  // rows of an aborted slot: a row stream without rows
  Mutation mutation = Mutation::kNone;  // tests only: a planted bug
};

// Set of voters in force. Messages of another epoch are refused.
struct Epoch {
  std::uint64_t number = 0;
  std::vector<NodeId> voters;  // ascending
  bool member = true;          // false: this node may ask for outcomes, but proposes nothing
  bool operator==(const Epoch&) const = default;
};

// --- what is written to the journal ---------------------------------------------------------------------

namespace journal {

// Slot numbers of this node up to `limit` may have been used; those that were not durable in the database
// when this was written have stamps above `above`. Only the latest one matters.
struct Reserve {
  Seq limit = 0;
  Hlc above;
  bool operator==(const Reserve&) const = default;
};
struct Yes {
  Transaction transaction;
  std::uint64_t epoch = 0;  // in which it counts
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
// The slot is durable in the database and its claims are no longer needed: all records of slots of this
// origin up to here may go, but the latest Forget of each origin must stay.
struct Forget {
  Position up_to;
  bool operator==(const Forget&) const = default;
};

using Record = std::variant<Reserve, Yes, PromiseGiven, AcceptGiven, Known, Forget>;

}  // namespace journal

// --- inputs ---------------------------------------------------------------------------------------------

namespace commit_input {

// First input of all. `records` in the order in which they were written; `have` is what the database holds,
// durably. The host gives the pending_floor that follows to core::Sync before anything else, and goes on with
// StoreMoved.
struct Opened {
  Uuid database_id;
  VersionVector have;
  std::vector<journal::Record> records;
};
// Another epoch is in force. `tips`: all that can have been committed in earlier ones (EpochRecord::tips).
// Ends the fence.
struct EpochChanged {
  Epoch epoch;
  VersionVector tips = {};
};
// No yes in this epoch any more, and nothing new is proposed: known() is now all that can be committed in it.
struct Fenced {};
// Decide all slots up to here soon, and keep the outcome until the database has it; see holds().
struct Drain {
  VersionVector tips;
};
// Nodes, this one included, that may have another history of the database, see Sync::strangers(). Nothing
// is proposed in a history before a majority of the voters has it, as it might give way to another one.
struct Strangers {
  std::vector<NodeId> nodes;
};
// A link to a node is usable / is gone.
struct PeerUp {
  NodeId node = 0;
};
struct PeerDown {
  NodeId node = 0;
};
// Decide this. `change.origin` and `change.seq` are given by the core, which may also raise `change.hlc`.
// Answered by one Reply with the same number.
struct Propose {
  std::uint64_t request = 0;
  CommitLevel level = CommitLevel::kQuorum;
  Transaction transaction;
  Duration timeout;  // then the reply is kUnknown
  // The writer holds the database's write lock and will write the log record itself: then its transaction
  // must have seen all slots of this node before its own, or the record would leave a gap. Refused as
  // kConflict otherwise: it has to let go of the lock first.
  bool in_place = false;
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
// The database's positions or clock have moved: after each step of core::Sync of the same database that did
// so, before any other input here.
struct StoreMoved {
  VersionVector have;     // applied
  VersionVector durable;  // and on disk
  Hlc clock;              // greatest stamp in it
  // A witness only: what databases have, and can't be asked for as it is no longer in their logs.
  VersionVector trimmed = {};
};
// A witness has got these from a database that has them: they are decided. Kept as if voted for.
struct Taken {
  std::vector<ChangeSet> changes;
};
// Somebody wants to read what is decided, and new transactions have come between again and again: they are
// held back for so long; however often it is said, `keep_back_time` at most of three times as long. Fairness,
// not safety.
struct HoldBack {
  Duration turn;
};
struct Tick {};

}  // namespace commit_input

using CommitInput =
    std::variant<commit_input::Opened, commit_input::EpochChanged, commit_input::Fenced, commit_input::Drain,
                 commit_input::Strangers, commit_input::PeerUp, commit_input::PeerDown, commit_input::Propose,
                 commit_input::Ask, commit_input::Received, commit_input::Persisted, commit_input::StoreMoved,
                 commit_input::Taken, commit_input::HoldBack, commit_input::Tick>;

// --- effects --------------------------------------------------------------------------------------------

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
    Position slot;        // 0: none was used
    Hlc hlc;              // the slot's stamp: not below the one that was proposed
    Position by;          // kConflict, kBusy: the transaction in the way
    bool behind = false;  // kConflict: what it has not seen is forgotten by now; maybe nothing is in the way
    std::string text;
  };

  // The slot that a request in place has got, before anybody else can hear of it: who waits for the answer
  // can ask for the outcome even if this node dies now.
  struct Named {
    std::uint64_t request = 0;
    Position slot;
  };

  std::vector<Named> named;
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
  std::size_t not_stored = 0;  // decided, and not in the database yet
  std::size_t claims = 0;
  std::size_t kept = 0;         // decided, and not durable here
  std::int64_t kept_bytes = 0;  // of change sets of decided slots
  std::uint64_t committed = 0;  // since the start, coordinated here
  std::uint64_t aborted = 0;
  std::uint64_t fast = 0;       // of the committed: in one round trip
  std::uint64_t recovered = 0;  // slots that this node has decided for others
};

inline constexpr Hlc kNoFloor{INT64_MAX};

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
  // reported as passed (sync_input::Pending). kNoFloor: there are none.
  Hlc pending_floor() const;
  // Slots of this node up to here may have been given to transactions (sync_input::Pending). Whatever gets a
  // later one has seen all that is durable in the database now: who waits for these slots has all that was
  // written in ignorance of what the database had when it asked. All of them are decided in the end.
  Seq last_slot() const;
  // This node has taken part in deciding something of this history, or has what was decided: it must stay
  // (core/history.h).
  bool begun() const;
  CommitStatus status() const;
  // Greatest slot of each decided origin that was ever heard of here, decided or not. A majority's together
  // cover everything that was committed before they were asked.
  VersionVector known() const;
  // The same for who wants to read what was committed, and counts the voters of that epoch; none if they may
  // not be those who decide any more: this node counts others, or is fenced. A majority's together cover all
  // that was acknowledged before the first of them was asked, as a majority is fenced before a later epoch
  // begins. And what they do not cover is decided later than the first of them was asked: its yes, or what
  // was accepted, has still to come to one of them. So who took a snapshot before asking, and finds all of it
  // there, reads between all that was decided before and all that is decided after (ARCHITECTURE, "Commit").
  std::optional<VersionVector> known_in(std::uint64_t epoch) const;
  // Nodes of whom slots that were decided in earlier epochs have still to come into the database, ascending.
  // core::Sync has to count them as members (sync_input::Members), voters or not: its watermark must not pass
  // such slots.
  std::vector<NodeId> authors() const;
  // True if the outcome of all slots up to `tips` is on disk here, with the rows: in the database, or in the
  // journal.
  bool holds(const VersionVector& tips) const;
  // The same as positions: of each origin in `known`, how far it goes.
  VersionVector held(const VersionVector& known) const;
  // How far the outcome is known, with the rows or without.
  VersionVector settled(const VersionVector& known) const;
  // Decided slots from `first` on that are kept here with their rows, without a gap, at most about
  // `bytes_max` of them: for a database that lacks them.
  std::vector<ChangeSet> decided_from(const Position& first, std::int64_t bytes_max) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::core
