// Requests of peers: what they cost, and where they wait while the peer does not read what it is sent.
//
// A request makes this node read a disk and send far more than it was asked with. While the queue to the peer
// is above its high-water mark its requests are parked, so that work and memory grow with what the peer takes
// and not with what it asks for. Parking is bounded; what does not fit is dropped, and whoever really wants
// it asks again. Reading goes on meanwhile: two nodes that wait for each other's reading would wait for ever.
//
// Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "agent/wire/messages.h"

namespace murmel::service {

inline constexpr std::size_t kParkedRequestsMax = 512;      // of one peer
inline constexpr std::size_t kParkedBytesMax = 256U << 10;  // bodies of one peer's questions

// In units of peer.requests_per_second; 0: not a request.
std::int64_t request_cost(const wire::Body& body);

class ParkedRequests {
 public:
  void park(NodeId node, wire::PeerMessage request);
  // The oldest one.
  std::optional<wire::PeerMessage> next(NodeId node);
  void forget(NodeId node) { queues_.erase(node); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Queue {
    std::deque<wire::PeerMessage> requests;
    std::size_t bytes = 0;
  };
  std::map<NodeId, Queue> queues_;
  std::uint64_t dropped_ = 0;
};

}  // namespace murmel::service
