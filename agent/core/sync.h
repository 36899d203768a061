// Sync: decides what one database sends to whom, asks for, and applies, so that all nodes get every change
// set.
//
// The idea. Every node numbers its own change sets without gaps, so what a node has is one number per origin
// (a version vector; Parker et al., 1983). New own change sets are pushed to every connected peer at once.
// Whatever does not arrive that way (a lost link, a full window, a node that was away) is pulled, from any
// peer that has it, one outstanding request per origin. Nodes tell each other what they have on disk (Have):
// that drives pulls, opens push windows, and gives the watermark and what may be trimmed. If a log does not
// reach back far enough, a snapshot of a peer takes its place.
//
// Invariants: a change set is handed to the store only when its predecessor and everything it depends on were
// handed before, a transaction of several parts only as a whole and in one call; positions told to peers are
// durable here; nothing is kept for a peer beyond named limits (it pulls later).
//
// A transaction in parts is collected in memory and applied in one call. One of more than transaction_bytes
// can't be taken in by log: the node takes a snapshot instead.
//
// Pure: no clock, thread or I/O. One instance per database, driven by the loop thread: after each step the
// host carries out the effects in the order of their declaration and reports back with inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/clock.h"
#include "agent/core/messages.h"
#include "agent/core/mutation.h"
#include "agent/core/watermark.h"

namespace murmel::core {

struct SyncOptions {
  NodeId self = 0;
  Duration max_clock_offset = kMaxClockOffset;
  std::int64_t push_window_bytes = 8 << 20;     // sent to one peer and not yet durable there
  std::int64_t pull_bytes = 4 << 20;            // asked for at a time
  std::int64_t recent_bytes = 8 << 20;          // own change sets kept in memory for peers slightly behind
  std::int64_t apply_bytes = 4 << 20;           // in one apply call, unless one transaction is larger
  std::int64_t hold_back_bytes = 64 << 20;      // received, and waiting for something or for the store
  std::int64_t transaction_bytes = 1LL << 30;   // one transaction, all parts
  Duration have_interval = milliseconds(20);    // least time between two Have to a peer
  Duration idle_interval = seconds(2);          // Have when nothing changes
  Duration pull_timeout = seconds(2);           // then another peer is asked
  Duration relay_delay = milliseconds(100);     // patience before pulling from another peer than the origin
  Duration snapshot_patience = seconds(1);      // nobody has the log any more for so long: take a snapshot
  Duration lost_history_patience = seconds(2);  // peers know own change sets that are not here: refuse
  Duration decided_patience = seconds(3);       // see Inbox::Waiting
  Duration retry_min = milliseconds(100);       // after a failed apply or snapshot; doubles
  Duration retry_max = seconds(10);
  Mutation mutation = Mutation::kNone;  // tests only: a planted bug
};

// What the store knows when it is opened, or after it was replaced by a snapshot.
struct StoreState {
  VersionVector have;  // own node included
  Hlc clock;
  Uuid database_id;
  bool baseline = false;
  bool fresh = false;     // no application objects, empty log, no baseline
  VersionVector trimmed;  // change sets up to here are no longer in the log
  Watermark watermark;    // versions at or below are not known to the store
  bool operator==(const StoreState&) const = default;
};

namespace sync_input {

// First input of all; and the answer to Effects::adopt. Everything in it is durable.
struct Opened {
  StoreState state;
};
// Own change sets, in order, durable. Also those that were in the log at open and are above nobody's Have.
struct LocalChanges {
  std::vector<ChangeSet> changes;
};
// A link to a peer is usable / is gone. Messages are only sent to, and taken from, peers that are up.
struct PeerUp {
  NodeId node = 0;
};
struct PeerDown {
  NodeId node = 0;
};
// All members that count (not LEFT, not REMOVED), own node included. Watermark and trimming wait for them
// all.
struct Members {
  std::vector<NodeId> nodes;
};
struct Received {
  NodeId node = 0;
  Message message;
};
// Exactly one of these two answers each Effects::apply. `have` and `clock` are the store's after the call.
struct Applied {
  VersionVector have;
  Hlc clock;
};
struct ApplyFailed {
  Position at;  // the change set that could not be applied; {0, 0}: nothing could be
  ErrorCode code = ErrorCode::kInternal;
  std::string text;
  VersionVector have;
  Hlc clock;
};
// A person wants everything that failed to be tried again now.
struct RetryNow {};
// Answer to Effects::sync: everything up to here is on stable storage.
struct Durable {
  VersionVector have;
  Hlc clock;
};
// Answer to Effects::read_range. `gone`: the log begins after `from`; first_kept says where (0: not known).
struct RangeRead {
  std::uint64_t request = 0;
  std::vector<ChangeSet> changes;
  bool gone = false;
  Seq first_kept = 0;
};
// One of these answers Effects::want_snapshot.
struct SnapshotInstalled {
  StoreState state;
};
struct SnapshotFailed {
  std::string text;
};
// The log was trimmed: change sets up to here are gone from it.
struct Trimmed {
  VersionVector trimmed;
};
// Decided change sets (core::CommitEffects::decided), in this order: handed to the store like received ones.
struct Decided {
  std::vector<ChangeSet> changes;
};
// Decided change sets of this node that are not durable here have stamps at or above `floor`
// (core::Commit::pending_floor), so the clock that is told stays below it; slots up to `last_slot` were given
// to transactions (core::Commit::last_slot); `begun` as core::Commit has it. Also before Opened.
struct Pending {
  Hlc floor;
  Seq last_slot = 0;
  bool begun = false;
  bool operator==(const Pending&) const = default;
};
// Time has passed (see wake_at).
struct Tick {};

}  // namespace sync_input

using SyncInput =
    std::variant<sync_input::Opened, sync_input::LocalChanges, sync_input::PeerUp, sync_input::PeerDown,
                 sync_input::Members, sync_input::Received, sync_input::Applied, sync_input::ApplyFailed,
                 sync_input::Durable, sync_input::RangeRead, sync_input::SnapshotInstalled,
                 sync_input::SnapshotFailed, sync_input::Trimmed, sync_input::Decided, sync_input::Pending,
                 sync_input::RetryNow, sync_input::Tick>;

// What the host is to do, in this order. Store work goes to the database's writer thread, which keeps the
// order.
struct SyncEffects {
  struct Send {
    std::vector<NodeId> to;  // the same bytes for all of them
    Message message;
  };
  struct ReadRange {
    std::uint64_t request = 0;
    NodeId origin = 0;
    Seq from = 0;
    std::int64_t bytes_max = 0;
  };
  struct Trim {
    VersionVector all_have;  // every member has these on disk: may go when settled and old enough
    // Every member that is connected has these: may go at the greatest age, leaving absent members behind,
    // who will take a snapshot. Empty on the smaller side of a partition: two sides that trim would need each
    // other's snapshot. Versions of records trimmed above the watermark must outlive them, across restarts
    // too.
    VersionVector reachable_have;
    bool operator==(const Trim&) const = default;
  };

  std::vector<std::string> report;  // for the log and status: a sentence each
  std::vector<Send> send;
  // Give the database this id, if it is still empty; if an application wrote to it meanwhile, leave it.
  // Either way answered by Opened.
  std::optional<Uuid> adopt;
  // Fetch a snapshot from this peer and install it; the donor makes durable what the copy contains before it
  // gives it away. Own change sets that the donor had not seen are kept: if the ids are the same, as they
  // are; if they differ, they are written again, as new local change sets (next seq after what the donor has
  // of this node, fresh stamp). Answered by SnapshotInstalled or SnapshotFailed.
  std::optional<NodeId> want_snapshot;
  // Versions at or below are no longer needed. May be lower than before: then the index is rebuilt from the
  // log first.
  std::optional<Watermark> set_watermark;
  // Whole transactions, in this order, in one call. Answered by Applied or ApplyFailed; only one call is
  // outstanding.
  std::vector<ChangeSet> apply;
  // Make what was applied durable. Answered by Durable; only one is outstanding.
  bool sync = false;
  std::vector<ReadRange> read_range;
  std::optional<Trim> set_trim;

  void clear();
};

enum class SyncState {
  kOpening,  // before Opened
  kRunning,
  kAdopting,  // waiting for the store to take another database's id
  kSnapshot,  // waiting for a snapshot
  kRefused,   // the histories don't fit: no replication of this database until a person decides
};

const char* sync_state_name(SyncState state);

struct SyncPeerStatus {
  NodeId node = 0;
  bool connected = false;
  bool compatible = false;  // same database id
  VersionVector have;       // as last told
  Hlc clock;
  std::int64_t in_flight_bytes = 0;
};

// A transaction that can't be applied here for a reason of its own. It holds up its origin, and what depends
// on it, and is tried again with back-off.
struct Quarantined {
  Position at;  // its first change set
  ErrorCode code = ErrorCode::kInternal;
  std::string text;
  WallMs since = 0;
  std::int64_t attempts = 0;
};

struct SyncStatus {
  SyncState state = SyncState::kOpening;
  bool caught_up = false;  // everything that peers had at first contact is applied: the node may become ALIVE
  StoreState store;
  VersionVector durable;
  Hlc watermark;
  std::int64_t hold_back_bytes = 0;
  std::int64_t waiting_for_clock = 0;  // change sets held because their stamp is too far ahead
  std::string error;                   // why it is refused, or the last failure; empty: none
  std::vector<Quarantined> quarantine;
  std::vector<SyncPeerStatus> peers;
};

class Sync {
 public:
  explicit Sync(const SyncOptions& options);
  ~Sync();
  Sync(const Sync&) = delete;
  Sync& operator=(const Sync&) = delete;

  // Appends to `effects`.
  void step(const Time& time, SyncInput input, SyncEffects& effects);
  // When to call step with Tick at the latest, if nothing else happens. kNever: not at all.
  Instant wake_at() const;
  SyncStatus status() const;
  bool caught_up() const;
  // The same as in status(), at no cost.
  const StoreState& store() const;
  const VersionVector& durable() const;
  // Nodes that are up and not known to have this database's history, or none of this name; this one, too,
  // while it is about to take another one's (commit_input::Strangers).
  std::vector<NodeId> strangers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::core
