#include "tests/sim/network.h"

#include <algorithm>
#include <vector>

namespace murmel::sim {
namespace {

// How long an end of a link takes to see that nothing gets through.
constexpr Duration kNoticeMin = milliseconds(300);
constexpr Duration kNoticeMax = milliseconds(2500);

}  // namespace

void Network::attach(NodeId node, Endpoint endpoint) {
  endpoints_[node] = std::move(endpoint);
}

void Network::detach(NodeId node) {
  endpoints_.erase(node);
  std::vector<std::pair<NodeId, NodeId>> broken;
  for (const auto& [ends, link] : links_) {
    if (link.session != 0 && (ends.first == node || ends.second == node)) broken.push_back(ends);
  }
  for (const auto& [a, b] : broken) break_link(a, b);
}

bool Network::linked(NodeId a, NodeId b) const {
  const auto found = links_.find(key(a, b));
  return found != links_.end() && found->second.session != 0;
}

std::vector<NodeId> Network::linked_to(NodeId node) const {
  std::vector<NodeId> nodes;
  for (const auto& [ends, link] : links_) {
    if (link.session == 0) continue;
    if (ends.first == node) nodes.push_back(ends.second);
    if (ends.second == node) nodes.push_back(ends.first);
  }
  return nodes;
}

void Network::dial(NodeId from, NodeId to) {
  world_.after(world_.between(scenario_.delay_min, scenario_.delay_max) * 3,
               [this, from, to] { connect(from, to); });
}

void Network::connect(NodeId from, NodeId to) {
  if (from == to || !endpoints_.contains(from) || !endpoints_.contains(to)) return;
  if (blocked(from, to) || blocked(to, from) || linked(from, to)) return;
  Link& link = links_[key(from, to)];
  link.session = next_session_++;
  link.last_arrival[0] = link.last_arrival[1] = world_.now();
  const auto up = [this](NodeId node, NodeId peer) {
    const auto tell = endpoints_[node].up;  // a copy: the node may crash while it works on it
    tell(peer);
  };
  up(to, from);
  if (endpoints_.contains(from) && linked(from, to)) up(from, to);
}

void Network::close(NodeId from, NodeId to) {
  if (linked(from, to)) break_link(from, to);
}

void Network::break_link(NodeId a, NodeId b) {
  links_[key(a, b)].session = 0;
  const auto down = [this](NodeId node, NodeId peer) {
    if (!endpoints_.contains(node)) return;
    const auto tell = endpoints_[node].down;
    tell(peer);
  };
  down(a, b);
  down(b, a);
}

void Network::send(NodeId from, NodeId to, const Packet& packet) {
  const auto found = links_.find(key(from, to));
  if (found == links_.end() || found->second.session == 0 || blocked(from, to)) return;
  Random& random = world_.random();
  if (!calm_ && random.chance(scenario_.loss_permille, 1000)) return;
  const int copies = !calm_ && random.chance(scenario_.duplicate_permille, 1000) ? 2 : 1;
  Link& link = found->second;
  const std::uint64_t session = link.session;
  for (int i = 0; i < copies; ++i) {
    Instant at = world_.now() + world_.between(scenario_.delay_min, scenario_.delay_max);
    Instant& last = link.last_arrival[from < to ? 0 : 1];
    if (calm_ || !scenario_.reorder) at = std::max(at, last);
    last = std::max(last, at);
    world_.after(at - world_.now(),
                 [this, from, to, session, packet] { deliver(from, to, session, packet); });
  }
}

void Network::deliver(NodeId from, NodeId to, std::uint64_t session, const Packet& packet) {
  const auto found = links_.find(key(from, to));
  if (found == links_.end() || found->second.session != session) return;
  const auto endpoint = endpoints_.find(to);
  if (endpoint == endpoints_.end()) return;
  const auto receive = endpoint->second.receive;  // a copy: the node may crash while it works on it
  receive(from, packet);
}

void Network::partition(const std::set<NodeId>& side, bool one_way) {
  std::vector<std::pair<NodeId, NodeId>> cut;
  for (const auto& [a, endpoint_a] : endpoints_) {
    for (const auto& [b, endpoint_b] : endpoints_) {
      if (!side.contains(a) || side.contains(b)) continue;
      blocked_.insert({a, b});
      if (!one_way) blocked_.insert({b, a});
      cut.push_back({a, b});
    }
  }
  for (const auto& [a, b] : cut) {
    world_.after(world_.between(kNoticeMin, kNoticeMax), [this, a = a, b = b] {
      if ((blocked(a, b) || blocked(b, a)) && linked(a, b)) break_link(a, b);
    });
  }
}

void Network::isolate(NodeId node, const std::set<NodeId>& from, Duration span) {
  for (const NodeId other : from) {
    if (other == node) continue;
    blocked_.insert({node, other});
    blocked_.insert({other, node});
    world_.after(span, [this, node, other] {
      blocked_.erase({node, other});
      blocked_.erase({other, node});
      if (linked(node, other)) break_link(node, other);  // what was lost meanwhile is not sent again
    });
  }
}

void Network::heal() {
  blocked_.clear();
}

}  // namespace murmel::sim
