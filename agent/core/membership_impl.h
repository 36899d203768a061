// Inside of Membership: membership.cc (inputs, what is believed of whom), membership_probe.cc (probing,
// suspicion, messages).
//
// A member as seen from here (LEFT: it said so itself; REMOVED: an operator said so):
//
//           caught up           no answer             time-out
//   JOINING ─────────► ALIVE ─────────────► SUSPECT ───────────► DEAD
//      │                 ▲                   ▲   │                 │
//      └─── no answer ───┼───────────────────┘   │                 │
//                        └── refuted: greater incarnation ─────────┘
// Invariant: what is believed of a member only moves forward in (incarnation, state); REMOVED is final for a
// uuid.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/core/dialer.h"
#include "agent/core/membership.h"
#include "agent/core/rumours.h"

namespace murmel::core {

class Membership::Impl {
 public:
  explicit Impl(MembershipOptions options);

  void step(const Time& time, MemberInput input, MemberEffects& effects);
  Instant wake_at() const { return wake_at_; }
  std::vector<Member> members() const;
  std::vector<NodeId> counted() const;
  bool removed() const { return self().state == MemberState::kRemoved; }

 private:
  struct Probe {
    std::uint64_t number = 0;
    NodeId target = 0;
    Instant deadline;
    bool indirect = false;
  };
  // A ping made for somebody else.
  struct Relay {
    std::uint64_t number = 0;
    NodeId asker = 0;
    std::uint64_t asker_number = 0;
    NodeId target = 0;
    Instant deadline;
  };

  // membership.cc
  void on(member_input::Tick& input);
  void on(member_input::LinkUp& input);
  void on(member_input::LinkDown& input);
  void on(member_input::Received& input);
  void on(member_input::CaughtUp& input);
  void on(member_input::Leave& input);
  void on(member_input::Remove& input);
  void on(member_input::Allow& input);
  void hear(const Member& news);
  void hear_of_self(const Member& news);
  bool overrides(const Member& news, const Member& held) const;
  void believe(const Member& member);
  void refuse_duplicate(NodeId node, const Uuid& uuid);
  void plan_dials();
  Member& self() { return members_.at(options_.self); }
  const Member& self() const { return members_.at(options_.self); }
  void wake(Instant at);

  // membership_probe.cc
  void plan_probes();
  void start_probe(NodeId target);
  void check_probes();
  void check_suspects();
  void plan_exchange();
  NodeId next_target();
  bool probed(const Member& member) const;
  void on_ping(NodeId from, const SwimMessage& message);
  void on_ping_request(NodeId from, const SwimMessage& message);
  void on_ack(const SwimMessage& message);
  void send(NodeId to, SwimKind kind, std::uint64_t number, NodeId target);
  void send_all_known(NodeId to);
  std::vector<NodeId> shuffled(std::vector<NodeId> nodes);

  const MembershipOptions options_;
  Random random_;
  Rumours rumours_;
  Dialer dialer_;
  std::map<NodeId, Member> members_;
  std::set<NodeId> links_;
  std::map<NodeId, Instant> suspects_;     // when they are declared dead
  std::map<Uuid, std::uint32_t> allowed_;  // removals of earlier incarnations are over
  std::map<NodeId, Uuid> duplicates_;      // reported once each
  std::vector<Probe> probes_;
  std::vector<Relay> relays_;
  std::vector<NodeId> round_;  // whom to probe next, from the back
  Instant next_probe_;
  Instant next_exchange_;
  std::uint64_t next_number_;
  bool leaving_ = false;

  // Of the running step only.
  Time time_;
  MemberEffects* effects_ = nullptr;
  Instant wake_at_ = kNever;
};

}  // namespace murmel::core
