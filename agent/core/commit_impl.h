// Inside of Commit, shared by its .cc files: commit.cc (inputs, timers, status), commit_voter.cc (answers to
// others' questions), commit_coordinator.cc (own transactions in round 0), commit_recovery.cc (higher
// rounds), commit_release.cc (decisions on their way to the store, forgetting), commit_epoch.cc (from one set
// of voters to the next), commit_journal.cc (replay at open).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/core/commit.h"
#include "agent/core/commit_claims.h"
#include "agent/core/commit_outgoing.h"
#include "agent/core/commit_slot.h"

namespace murmel::core {

class Commit::Impl {
 public:
  explicit Impl(const CommitOptions& options);

  void step(const Time& time, CommitInput input, CommitEffects& effects);
  Instant wake_at() const;
  Hlc pending_floor() const;
  Seq last_slot() const { return next_slot_ - 1; }
  bool begun() const;
  CommitStatus status() const;
  VersionVector known() const;
  std::optional<VersionVector> known_in(std::uint64_t epoch) const;
  std::vector<NodeId> authors() const;
  std::vector<ChangeSet> decided_from(const Position& first, std::int64_t bytes_max) const;
  bool holds(const VersionVector& tips) const;
  VersionVector held(const VersionVector& known) const;
  VersionVector settled(const VersionVector& known) const;

 private:
  // Somebody waits for the outcome of a slot.
  struct Request {
    std::uint64_t number = 0;
    CommitLevel level = CommitLevel::kQuorum;
    bool in_place = false;
    bool named = false;
    Instant deadline;
    Vote refusal;  // what stood against it, if something did
  };

  // Somebody waits for a slot: no number is reserved for it yet.
  struct Waiting {
    commit_input::Propose input;
    Instant deadline;
  };

  // commit.cc
  void on(commit_input::Opened& input);
  void on(commit_input::EpochChanged& input);
  void on(commit_input::Fenced& input);
  void on(commit_input::Drain& input);
  void on(commit_input::Strangers& input);
  void on(commit_input::PeerUp& input);
  void on(commit_input::PeerDown& input);
  void on(commit_input::Propose& input);
  void on(commit_input::Ask& input);
  void on(commit_input::Received& input);
  void on(commit_input::Persisted& input);
  void on(commit_input::StoreMoved& input);
  void on(commit_input::HoldBack& input);
  void on(commit_input::Taken& input);
  void on(commit_input::Tick& input);
  void receive(NodeId node, CommitMessage& message);
  void run_timers();
  void run_timer(const Position& position, CommitSlot& slot);
  void wake_slot(const Position& position, CommitSlot& slot, Instant at);
  void flush();
  bool is_voter(NodeId node) const;
  bool self_votes() const { return is_voter(options_.self); }
  std::size_t majority() const { return epoch_.voters.size() / 2 + 1; }
  // So many voters have to say yes; more than there are: never.
  std::size_t needed(CommitLevel level) const;
  std::size_t reachable_voters() const;
  std::vector<NodeId> voters_up() const;  // self included
  Duration jitter(Duration span);

  // commit_voter.cc
  void on_message(NodeId node, Prepare& message);
  void on_message(NodeId node, Accept& message);
  void on_message(NodeId node, Recover& message);
  void on_message(NodeId node, Votes& message);
  void on_message(NodeId node, Accepted& message);
  void on_message(NodeId node, Promise& message);
  void on_message(NodeId node, Decided& message);
  void refuse_epoch(NodeId node, const Prepare& message);
  void vote(NodeId node, Transaction& transaction);
  Vote judge(const Transaction& transaction) const;
  bool keep_others_back(const Transaction& transaction, const Vote& vote);
  void keep_back(Duration turn, std::int64_t turns);
  bool keeps_back() const { return time_.now < kept_back_until_; }
  bool others_keep_back() const;
  void say_yes(NodeId node, CommitSlot& slot, Transaction& transaction);
  void accept(NodeId node, const Proposal& proposal);
  void promise(NodeId node, const Recovery& recovery);
  bool tell_decision(NodeId node, const Position& position);
  bool far_off(const Position& position) const;
  static bool covered(const VersionVector& vector, const Position& position) {
    return seq_of(vector, position.origin) >= position.seq;
  }
  bool settled_before(const Position& position) const;
  CommitSlot& slot_at(const Position& position);

  // commit_coordinator.cc
  void refuse(const commit_input::Propose& input, CommitOutcome outcome, std::string text, Position by = {},
              bool behind = false);
  bool refused_at_once(const commit_input::Propose& input);
  bool refused_at_home(const commit_input::Propose& input, const Vote& vote);
  bool seen_all_own_slots(const Transaction& transaction) const;
  bool follows_all_told(const Transaction& transaction) const;
  bool history_agreed() const;
  void wait_for_slot(commit_input::Propose& input);
  void reserve_ahead();
  void name(const Position& position);
  void send_prepare(const Position& position, CommitSlot& slot, bool busy_only);
  void on_vote(NodeId node, const Vote& vote);
  std::size_t silent_voters(const CommitRound& round) const;
  void weigh_votes(const Position& position, CommitSlot& slot);
  bool gives_way(const Position& position, const CommitRound& round) const;
  void propose(const Position& position, CommitSlot& slot, bool commit);
  void send_proposal(const Position& position, CommitSlot& slot);
  void on_acceptance(NodeId node, const Acceptance& acceptance);
  void answer(const Position& position, const CommitSlot& slot);
  void expire_requests();

  // commit_recovery.cc
  void plan_recovery(const Position& position, CommitSlot& slot, Duration patience);
  void hurry_orphans(NodeId origin);
  void recover(const Position& position, CommitSlot& slot);
  Duration patience(const CommitSlot& slot) const;
  void send_recover(const Position& position, CommitSlot& slot);
  void on_promised(NodeId node, const Promised& promised);
  void choose(const Position& position, CommitSlot& slot);
  void give_up_round(const Position& position, CommitSlot& slot, std::uint32_t higher_round);
  void recover_gaps();
  void recover_gap(NodeId origin);

  // commit_release.cc
  void decide(const Position& position, CommitSlot& slot, bool commit, Hlc hlc);
  void keep_decision(const Position& position, CommitSlot& slot);
  void learn(const Decision& decision);
  void take(ChangeSet& change, bool& room);
  void settle_claims(CommitSlot& slot, bool commit);
  void close(const Position& position, CommitSlot& slot);
  void release_decided();
  std::optional<ChangeSet> content_of(const Position& position, const CommitSlot& slot) const;
  void release_origin(NodeId origin);
  void store_passed(NodeId origin, Seq seq);
  void release_again();
  void forget_old();
  void forget_origin(NodeId origin);
  bool stands(NodeId origin) const;
  void note_standing();

  // commit_epoch.cc
  void lapse_votes();
  void drain_origin(NodeId origin, Seq from, Seq to);
  bool held(const Position& position) const;

  // commit_journal.cc
  void replay(std::vector<journal::Record>& records);
  void reload_claims(const std::vector<Position>& votes);
  void resume_own_slots();
  std::uint64_t write(journal::Record record);

  const CommitOptions options_;
  Random random_;
  bool open_ = false;
  bool journal_lost_ = false;  // the database has slots of this node that the journal knows nothing of
  Uuid database_id_;
  Epoch epoch_;
  bool fenced_ = false;
  VersionVector tips_;   // of earlier epochs
  VersionVector drain_;  // to be decided in this epoch before it ends
  std::set<NodeId> up_;
  std::set<NodeId> strangers_;

  std::map<Position, CommitSlot> slots_;
  std::set<std::pair<Instant, Position>> timers_;
  ClaimIndex claims_;
  Instant kept_back_until_;  // only schema changes may be voted for
  Instant kept_back_since_;  // begin of the last such time
  Instant told_others_at_;   // that a schema change of this node is to come, by asking them
  VersionVector floor_;      // what is at or below is forgotten
  VersionVector have_;       // of the database
  VersionVector durable_;
  VersionVector trimmed_;  // of a witness: by databases
  Hlc store_clock_;
  VersionVector released_;         // handed to core::Sync
  VersionVector rows_dropped_;     // of slots up to here, which the database has
  mutable VersionVector held_;     // so far it was held when last asked; true once, it stays true
  mutable VersionVector settled_;  // the same
  std::size_t undecided_ = 0;
  std::int64_t undecided_bytes_ = 0;
  std::int64_t kept_bytes_ = 0;  // of decided slots

  Seq next_slot_ = 1;
  Seq reserved_ = 0;                        // asked to be written
  Seq reserved_durable_ = 0;                // written
  std::map<std::uint64_t, Seq> reserving_;  // number of the step that wrote it -> limit
  Hlc last_stamp_;                          // of an own slot
  // Slots of an earlier life up to here may have been used, with stamps above.
  Seq old_limit_ = 0;
  Hlc old_above_;
  std::vector<Waiting> waiting_;
  std::map<Position, Request> requests_;
  std::set<std::pair<Instant, Position>> request_deadlines_;

  CommitOutgoing outgoing_;
  std::uint64_t persist_number_ = 0;  // of the last step that wrote anything
  std::uint64_t persisted_ = 0;
  // Since when an origin's position in the database has not moved, and stood where.
  std::map<NodeId, std::pair<Instant, Seq>> standing_;
  Instant next_upkeep_ = kNever;
  std::set<NodeId> touched_;  // origins whose slots moved in this step
  CommitStatus counts_;

  // Of the running step only.
  Time time_;
  bool writes_ = false;
  CommitEffects* effects_ = nullptr;
};

}  // namespace murmel::core
