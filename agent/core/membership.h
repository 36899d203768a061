// Membership: who is in the cluster and who answers (SWIM: Das, Gupta, Motivala, 2002).
//
// The idea. Every probe interval a node pings one other member, in a shuffled round so that everybody is
// probed. No answer: it asks a few others to ping it (a broken path between two nodes is not a dead node).
// Still none: the member is SUSPECT, and DEAD after a time-out, unless it hears of the suspicion and refutes
// it by raising its own incarnation. News rides along on pings and acks, each item a bounded number of times
// (about 3 log2 n). Nodes that meet exchange everything they know, so that a healed partition agrees at once.
// A node that restarts hears what others believe of it and goes on above that incarnation.
//
// For one member, news with the greater incarnation wins, then the state further down in MemberState. DEAD
// members stay members, and are dialled again now and then, until an operator removes them. A node id belongs
// to the uuid that was seen first with it; another one is refused and reported, unless the id was removed or
// has left.
//
// Runs over the peer links: a ping to a member without a link counts as unanswered. Pure (randomness is
// seeded by the constructor); driven by the loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/clock.h"
#include "agent/core/messages.h"
#include "agent/core/mutation.h"

namespace murmel::core {

struct MembershipOptions {
  NodeId self = 0;
  Uuid uuid;
  std::string address;             // what others dial
  std::vector<std::string> seeds;  // dialled until there is a link; names are fine
  std::vector<Member> known;       // members as last saved by the host
  std::uint64_t random_seed = 0;
  Duration probe_interval = seconds(1);
  Duration probe_timeout = milliseconds(300);  // direct ping; as long again for the indirect ones
  Duration suspicion_timeout = seconds(4);
  Duration dial_min = milliseconds(200);  // between two dials of one address; doubles
  Duration dial_max = seconds(15);
  std::size_t indirect_probes = 3;
  std::size_t gossip_per_message = 8;
  std::size_t members_max = 1024;
  Mutation mutation = Mutation::kNone;  // tests only: a planted bug
};

namespace member_input {

struct Tick {};
// A link is usable: the handshake told id, uuid and the address that the peer wants to be dialled at.
struct LinkUp {
  NodeId node = 0;
  Uuid uuid;
  std::string address;
};
struct LinkDown {
  NodeId node = 0;
};
struct Received {
  NodeId node = 0;
  SwimMessage message;
};
// The databases of this node are caught up: JOINING becomes ALIVE.
struct CaughtUp {};
// Says LEFT to everybody; nothing is sent after the effects of this step.
struct Leave {};
// An operator takes a member out for good.
struct Remove {
  NodeId node = 0;
};

// The operators have taken a removal back: the node may come again. Nothing, if it was not removed.
struct Allow {
  NodeId node = 0;
  Uuid uuid;
};

}  // namespace member_input

using MemberInput =
    std::variant<member_input::Tick, member_input::LinkUp, member_input::LinkDown, member_input::Received,
                 member_input::CaughtUp, member_input::Leave, member_input::Remove, member_input::Allow>;

struct MemberEffects {
  struct Send {
    NodeId to = 0;
    SwimMessage message;
  };
  std::vector<Send> send;
  std::vector<std::string> dial;    // addresses to connect to; LinkUp follows if it works
  std::vector<NodeId> refuse;       // close the link to this node: it is removed, or uses another node's id
  std::vector<Member> changed;      // new state of a member, own node included; save them
  std::vector<std::string> report;  // for the log: a sentence each

  void clear();
};

class Membership {
 public:
  explicit Membership(MembershipOptions options);
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Appends to `effects`.
  void step(const Time& time, MemberInput input, MemberEffects& effects);
  Instant wake_at() const;

  // All that were ever heard of, own node included, ordered by id.
  std::vector<Member> members() const;
  // Ids of the members that count for watermark, trimming and quorum: not LEFT, not REMOVED.
  std::vector<NodeId> counted() const;
  // The own node was removed by an operator: it must not take part any more.
  bool removed() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::core
