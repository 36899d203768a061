// A PeerOutbox that keeps what is sent, decoded, for tests to look at or to hand over.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "agent/service/outbox.h"
#include "agent/wire/messages.h"

namespace murmel::service::test {

class OutboxRecorder final : public PeerOutbox {
 public:
  explicit OutboxRecorder(std::set<NodeId> links) : links_(std::move(links)) {}

  void send(const std::vector<NodeId>& to, std::string message) override {
    auto decoded = wire::decode(as_bytes(message));
    REQUIRE(decoded.ok());
    for (const NodeId node : to) {
      if (links_.contains(node)) sent_.emplace_back(node, *decoded);
    }
  }
  bool linked(NodeId node) const override { return links_.contains(node); }

  void unlink(NodeId node) { links_.erase(node); }
  void link(NodeId node) { links_.insert(node); }
  // What was sent since the last call.
  std::vector<std::pair<NodeId, wire::PeerMessage>> take() { return std::exchange(sent_, {}); }

 private:
  std::set<NodeId> links_;
  std::vector<std::pair<NodeId, wire::PeerMessage>> sent_;
};

}  // namespace murmel::service::test
