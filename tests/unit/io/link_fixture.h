// Nodes with real loopback sockets in one process and one loop, for tests of agent/io. Waiting is bounded and
// ends as soon as the condition holds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/io/links.h"
#include "agent/io/loop.h"

namespace murmel::io {

inline constexpr Duration kPatience = seconds(10);

// Runs the loop until `done`, or until patience ends. True if done.
inline bool run_until(Loop& loop, const std::function<bool()>& done, Duration patience = kPatience) {
  const Instant end = loop.now() + patience;
  while (!done()) {
    if (loop.now() > end) return false;
    loop.run_for(milliseconds(20));
  }
  return true;
}

inline Uuid uuid_of(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes.fill(number);
  return uuid;
}

inline LinkOptions options_of(NodeId node) {
  LinkOptions options;
  options.node = node;
  options.uuid = uuid_of(static_cast<std::uint8_t>(node));
  options.cluster = "test";
  options.secret = "a secret of the test cluster";
  options.seed = node;
  return options;
}

// Writes down what happens.
class TestNode final : public LinkEvents {
 public:
  TestNode(Loop& loop, LinkOptions options) {
    auto made = Links::make(loop, std::move(options), *this);
    if (made.ok()) {
      links = std::move(made).value();
    } else {
      error = made.error();
    }
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(links->port()); }

  Status admit(const PeerInfo& peer) override { return on_admit ? on_admit(peer) : Status(Ok{}); }
  void link_up(const PeerInfo& peer) override { ups.push_back(peer); }
  void link_down(NodeId node, const Error& why) override { downs.emplace_back(node, why); }
  void received(NodeId node, ByteView message) override {
    messages.emplace_back(node, std::string(as_text(message)));
    if (on_message) on_message(node);
  }
  void writable(NodeId node) override { writables.push_back(node); }
  void slowed(NodeId, const IntakeBudget::Debt& debt) override { slowings.push_back(debt); }
  void refused(const std::string& address, const Error& why) override { refusals.emplace_back(address, why); }

  bool refused_with(std::string_view words) const {
    for (const auto& [address, why] : refusals) {
      if (why.message.find(words) != std::string::npos) return true;
    }
    return false;
  }

  std::function<Status(const PeerInfo&)> on_admit;
  std::function<void(NodeId)> on_message;
  std::vector<PeerInfo> ups;
  std::vector<std::pair<NodeId, Error>> downs;
  std::vector<std::pair<NodeId, std::string>> messages;
  std::vector<NodeId> writables;
  std::vector<IntakeBudget::Debt> slowings;
  std::vector<std::pair<std::string, Error>> refusals;
  Error error{ErrorCode::kInternal, ""};
  std::unique_ptr<Links> links;
};

inline wire::Packed packed(std::string text, std::size_t compress_min = 0) {
  return wire::pack(std::move(text), compress_min);
}

}  // namespace murmel::io
