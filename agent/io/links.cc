#include "agent/io/links.h"

#include <chrono>
#include <map>
#include <unordered_map>
#include <utility>

#include "agent/base/check.h"
#include "agent/io/connection.h"
#include "agent/io/dialing.h"
#include "agent/io/listener.h"
#include "agent/io/rate_limit.h"
#include "agent/io/round_end.h"
#include "agent/io/tie_break.h"

namespace murmel::io {
namespace {

using wire::RefusalCode;

// Connections accepted, and refusals reported, per second; short bursts may have more.
constexpr std::int64_t kAcceptsPerSecond = 200;
constexpr std::int64_t kAcceptsBurst = 400;
constexpr std::int64_t kReportsPerSecond = 5;
constexpr std::int64_t kReportsBurst = 50;

WallMs system_wall_clock() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Status check_options(const LinkOptions& options) {
  if (options.node == 0 || options.node > kNodeIdMax) {
    return Error{ErrorCode::kInvalid, "a node id must be 1 to " + std::to_string(kNodeIdMax)};
  }
  if (!options.secret.empty() && options.secret.size() < kSecretBytesMin) {
    return Error{ErrorCode::kRefused, "the cluster secret must have at least " +
                                          std::to_string(kSecretBytesMin) +
                                          " bytes; make one with: openssl rand -hex 32"};
  }
  if (options.cluster.size() > wire::kNameBytesMax || options.advertise.size() > wire::kNameBytesMax) {
    return Error{ErrorCode::kInvalid, "the cluster's name and the advertised address have at most " +
                                          std::to_string(wire::kNameBytesMax) + " bytes"};
  }
  return Ok{};
}

// Nothing is wrong when a node meets itself, or a peer twice.
bool harmless(std::optional<RefusalCode> code) {
  return code == RefusalCode::kDuplicate || code == RefusalCode::kSelf;
}

}  // namespace

// Owns all connections; a connection that is up is in by_node_ as well, unless it is being closed.
class Links::Impl final : public ConnectionOwner, public DialingOwner {
 public:
  Impl(Loop& loop, LinkOptions options, LinkEvents& events)
      : loop_(loop),
        options_(std::move(options)),
        events_(events),
        accepts_(kAcceptsPerSecond, kAcceptsBurst),
        reports_(kReportsPerSecond, kReportsBurst),
        round_end_(loop, [this] { return Connection::write_unsent(shared_); }),
        dialing_(loop, *this, options_.seed) {}

  Status open() {
    TRY(check_options(options_));
    TRY_ASSIGN(const auto endpoints, resolve_now(loop_, {options_.listen_host, options_.listen_port}));
    if (endpoints.empty())
      return Error{ErrorCode::kInvalid, "no address to listen on: " + options_.listen_host};
    if (options_.secret.empty() && !endpoints.front().is_loopback()) {
      return Error{ErrorCode::kRefused,
                   "without a cluster secret the agent listens on loopback addresses only, not on " +
                       endpoints.front().to_string() + "; set MURMEL_CLUSTER_SECRET"};
    }
    shared_.loop = &loop_;
    shared_.owner = this;
    shared_.limits = options_.limits;
    shared_.wall_clock = options_.wall_clock ? options_.wall_clock : system_wall_clock;
    if (options_.tls.enabled()) {
      TRY_ASSIGN(auto context, TlsContext::make(options_.tls));
      shared_.tls.emplace(std::move(context));
    }
    TRY_ASSIGN(auto listener, Listener::make(loop_, endpoints.front(),
                                             [this](uv_stream_t* stream) { accept_waiting(stream); }));
    port_ = listener.port();
    listener_.emplace(std::move(listener));
    if (options_.advertise.empty()) options_.advertise = to_string(HostPort{options_.listen_host, port_});
    shared_.self = {options_.node,   options_.uuid,      options_.cluster,
                    options_.secret, options_.advertise, options_.max_clock_offset};
    return Ok{};
  }

  Status dial(const std::string& target) {
    if (!listener_.has_value()) return Ok{};  // on the way out
    if (const auto known = reached_.find(target); known != reached_.end() && linked(known->second))
      return Ok{};
    return dialing_.start(target);
  }

  Connection* find(NodeId node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() || !found->second->is_up() ? nullptr : found->second;
  }
  bool linked(NodeId node) const { return find(node) != nullptr; }

  void stop_accepting() {
    listener_.reset();
    dialing_.stop();
  }

  bool flushed() const {
    for (const auto& [node, connection] : by_node_) {
      if (connection->is_up() && !connection->flushed()) return false;
    }
    return true;
  }

  LinksStats stats() const {
    LinksStats stats = stats_;
    for (const auto& [node, connection] : by_node_) stats.links.push_back(connection->stats());
    return stats;
  }

  std::uint16_t port() const { return port_; }
  const std::string& advertise() const { return options_.advertise; }

  // --- ConnectionOwner ---

  void decide(Connection& connection) override {
    const NodeId peer = connection.node();
    const bool dialer = connection.role() == Role::kDialer;
    Connection* present = find(peer);
    if (present != nullptr && present->peer_info().uuid != connection.peer_info().uuid) {
      return connection.refuse(RefusalCode::kIdentity, "node id " + std::to_string(peer) +
                                                           " is in use by the node with data directory " +
                                                           present->peer_info().uuid.to_string() +
                                                           "; give this one another node_id");
    }
    if (dialer && present != nullptr) {
      remember(connection);
      return connection.refuse(RefusalCode::kDuplicate, "there is a link already");
    }
    if (!dialer && options_.node < peer && dialing_to(peer)) {
      return connection.refuse(RefusalCode::kDuplicate, "this node is dialing at the same time");
    }
    if (present == nullptr && by_node_.size() >= static_cast<std::size_t>(options_.limits.links_max)) {
      return connection.refuse(RefusalCode::kFull, "this node has as many links as it may have");
    }
    const Status admitted = events_.admit(connection.peer_info());
    if (!admitted.ok()) return connection.refuse(RefusalCode::kNotAdmitted, admitted.error().message);
    connection.accept();
  }

  void up(Connection& connection) override {
    const NodeId peer = connection.node();
    if (const auto present = by_node_.find(peer); present != by_node_.end()) {
      if (present->second->is_up() && !prefers(connection, *present->second)) {
        if (connection.role() == Role::kDialer) remember(connection);
        connection.finish(RefusalCode::kDuplicate, {ErrorCode::kConflict, "there is a link already"});
        return;
      }
      replace(*present->second);
    }
    by_node_[peer] = &connection;
    if (connection.role() == Role::kDialer) remember(connection);
    events_.link_up(connection.peer_info());
  }

  void received(Connection& connection, ByteView message) override {
    events_.received(connection.node(), message);
  }

  void writable(Connection& connection) override { events_.writable(connection.node()); }

  void slowed(Connection& connection, const IntakeBudget::Debt& debt) override {
    events_.slowed(connection.node(), debt);
  }

  void closed(Connection& connection, const Error& why) override {
    const auto owned = connections_.find(&connection);
    INVARIANT(owned != connections_.end());
    const Handle<Connection> last = std::move(owned->second);  // destroyed when everybody has been told
    connections_.erase(owned);
    const NodeId node = connection.node();
    const auto linked = by_node_.find(node);
    if (linked != by_node_.end() && linked->second == &connection) {
      by_node_.erase(linked);
      events_.link_down(node, why);
      return;
    }
    if (connection.was_up()) return;  // replaced, or it lost the tie: told before
    close_half_open(connection, why);
  }

  // --- DialingOwner ---

  void connect(const std::string& target, const Endpoint& endpoint) override {
    ++stats_.dials;
    keep(Connection::dial(shared_, endpoint, target));
  }

  void not_reached(const std::string& target, const Error& why) override {
    if (why.code != ErrorCode::kConflict) report(target, why);  // a node that dialed itself is no news
  }

 private:
  void keep(Handle<Connection> connection) {
    Connection* key = connection.get();
    connections_.emplace(key, std::move(connection));
  }

  // The dialed address belongs to this node, so it need not be dialed while there is a link to that.
  void remember(const Connection& connection) {
    if (reached_.size() >= kAttemptsMax) reached_.clear();  // costs a dial or two
    reached_[connection.target()] = connection.node();
    dialing_.succeeded(connection.target());
  }

  void accept_waiting(uv_stream_t* stream) {
    auto accepted = Connection::accept(shared_, stream);
    if (!accepted.ok()) return report("listener", accepted.error());
    ++stats_.accepted;
    if (!accepts_.take(loop_.now())) {
      ++stats_.half_open_cut;
      return;  // and is closed at once
    }
    make_room();
    keep(std::move(accepted).value());
  }

  // Who shakes hands properly is done in a round trip; the oldest one is the likeliest to be up to nothing.
  void make_room() {
    int half_open = 0;
    Connection* oldest = nullptr;
    for (const auto& [key, connection] : connections_) {
      if (!connection->half_open()) continue;
      ++half_open;
      if (oldest == nullptr || connection->number() < oldest->number()) oldest = connection.get();
    }
    if (half_open < options_.limits.half_open_max || oldest == nullptr) return;
    ++stats_.half_open_cut;
    oldest->fail({ErrorCode::kFull, "too many handshakes are under way; the oldest one is cut"});
  }

  bool dialing_to(NodeId peer) const {
    for (const auto& [key, connection] : connections_) {
      if (connection->introducing() && connection->role() == Role::kDialer && connection->node() == peer)
        return true;
    }
    return false;
  }

  // Both handshakes began before either node knew of a link, so they end within this of each other.
  bool prefers(const Connection& newcomer, const Connection& present) const {
    const auto standing = [](const Connection& c) {
      return Standing{c.role() == Role::kDialer, c.up_since()};
    };
    return newcomer_stays(options_.node, newcomer.node(), standing(present), standing(newcomer),
                          options_.limits.connect_timeout + options_.limits.handshake_timeout);
  }

  void replace(Connection& present) {
    const Error why{ErrorCode::kConflict, "the peer has made a new link"};
    by_node_.erase(present.node());
    events_.link_down(present.node(), why);
    present.finish(RefusalCode::kDuplicate, why);
  }

  // A connection that never became a link.
  void close_half_open(Connection& connection, const Error& why) {
    if (connection.role() == Role::kAcceptor) {
      const bool silent = connection.stats().bytes_received == 0 && why.code == ErrorCode::kUnavailable;
      // Somebody who connects and goes away without a word is looking whether the port is open.
      if (!silent && !harmless(connection.refusal())) report(connection.address(), why);
      return;
    }
    if (connection.refusal() == RefusalCode::kDuplicate) {
      dialing_.succeeded(connection.target());
      return;
    }
    dialing_.failed(connection.target(), why);
  }

  void report(const std::string& address, const Error& why) {
    ++stats_.refused;
    if (reports_.take(loop_.now())) events_.refused(address, why);
  }

  Loop& loop_;
  LinkOptions options_;
  LinkEvents& events_;
  RateLimit accepts_;
  RateLimit reports_;
  ConnectionShared shared_;
  RoundEnd round_end_;
  Dialing dialing_;
  std::optional<Listener> listener_;
  std::uint16_t port_ = 0;
  std::unordered_map<Connection*, Handle<Connection>> connections_;
  std::map<NodeId, Connection*> by_node_;
  std::map<std::string, NodeId> reached_;  // which node answered at an address last
  LinksStats stats_;
};

Result<std::unique_ptr<Links>> Links::make(Loop& loop, LinkOptions options, LinkEvents& events) {
  auto impl = std::make_unique<Impl>(loop, std::move(options), events);
  TRY(impl->open());
  return std::unique_ptr<Links>(new Links(std::move(impl)));
}

Links::Links(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Links::~Links() = default;

std::uint16_t Links::port() const {
  return impl_->port();
}
const std::string& Links::advertise() const {
  return impl_->advertise();
}
Status Links::dial(const std::string& address) {
  return impl_->dial(address);
}

void Links::drop(NodeId node, const Error& why) {
  if (Connection* connection = impl_->find(node)) connection->finish(RefusalCode::kNotAdmitted, why);
}

bool Links::linked(NodeId node) const {
  return impl_->linked(node);
}

SendResult Links::send(NodeId node, const wire::Packed& message) {
  Connection* connection = impl_->find(node);
  return connection == nullptr ? SendResult::kNoLink : connection->send(message);
}

bool Links::writable(NodeId node) const {
  const Connection* connection = impl_->find(node);
  return connection != nullptr && connection->writable();
}

void Links::pause(NodeId node) {
  if (Connection* connection = impl_->find(node)) connection->pause();
}

void Links::resume(NodeId node) {
  if (Connection* connection = impl_->find(node)) connection->resume();
}

void Links::charge(NodeId node, std::int64_t requests) {
  if (Connection* connection = impl_->find(node)) connection->charge(requests);
}

void Links::stop_accepting() {
  impl_->stop_accepting();
}
bool Links::flushed() const {
  return impl_->flushed();
}
LinksStats Links::stats() const {
  return impl_->stats();
}

}  // namespace murmel::io
