// Wires: the links between the nodes of a cluster in golden scripts. A message waits on its link until it is
// delivered; a link that goes up or down loses what was on its way.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/ids.h"

namespace murmel::golden {

template <typename Message>
class Wires {
 public:
  // Puts what a core has sent on the links to all its receivers; returns ` -> 2 3: `, for the script.
  template <typename Send>
  std::string send(NodeId from, const Send& send) {
    std::string line = " ->";
    for (const NodeId to : send.to) {
      line.append(" ").append(std::to_string(to));
      in_flight_.push_back({from, to, send.message});
    }
    return line + ": ";
  }

  bool linked(NodeId a, NodeId b) const { return links_.contains({a, b}); }
  bool quiet() const { return in_flight_.empty(); }

  // Both directions.
  void link(NodeId a, NodeId b, bool up) {
    for (const auto& pair : {std::pair{a, b}, std::pair{b, a}}) {
      up ? void(links_.insert(pair)) : void(links_.erase(pair));
      drop(pair.first, pair.second);
    }
  }

  // Loses what `from` has sent to `to`.
  void drop(NodeId from, NodeId to) {
    std::erase_if(in_flight_, [&](const InFlight& m) { return m.from == from && m.to == to; });
  }

  // Calls receive(to, from, message) for each message, and for what that causes, until it is quiet.
  template <typename Receive>
  void deliver(const Receive& receive) {
    while (!in_flight_.empty()) {
      InFlight next = std::move(in_flight_.front());
      in_flight_.pop_front();
      if (linked(next.from, next.to)) receive(next.to, next.from, std::move(next.message));
    }
  }

 private:
  struct InFlight {
    NodeId from = 0;
    NodeId to = 0;
    Message message;
  };

  std::set<std::pair<NodeId, NodeId>> links_;
  std::deque<InFlight> in_flight_;
};

}  // namespace murmel::golden
