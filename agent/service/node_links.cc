// Node: what comes from the links, and what goes out through them.
#include <concepts>
#include <optional>

#include "agent/service/log.h"
#include "agent/service/node.h"
#include "agent/wire/handshake_messages.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

constexpr Duration kSlowedLogInterval = seconds(10);

template <typename Message, typename Variant>
concept is_one_of = std::constructible_from<Variant, Message>;

}  // namespace

void Node::send(const std::vector<NodeId>& to, std::string message) {
  const wire::Packed packed = packer_.pack(std::move(message));
  for (const NodeId node : to) {
    // A full queue or a lost link costs this message; every flow asks again.
    if (links_->send(node, packed) != io::SendResult::kTooLarge) continue;
    log_error("a message is larger than a frame may be; raise peer.frame_bytes_max on all nodes",
              {{"node", node}, {"bytes", packed.message_bytes}});
  }
}

Status Node::admit(const io::PeerInfo& peer) {
  if (state_ != NodeState::kRunning) return Error{ErrorCode::kUnavailable, "this node is stopping"};
  return membership_->admit(peer.node, peer.uuid);
}

void Node::link_up(const io::PeerInfo& peer) {
  log_info("peer connected", {{"node", peer.node},
                              {"address", peer.address},
                              {"tls", peer.tls},
                              {"clock_offset_ms", peer.clock_offset_ms}});
  linked_once_ = true;
  refusals_.reached(peer.advertise);
  refusals_.reached(peer.address);
  peers_[peer.node] = peer;
  membership_->step(core::member_input::LinkUp{peer.node, peer.uuid, peer.advertise});
  replicas_->peer_up(peer.node);
  if (witness_) witness_->peer_up(peer.node);
  if (peer.protocol >= wire::kProtocolEpochs) epochs_->peer_up(peer.node, peer.uuid);
  news_->peer_up(peer.node);
  schemas_->peer_up(peer.node);
  check_caught_up();
}

void Node::link_down(NodeId node, const Error& why) {
  log_info("peer disconnected", {{"node", node}, {"reason", why.message}});
  peers_.erase(node);
  parked_.forget(node);
  slowed_quiet_until_.erase(node);
  calls_->peer_down(node);
  news_->peer_down(node);
  schemas_->peer_down(node);
  replicas_->peer_down(node);
  if (witness_) witness_->peer_down(node);
  epochs_->peer_down(node);
  membership_->step(core::member_input::LinkDown{node});
  check_caught_up();
}

// What the peer asked for while it did not read our answers.
void Node::writable(NodeId node) {
  while (links_->writable(node)) {
    std::optional<wire::PeerMessage> request = parked_.next(node);
    if (!request) return;
    route(node, std::move(*request));
  }
}

void Node::slowed(NodeId node, const io::IntakeBudget::Debt& debt) {
  Instant& quiet_until = slowed_quiet_until_[node];
  if (loop_.now() < quiet_until) return;
  quiet_until = loop_.now() + kSlowedLogInterval;
  log_warn("a peer sends or asks for more than it may; it is read from more slowly",
           {{"node", node}, {"limit", io::intake_limit_name(debt.limit)}, {"pause_ms", debt.pause.ms()}});
}

void Node::refused(const std::string& address, const Error& why) {
  switch (refusals_.note(loop_.now(), address, why)) {
    case RefusalNews::kNone: return;
    case RefusalNews::kNotUp:
      return log_info("no connection yet; trying again", {{"address", address}, {"reason", why.message}});
    case RefusalNews::kStillNotUp:
      return log_warn("no connection for a while; trying again",
                      {{"address", address}, {"reason", why.message}});
    case RefusalNews::kRefused:
      return log_warn("connection refused", {{"address", address}, {"reason", why.message}});
  }
}

void Node::received(NodeId node, ByteView message) {
  auto decoded = wire::decode(message);
  if (decoded.ok()) return dispatch(node, std::move(decoded).value());
  if (decoded.error().code == ErrorCode::kInvalid) return;  // a kind of a newer release
  ++bad_messages_;
  log_warn("damaged message; the link is closed", {{"node", node}, {"error", decoded.error().message}});
  links_->drop(node, decoded.error());
}

// A request costs work and sends back more than it is: it has a budget, and waits while the answers to
// earlier ones have not gone out.
void Node::dispatch(NodeId node, wire::PeerMessage message) {
  const std::int64_t cost = request_cost(message.body);
  if (cost == 0) return route(node, std::move(message));
  links_->charge(node, cost);
  if (links_->writable(node)) return route(node, std::move(message));
  parked_.park(node, std::move(message));
}

void Node::route(NodeId node, wire::PeerMessage message) {
  const std::string& database = message.database;
  const auto replicate = [&](core::Message body) { replicas_->received(node, database, std::move(body)); };
  const auto decide = [&](core::CommitMessage body) {
    if (witness_) return witness_->received(node, database, std::move(body));
    replicas_->received(node, database, std::move(body));
  };
  const auto fetcher = [&]() -> SnapshotFetcher* {
    const auto found = fetchers_.find(database);
    return found == fetchers_.end() ? nullptr : found->second.get();
  };
  struct Visitor {
    Node& self;
    NodeId node;
    const std::string& database;
    decltype(replicate)& to_replica;
    decltype(fetcher)& to_fetcher;

    void operator()(core::Changes& m) {
      if (self.witness_) return self.witness_->heard(m);
      to_replica(std::move(m));
    }
    void operator()(core::Have& m) {
      if (self.witness_) self.witness_->heard(node, database, m);
      to_replica(std::move(m));
    }
    void operator()(core::Pull& m) { to_replica(m); }
    void operator()(core::Gone& m) { to_replica(m); }
    void operator()(core::Absent& m) { to_replica(m); }
    void operator()(core::SwimMessage& m) {
      self.membership_->step(core::member_input::Received{node, std::move(m)});
    }
    void operator()(wire::SnapshotRequest& m) { self.donor_->received(node, database, m); }
    void operator()(wire::SnapshotOffer& m) {
      if (SnapshotFetcher* fetch = to_fetcher()) fetch->received(node, m);
    }
    void operator()(wire::SnapshotChunk& m) {
      if (SnapshotFetcher* fetch = to_fetcher()) fetch->received(node, m);
    }
    void operator()(wire::Call& m) { self.calls_->received(node, m); }
    void operator()(wire::Answer& m) { self.calls_->received(node, m); }
  };
  Visitor others{*this, node, database, replicate, fetcher};
  std::visit(
      [&]<typename Message>(Message& m) {
        if constexpr (is_one_of<Message, core::CommitMessage>) {
          decide(std::move(m));
        } else if constexpr (is_one_of<Message, core::EpochMessage>) {
          epochs_->received(node, std::move(m));
        } else {
          others(m);
        }
      },
      message.body);
}

}  // namespace murmel::service
