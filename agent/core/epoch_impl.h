// Inside of Epochs, shared by its .cc files: epoch.cc (inputs, timers, records), epoch_voter.cc (answers to a
// proposer), epoch_proposer.cc (own changes, and taking over), epoch_join.cc (asking others, and being
// asked).
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/core/epoch.h"
#include "agent/core/epoch_record.h"

namespace murmel::core {

class Epochs::Impl {
 public:
  explicit Impl(const EpochOptions& options) : options_(options), random_(options.random_seed) {}

  void step(const Time& time, EpochInput input, EpochEffects& effects);
  Instant wake_at() const;
  Epoch epoch() const;
  const VersionVector& tips(const Uuid& database_id) const;
  // Also until a record that was learned is on disk: what was promised before it binds until then.
  bool fenced() const { return has_promised() || (entering_ != 0 && in_force_); }
  EpochStatus status() const;

 private:
  // A change that somebody waits for.
  struct Request {
    std::vector<EpochChange> changes;  // in order, all or none
    Instant deadline;
    std::optional<std::uint64_t> number;  // of Propose
    NodeId asker = 0;                     // of EpochAsk
  };
  // The drawing is in epoch.h.
  enum class Stage { kIdle, kAsking, kFencing, kDraining, kAccepting };
  struct Attempt {
    Stage stage = Stage::kIdle;
    bool for_request = false;  // for the first one in requests_; else only to end the fence
    Ballot ballot;
    Instant since;  // of the stage
    Instant resend_at = kNever;
    EpochRecord value;
    Tips drain;             // of value, what somebody has
    std::set<NodeId> wait;  // kAsking: voters to be that have not said that they hold the tips
    std::map<NodeId, EpochFenced> promises;
    std::set<NodeId> holders;
    std::set<NodeId> accepted_by;
  };
  struct Held {
    NodeId to = 0;
    EpochHeld answer;
  };
  struct Waiting {  // a message that must not leave before the state is on disk
    std::uint64_t number = 0;
    NodeId to = 0;
    EpochMessage message;
  };

  // epoch.cc
  void on(epoch_input::Opened& input);
  void on(epoch_input::Bootstrap& input);
  void on(epoch_input::Join& input);
  void on(epoch_input::PeerUp& input);
  void on(epoch_input::PeerDown& input);
  void on(epoch_input::Received& input);
  void on(epoch_input::Persisted& input);
  void on(epoch_input::Known& input);
  void on(epoch_input::Held& input);
  void on(epoch_input::Propose& input);
  void on(epoch_input::Tick& input);
  void receive(NodeId node, EpochMessage& message);
  void hear_self();
  void run_timers();
  void on_message(NodeId node, EpochAt& message);
  void on_message(NodeId node, EpochHead& message);
  void adopt(EpochRecord record);
  void enter_head();
  void write();
  void send(NodeId to, EpochMessage message) { outgoing_.emplace_back(to, std::move(message)); }
  void send_durably(NodeId to, EpochMessage message);
  void flush();
  void tell_head(NodeId node);
  EpochAt at() const;
  bool ours(const Uuid& cluster_id) const;
  bool next(NodeId node, const Uuid& cluster_id, std::uint64_t number);
  bool self_votes() const { return state_.head && votes_in(*state_.head, options_.uuid, options_.self); }
  bool has_promised() const { return self_votes() && state_.promised.round > 0; }
  bool is_self(NodeId node) const { return node == options_.self; }
  bool from_member(NodeId node, const EpochRecord& record) const;
  bool linked(const EpochMember& member) const;
  std::size_t reachable_voters(const EpochRecord& record) const;
  bool majority_reachable() const;
  Duration jitter(Duration span);

  // epoch_voter.cc
  void on_message(NodeId node, EpochFence& message);
  void on_message(NodeId node, EpochDrain& message);
  void on_message(NodeId node, EpochAccept& message);
  void promise(const Ballot& ballot);
  void tell_known(const Tips& known);
  void heard_of(const Ballot& ballot);

  // epoch_proposer.cc
  void on_message(NodeId node, EpochFenced& message);
  void on_message(NodeId node, EpochHeld& message);
  void on_message(NodeId node, EpochAccepted& message);
  void begin_next();
  void ask(const EpochRecord& value);
  void asked(const Tips& known);
  void begin_fence(bool for_request);
  void choose();
  void drain(EpochRecord value);
  void weigh_holders();
  void accept();
  void give_up_change(const std::string& text);
  void step_back(const Ballot& promised);
  void run_attempt();
  void resend();
  void head_moved();
  void end_request(EpochOutcome outcome, std::string text);
  void expire_requests();
  EpochLimits limits() const { return {options_.members_max, options_.voters_max}; }

  // epoch_join.cc
  void on_message(NodeId node, EpochAsk& message);
  void on_message(NodeId node, EpochAnswer& message);
  bool wants_in() const;
  void ask_to_join();
  bool asks_to_leave();
  NodeId next_voter();

  const EpochOptions options_;
  Random random_;
  bool open_ = false;
  EpochState state_;                     // as it will be on disk
  std::optional<EpochRecord> in_force_;  // on disk
  std::uint64_t entering_ = 0;           // number of the write that brings state_.head; 0: none
  std::uint64_t persist_number_ = 0;
  std::uint64_t persisted_ = 0;
  std::map<NodeId, Uuid> up_;
  std::deque<Waiting> waiting_;
  std::vector<std::pair<NodeId, EpochMessage>> outgoing_;

  // As a voter.
  Instant fence_since_ = kNever;  // since when the promise is for the same ballot
  Instant recover_at_ = kNever;
  std::uint64_t last_question_ = 0;
  std::uint64_t known_question_ = 0;                    // of the host; 0: none is open
  std::optional<std::pair<NodeId, Ballot>> known_for_;  // empty: for asked()
  std::map<std::uint64_t, Held> held_questions_;

  // As a proposer.
  std::deque<Request> requests_;
  Attempt attempt_;
  std::uint32_t highest_round_ = 0;
  int defeats_ = 0;
  Instant begin_at_ = kNever;  // not before

  std::optional<EpochRole> join_role_;
  Instant ask_at_ = kNever;
  Duration ask_pause_;
  NodeId asked_last_ = 0;
  std::string last_report_;
  std::set<NodeId> strangers_;  // reported as of another cluster
  Instant tell_at_ = kNever;

  // Of the running step only.
  Time time_;
  bool writes_ = false;
  EpochEffects* effects_ = nullptr;
};

}  // namespace murmel::core
