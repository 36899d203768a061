// Network: links between nodes as TCP gives them, and worse. A link has a session; what is sent on it arrives
// later, in order, unless the scenario loses, doubles or reorders messages. A partition stops messages in one
// or both directions; after a while the ends notice and the link goes down.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core/commit_messages.h"
#include "agent/core/epoch_messages.h"
#include "agent/core/messages.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace murmel::sim {

using Packet = std::variant<core::Message, core::SwimMessage, core::CommitMessage, core::EpochMessage>;

class Network {
 public:
  // How the network reaches a node. up and down are told to each end of a link.
  struct Endpoint {
    std::function<void(NodeId)> up;
    std::function<void(NodeId)> down;
    std::function<void(NodeId, const Packet&)> receive;
  };

  Network(World& world, const Scenario& scenario) : world_(world), scenario_(scenario) {}

  // A node's process runs, or has died: its links break.
  void attach(NodeId node, Endpoint endpoint);
  void detach(NodeId node);

  void dial(NodeId from, NodeId to);
  void close(NodeId from, NodeId to);
  void send(NodeId from, NodeId to, const Packet& packet);

  // Stops messages between two groups: from `side` to the rest, and back unless one_way.
  void partition(const std::set<NodeId>& side, bool one_way);
  void heal();
  // The same between one node and some others, for a while.
  void isolate(NodeId node, const std::set<NodeId>& from, Duration span);
  // No more loss, duplicates, reordering from now on.
  void calm() { calm_ = true; }
  bool linked(NodeId a, NodeId b) const;
  std::vector<NodeId> linked_to(NodeId node) const;

 private:
  struct Link {
    std::uint64_t session = 0;  // 0: down
    Instant last_arrival[2];    // per direction, to keep order
  };

  static std::pair<NodeId, NodeId> key(NodeId a, NodeId b) { return {a < b ? a : b, a < b ? b : a}; }
  bool blocked(NodeId from, NodeId to) const { return blocked_.contains({from, to}); }
  void connect(NodeId from, NodeId to);
  void break_link(NodeId a, NodeId b);
  void deliver(NodeId from, NodeId to, std::uint64_t session, const Packet& packet);

  World& world_;
  const Scenario& scenario_;
  std::map<NodeId, Endpoint> endpoints_;
  std::map<std::pair<NodeId, NodeId>, Link> links_;
  std::set<std::pair<NodeId, NodeId>> blocked_;
  std::uint64_t next_session_ = 1;
  bool calm_ = false;
};

}  // namespace murmel::sim
