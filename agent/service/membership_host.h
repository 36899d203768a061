// MembershipHost: carries out what core::Membership decides: sends its messages, dials, closes links, and
// keeps the known members in a file of the data directory, so that a restarted node finds the cluster even
// when its seeds are gone. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/core/membership.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/outbox.h"

namespace murmel::io {
class Links;
}

namespace murmel::service {

class MembershipHost {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // The members that count, own node included, may be others than before.
    virtual void members_changed() = 0;
    // The own node was removed by an operator.
    virtual void removed_from_cluster() = 0;
  };

  // `options` without `known`, which is read from `file`.
  MembershipHost(io::Loop& loop, core::MembershipOptions options, std::string file, PeerOutbox& outbox,
                 io::Links& links, Events& events);
  MembershipHost(const MembershipHost&) = delete;
  MembershipHost& operator=(const MembershipHost&) = delete;

  void start();
  void stop();  // no more probes
  // An error refuses the link: a removed node, or a node id that belongs to another data directory.
  Status admit(NodeId node, const Uuid& uuid) const;
  void step(core::MemberInput input);

  std::vector<core::Member> members() const { return membership_->members(); }
  std::vector<NodeId> counted() const { return membership_->counted(); }
  core::MemberState own_state() const;
  // Members other than this node were known when it started.
  bool known_before() const { return known_before_; }

 private:
  void perform(core::MemberEffects& effects);
  void save() const;

  io::Loop& loop_;
  NodeId self_;
  std::string file_;
  PeerOutbox& outbox_;
  io::Links& links_;
  Events& events_;
  bool known_before_ = false;
  bool told_removed_ = false;
  std::unique_ptr<core::Membership> membership_;
  core::MemberEffects effects_;
  io::Timer timer_;
};

}  // namespace murmel::service
