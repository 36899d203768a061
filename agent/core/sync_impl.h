// Inside of Sync, shared by its .cc files: sync.cc (inputs, states), sync_peers.cc (Have, push, serving
// pulls), sync_pull.cc (what to ask for), sync_apply.cc (handing to the store, watermark, trimming).
//
// States:            adopt                    Opened
//   Opening ──Opened──► Running ──────────► Adopting ──► Running
//                         │  ▲                             Running ──(lost history)──► Refused
//                         ▼  │ SnapshotInstalled, SnapshotFailed
//                       Snapshot
// Invariant: at most one of adopt, snapshot and apply is outstanding at the store, and at most one sync.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/inbox.h"
#include "agent/core/outbox.h"
#include "agent/core/stability.h"
#include "agent/core/sync.h"
#include "agent/core/sync_peer.h"

namespace murmel::core {

class Sync::Impl {
 public:
  explicit Impl(const SyncOptions& options);

  void step(const Time& time, SyncInput input, SyncEffects& effects);
  Instant wake_at() const { return wake_at_; }
  SyncStatus status() const;
  bool caught_up() const;
  const StoreState& store() const { return store_; }
  const VersionVector& durable() const { return durable_; }
  std::vector<NodeId> strangers() const;

 private:
  // One outstanding request for one origin, and the patience before it.
  struct PullState {
    bool asked = false;
    NodeId peer = 0;
    Seq from = 0;
    Instant deadline;
    NodeId failed_peer = 0;         // did not answer last time
    std::optional<Instant> wanted;  // since when something is missing
    std::optional<Instant> gone;    // since when nobody that is up has it in its log
  };
  struct Retry {
    Instant at;
    Duration delay;
  };
  struct Blocked {
    Quarantined why;
    std::optional<Retry> retry;
  };
  struct Reading {
    NodeId peer = 0;
    NodeId origin = 0;
    Seq from = 0;
  };

  // sync.cc
  void on(sync_input::Opened& input);
  void on(sync_input::LocalChanges& input);
  void on(sync_input::PeerUp& input);
  void on(sync_input::PeerDown& input);
  void on(sync_input::Members& input);
  void on(sync_input::Received& input);
  void on(sync_input::Applied& input);
  void on(sync_input::ApplyFailed& input);
  void on(sync_input::Durable& input);
  void on(sync_input::RangeRead& input);
  void on(sync_input::SnapshotInstalled& input);
  void on(sync_input::SnapshotFailed& input);
  void on(sync_input::Trimmed& input);
  void on(sync_input::Decided& input);
  void on(sync_input::Pending& input);
  void on(sync_input::RetryNow& input);
  void on(sync_input::Tick& input);
  void load(const StoreState& state);
  void report_own();
  Hlc told_clock() const;
  void wake(Instant at);

  // sync_peers.cc
  Have own_have() const;
  void match_peer(NodeId node, SyncPeer& peer);
  void check_own_history();
  void on_message(NodeId node, SyncPeer& peer, Changes& message);
  void on_message(NodeId node, SyncPeer& peer, Have& message);
  void on_message(NodeId node, SyncPeer& peer, Pull& message);
  void on_message(NodeId node, SyncPeer& peer, Gone& message);
  void on_message(NodeId node, SyncPeer& peer, Absent& message);
  void push_new(const std::vector<ChangeSet>& changes, Seq before);
  void push_rest(NodeId node, SyncPeer& peer);
  void note_sent(SyncPeer& peer, Seq last, std::int64_t bytes);
  void send_have_if_due();
  void send(NodeId to, Message message);

  // sync_pull.cc
  void plan_pulls();
  void plan_pull(NodeId origin);
  Seq greatest_known(NodeId origin) const;
  NodeId choose_peer(NodeId origin, Seq need, NodeId failed) const;
  void plan_snapshot(NodeId origin, Seq need, PullState& pull);
  NodeId choose_donor(NodeId origin, Seq need) const;
  void request_snapshot(NodeId donor);

  // sync_apply.cc
  void plan_adoption();
  void plan_apply();
  void plan_forgiving(const std::vector<Inbox::Waiting>& waiting);
  void plan_sync();
  void plan_watermark();
  void plan_trim();
  void plan_leaving_behind(const std::set<NodeId>& connected);
  void store_moved(const VersionVector& have, Hlc clock);
  void quarantine(const sync_input::ApplyFailed& failure);
  void release_applied();
  bool held_back(NodeId origin);
  Retry back_off(const std::optional<Retry>& before) const;
  bool store_busy() const { return applying_ || state_ != SyncState::kRunning; }

  const SyncOptions options_;
  SyncState state_ = SyncState::kOpening;
  StoreState store_;       // as applied, not necessarily durable
  VersionVector durable_;  // what is told to others
  Hlc durable_clock_;
  Hlc pending_floor_{INT64_MAX};  // stamps of decided change sets that are not durable here
  Seq last_slot_ = 0;             // see Have
  bool begun_ = false;
  Inbox inbox_;
  Outbox outbox_;
  Stability stability_;
  std::vector<NodeId> members_;
  std::map<NodeId, SyncPeer> peers_;
  VersionVector target_;  // what compatible peers had at first contact
  std::string error_;

  std::map<NodeId, PullState> pulls_;
  std::map<std::uint64_t, Reading> reading_;
  std::uint64_t next_request_ = 1;

  std::optional<Instant> peers_ahead_since_;  // they know own change sets that are not here
  bool applying_ = false;
  bool waiting_for_donor_ = false;
  bool syncing_ = false;
  bool have_changed_ = false;
  bool reports_changed_ = false;
  std::optional<Instant> have_sent_;
  std::optional<Instant> synced_;
  std::optional<Instant> trimmed_at_;
  SyncEffects::Trim trim_told_;
  // What absent members may be left behind with, once `told` is here.
  struct Leaving {
    std::set<NodeId> connected;
    VersionVector reachable;
    VersionVector told;
  };
  std::optional<Leaving> leaving_;
  VersionVector left_behind_;
  std::optional<Retry> store_retry_;         // the store could do nothing
  std::map<NodeId, Instant> lacking_since_;  // decided origins that wait for what nobody has
  std::set<NodeId> forgiven_;                // and have waited long enough
  std::map<NodeId, Blocked> quarantine_;     // by origin
  std::optional<Retry> snapshot_retry_;
  std::optional<NodeId> adopt_from_;  // peer whose history is to be adopted
  bool adopt_by_snapshot_ = false;
  std::int64_t clock_waiting_ = 0;

  // Of the running step only.
  Time time_;
  SyncEffects* effects_ = nullptr;
  Instant wake_at_ = kNever;
};

}  // namespace murmel::core
