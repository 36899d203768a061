// Epochs: who votes, decided by those who vote. One per agent, for all its databases.
//
// The idea. The members are a chain of records: epoch 1, 2, 3 ... Record n+1 is the value of one instance of
// Paxos (Lamport, 1998) among the voters of record n, so there is one chain, whatever crashes. What has to be
// carried over is the outcome of transactions (core/commit.h), and that is done by stopping the world for a
// moment instead of moving votes and claims:
//
//   Fence   A voter's promise in the instance is durable, and also a fence: from then on it says no yes in
//           epoch n any more. It goes on taking part in recovery. With the promise it tells, per database,
//           the greatest slot of each origin that it ever heard of, asked for after the fence was in force.
//           The most of what a majority tells are the tips: a commit in n needs the yes of a majority, so one
//           of those who told had said yes, before it told. Above the tips nothing can be committed in n any
//           more: those slots are void and end empty.
//   Drain   All slots up to the tips are decided by the ordinary recovery of epoch n. Voters of n+1 say when
//           they hold them: on disk, in the database or as a decided record of the journal.
//   Accept  When every majority of the voters of n+1 has a holder, {members of n+1, tips} is proposed to the
//           voters of n. A majority of acceptances is the decision.
//
// Why n+1 forgets nothing: no voter of n+1 says yes to a transaction that has not seen the tips, so no claim
// of n is needed to find a conflict; a yes that was said in n does not count in n+1; and slots up to the tips
// are not recovered in n+1, they come with the data, which survives every minority of n+1. So the two sets of
// voters need not have a node in common, and several may change at once.
//
// Why nothing of n goes on beside n+1: a majority of the voters of n has promised, and is fenced until it
// learns record n+1.
//
// Why holding is asked for before the decision, and acceptance only of n: holding, once true, stays true. A
// proposer that takes over an accepted value needs nobody but a majority of n to finish.
//
//   proposer:  Idle ─► Asking ─► Fencing ──majority──► Draining ──held──► Accepting ──majority──► decided
//                        │          └─ a value was accepted ──────────────────┘
//                        └─ a voter to be is away or not caught up: refused, nothing has happened
//   Draining for too long: goes on with the members as they are, which needs no one else.
//   A proposer that dies: whoever is fenced and hears nothing for recovery_timeout takes over with a higher
//   ballot, and proposes what was accepted, or the members as they are. So the fence falls while a majority
//   of n lives.
//
// Nodes learn records from each other (EpochAt, EpochHead); one that was away takes the latest, since tips
// only grow. Members are known by uuid and node id; an id or number that was ever used belongs to its uuid
// for ever, because slots bear the id. A removed uuid is refused until it is allowed.
//
// Writes at ONE never wait for any of this.
//
// Invariants: one record per number; promises and acceptances are durable before they are said; a record is
// in force here only when it is on disk; what was promised to one proposer binds this node across crashes.
// Pure: no clock, thread or I/O. Driven by the loop thread; after each step the host carries the effects out
// in the order of their declaration, before any other input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/clock.h"
#include "agent/core/commit.h"
#include "agent/core/epoch_messages.h"
#include "agent/core/mutation.h"

namespace murmel::core {

struct EpochOptions {
  NodeId self = 0;
  Uuid uuid;                      // of the data directory
  std::uint64_t random_seed = 0;  // for jitter
  bool admit = true;              // takes in who asks for it, unless it is banned
  Duration resend_interval = milliseconds(100);
  Duration hold_interval = milliseconds(20);  // between two questions for holding
  Duration drain_timeout = seconds(5);        // then the members stay as they are
  Duration recovery_timeout = seconds(2);     // fenced, and nothing heard; plus jitter of as much again
  Duration tell_interval = seconds(2);        // between two EpochAt to everybody
  Duration ask_interval = seconds(1);         // between two requests to be taken in, doubles
  Duration ask_interval_max = seconds(15);
  Duration change_timeout = seconds(15);  // of a change that another node asked for
  std::size_t members_max = 1'023;
  std::size_t voters_max = 15;          // who comes as a voter beyond that becomes a replica
  Mutation mutation = Mutation::kNone;  // tests only: a planted bug
};

// All that has to be on disk; written as a whole, the latest one counts.
struct EpochState {
  std::optional<EpochRecord> head;
  Ballot promised;  // in the instance after head
  std::optional<EpochProposal> accepted;
  bool operator==(const EpochState&) const = default;
};

// --- inputs ---------------------------------------------------------------------------------------------

namespace epoch_input {

// First input of all: what was last written, if anything. Enters the head's epoch (Effects::enter), and is
// fenced again if it was. Databases opened later begin with what Epochs::epoch(), tips() and fenced() say.
struct Opened {
  std::optional<EpochState> state;
};
// Makes epoch 1. Does nothing if there is a record already. Members: empty for this node alone, as a voter;
// else the whole list, which all nodes that begin with it must be given alike.
struct Bootstrap {
  Uuid cluster_id;  // fresh and random, or the same for all in the list
  std::vector<EpochMember> members;
};
// From now on this node wants to be a member in this role, and asks those that are until it is.
struct Join {
  EpochRole role = EpochRole::kVoter;
};
// A link to a node is usable / is gone. The uuid is the one proven in the handshake.
struct PeerUp {
  NodeId node = 0;
  Uuid uuid;
};
struct PeerDown {
  NodeId node = 0;
};
struct Received {
  NodeId node = 0;
  EpochMessage message;
};
// All of Effects::persist up to this number is on disk.
struct Persisted {
  std::uint64_t number = 0;
};
// Answer to Effects::ask_known: Commit::known() of every database.
struct Known {
  std::uint64_t request = 0;
  Tips known;
};
// Answer to Effects::ask_held.
struct Held {
  std::uint64_t request = 0;
  bool held = false;
};
// Change the members. Answered by one Reply with the same number.
struct Propose {
  std::uint64_t request = 0;
  EpochChange change;
  Duration timeout = seconds(15);
  std::vector<EpochChange> more = {};  // in the same epoch, after `change`: all or none
};
struct Tick {};

}  // namespace epoch_input

using EpochInput =
    std::variant<epoch_input::Opened, epoch_input::Bootstrap, epoch_input::Join, epoch_input::PeerUp,
                 epoch_input::PeerDown, epoch_input::Received, epoch_input::Persisted, epoch_input::Known,
                 epoch_input::Held, epoch_input::Propose, epoch_input::Tick>;

// --- effects --------------------------------------------------------------------------------------------

enum class EpochOutcome : std::uint8_t {
  kDone = 0,
  kRefused = 1,      // it can't be: the text says why. Nothing has changed
  kUnavailable = 2,  // no majority, or a voter to be is away or not caught up. Nothing has changed
  kUnknown = 3,      // not decided in time: it may still happen
};

struct EpochEffects {
  struct Send {
    std::vector<NodeId> to;
    EpochMessage message;
  };
  struct Reply {
    std::uint64_t request = 0;
    EpochOutcome outcome = EpochOutcome::kUnknown;
    std::uint64_t number = 0;  // kDone: of the epoch
    std::string text;
  };
  struct AskHeld {
    std::uint64_t request = 0;
    Tips tips;
  };

  // A record is in force: each database's Commit gets commit_input::EpochChanged{Epochs::epoch(), tips of
  // it}. A fence falls with it.
  std::optional<EpochRecord> enter;
  // Each database's Commit: commit_input::Fenced.
  bool fence = false;
  // Each database's Commit: commit_input::Drain with its tips.
  std::optional<Tips> drain;
  // Answer with Known, after the fence was carried out. Not to be answered as long as a database that this
  // node may have voted for can't be asked, because it is not open or has failed: then others go on without
  // this node. Databases of which nothing is known may be left out.
  std::optional<std::uint64_t> ask_known;
  // Answer each with Held: does every database in `tips` say Commit::holds()? One that this node does not
  // have holds nothing. The answer may wait until it is yes.
  std::vector<AskHeld> ask_held;
  // Replace what was written by this, and answer with Persisted{persist_number}.
  std::optional<EpochState> persist;
  std::uint64_t persist_number = 0;
  std::vector<Send> send;
  std::vector<Reply> reply;
  std::vector<std::string> report;  // for the log: a sentence each

  void clear();
};

struct EpochStatus {
  std::uint64_t number = 0;  // of the record in force; 0: none
  Uuid cluster_id;
  std::vector<EpochMember> members;
  std::vector<EpochPast> past;
  bool member = false;
  bool banned = false;   // this node was removed
  bool fenced = false;   // between two epochs
  std::string changing;  // what this node is doing about a change; empty: nothing
};

class Epochs {
 public:
  explicit Epochs(const EpochOptions& options);
  ~Epochs();
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;

  // Appends to `effects`.
  void step(const Time& time, EpochInput input, EpochEffects& effects);
  // When to call step with Tick at the latest, if nothing else happens. kNever: not at all.
  Instant wake_at() const;

  // For core::Commit, of the record in force. No voters: there is none.
  Epoch epoch() const;
  // What a database's Commit gets with it. Empty: nothing.
  const VersionVector& tips(const Uuid& database_id) const;
  // Nobody may vote in epoch() any more; also from when a later record is learned until it is in force.
  bool fenced() const;
  EpochStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::core
