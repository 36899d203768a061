// MemberChanges: what an operator may do to the list of members: take a node in, out, allow a removed one
// again, or let this node leave. The members decide it by majority (core/epoch.h); here is what surrounds
// that. Loop thread only. Each reply is called once, with the number of the epoch that the change is in.
#pragma once

#include <cstdint>
#include <functional>
#include <list>

#include "agent/base/result.h"
#include "agent/core/epoch_messages.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"

namespace murmel::service {

class Node;

class MemberChanges {
 public:
  using Reply = std::function<void(Result<std::uint64_t>)>;

  MemberChanges(io::Loop& loop, Node& node);
  MemberChanges(const MemberChanges&) = delete;
  MemberChanges& operator=(const MemberChanges&) = delete;

  // A node that is linked to this one or was; a member gets another role by this.
  void add(NodeId node, core::EpochRole role, const Reply& reply);
  void remove(NodeId node, const Reply& reply);
  void allow(NodeId node, const Reply& reply);
  // This node stops being a member; who asked should stop it then. `drain`: not before the others have on
  // disk what was written here; kTimeout after cluster.shutdown_grace.
  void leave(bool drain, const Reply& reply);

 private:
  struct Draining {
    Instant until;
    Reply reply;
  };

  void propose(const core::EpochChange& change, const Reply& reply);
  void leave_now(const Reply& reply);
  void look_at_draining();

  io::Loop& loop_;
  Node& node_;
  std::list<Draining> draining_;
  io::Timer timer_;
};

}  // namespace murmel::service
