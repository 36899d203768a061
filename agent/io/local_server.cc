#include "agent/io/local_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/io/fd_watch.h"
#include "agent/io/local_socket.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"

namespace murmel::io {
namespace {

constexpr int kLocalBacklog = 256;
constexpr int kAcceptsPerRound = 64;
constexpr std::size_t kLocalReadBytes = 64 << 10;
constexpr std::size_t kLengthBytes = 4;
constexpr Duration kSweepInterval = seconds(1);
constexpr char kLocalWhat[] = "commit socket";

struct OwnFd {
  int fd = -1;
  OwnFd() = default;
  explicit OwnFd(int given) : fd(given) {}
  OwnFd(OwnFd&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  OwnFd& operator=(OwnFd&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~OwnFd() {
    if (fd >= 0) ::close(fd);
  }
};

std::uint32_t length_at(const char* bytes) {
  std::uint32_t length = 0;
  for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<std::uint8_t>(bytes[i]);
  return length;
}

bool same_user_or_root(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return false;
  return credentials.uid == 0 || credentials.uid == ::geteuid();
}

Result<OwnFd> bind_and_listen(const std::string& path) {
  TRY_ASSIGN(const sockaddr_un address, local_address(path, kLocalWhat));
  TRY(remove_stale_socket(path, kLocalWhat));
  OwnFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (listener.fd < 0) return local_error("make a socket at", path);
  if (::bind(listener.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return local_error("bind a socket at", path);
  }
  // Before anybody can connect: nothing listens yet.
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(listener.fd, kLocalBacklog) != 0) {
    const Error error = local_error("listen at", path);
    ::unlink(path.c_str());
    return error;
  }
  return listener;
}

}  // namespace

struct LocalServer::Impl {
  // `watch` is destroyed before the descriptor that it watches.
  struct Peer {
    OwnFd socket;
    std::optional<FdWatch> watch;  // none while it is asked
    std::string input;
    bool asked = false;
    Instant since;  // of the last message or answer, or the first byte of half a message
  };
  using Peers = std::map<Client, Peer>;

  Impl(Loop& on, LocalServerOptions given, OnMessage callback)
      : loop(on),
        options(std::move(given)),
        on_message(std::move(callback)),
        sweep_timer(on, [this] { sweep(); }) {}
  ~Impl() {
    listener_watch.reset();
    if (listener.fd >= 0) ::unlink(options.path.c_str());
  }

  void accept_all();
  bool make_place();
  void add(OwnFd socket);
  Status watch(Client client, Peer& peer);
  void readable(Client client);
  // Hands over whole messages, as long as they are answered at once.
  void deliver(Client client);
  bool deliver_one(Client client);
  bool send(Client client, std::string_view message);
  void remove(Client client, bool broken);
  void sweep();

  Loop& loop;
  LocalServerOptions options;
  OnMessage on_message;
  LocalServerStats stats;
  std::size_t buffered = 0;
  Client last_client = 0;
  Client delivering = 0;
  OwnFd listener;
  Peers peers;
  std::optional<FdWatch> listener_watch;
  Timer sweep_timer;
};

// --- connections ------------------------------------------------------------------------------------------

void LocalServer::Impl::accept_all() {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    OwnFd socket(::accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.fd < 0) return;  // nobody waits; or no descriptors are left, and the next round tries again
    if (!same_user_or_root(socket.fd) || !make_place()) {
      ++stats.refused;
      continue;
    }
    add(std::move(socket));
  }
}

bool LocalServer::Impl::make_place() {
  if (static_cast<int>(peers.size()) < options.clients_max) return true;
  auto oldest = peers.end();
  for (auto peer = peers.begin(); peer != peers.end(); ++peer) {
    if (peer->second.asked || !peer->second.input.empty()) continue;
    if (oldest == peers.end() || peer->second.since < oldest->second.since) oldest = peer;
  }
  if (oldest == peers.end() || loop.now() - oldest->second.since < options.idle_min) return false;
  remove(oldest->first, false);
  return true;
}

void LocalServer::Impl::add(OwnFd socket) {
  const Client client = ++last_client;
  Peer& peer = peers[client];
  peer.socket = std::move(socket);
  peer.since = loop.now();
  ++stats.accepted;
  if (!watch(client, peer).ok()) return remove(client, false);
  if (!sweep_timer.active()) sweep_timer.start(kSweepInterval);
}

Status LocalServer::Impl::watch(Client client, Peer& peer) {
  TRY_ASSIGN(FdWatch made, FdWatch::make(loop, peer.socket.fd, [this, client] { readable(client); }));
  peer.watch.emplace(std::move(made));
  return Ok{};
}

void LocalServer::Impl::remove(Client client, bool broken) {
  const auto found = peers.find(client);
  if (found == peers.end()) return;
  if (broken) ++stats.broken;
  buffered -= found->second.input.size();
  peers.erase(found);
}

// Closes those that have been at half a message for too long.
void LocalServer::Impl::sweep() {
  std::vector<Client> late;
  for (const auto& [client, peer] : peers) {
    const bool half = !peer.asked && !peer.input.empty();
    if (half && loop.now() - peer.since > options.half_message_max) late.push_back(client);
  }
  for (const Client client : late) remove(client, true);
  if (!peers.empty()) sweep_timer.start(kSweepInterval);
}

// --- messages ---------------------------------------------------------------------------------------------

void LocalServer::Impl::readable(Client client) {
  const auto found = peers.find(client);
  if (found == peers.end() || found->second.asked) return;
  Peer& peer = found->second;
  char chunk[kLocalReadBytes];
  const ssize_t size = ::recv(peer.socket.fd, chunk, sizeof chunk, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return remove(client, false);
  if (buffered + static_cast<std::size_t>(size) > options.buffered_bytes_max) return remove(client, true);
  if (peer.input.empty()) peer.since = loop.now();
  peer.input.append(chunk, static_cast<std::size_t>(size));
  buffered += static_cast<std::size_t>(size);
  deliver(client);
}

// Not nested, however many messages a client sends at once and however fast they are answered.
void LocalServer::Impl::deliver(Client client) {
  if (delivering == client) return;
  const Client outer = std::exchange(delivering, client);
  while (deliver_one(client)) {
  }
  delivering = outer;
}

bool LocalServer::Impl::deliver_one(Client client) {
  const auto found = peers.find(client);
  if (found == peers.end()) return false;
  Peer& peer = found->second;
  if (peer.asked || peer.input.size() < kLengthBytes) return false;
  const std::uint32_t length = length_at(peer.input.data());
  if (length == 0 || length > options.message_bytes_max) {
    remove(client, true);
    return false;
  }
  if (peer.input.size() < kLengthBytes + length) return false;
  std::string message = peer.input.substr(kLengthBytes, length);
  peer.input.erase(0, kLengthBytes + length);
  if (peer.input.empty()) peer.input.shrink_to_fit();
  buffered -= kLengthBytes + length;
  peer.asked = true;
  peer.watch.reset();
  peer.since = loop.now();
  on_message(client, std::move(message));  // may answer at once, or drop
  return true;
}

LocalServer::LocalServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalServer::~LocalServer() = default;

Result<std::unique_ptr<LocalServer>> LocalServer::make(Loop& loop, LocalServerOptions options,
                                                       OnMessage on_message) {
  auto impl = std::make_unique<Impl>(loop, std::move(options), std::move(on_message));
  TRY_ASSIGN(impl->listener, bind_and_listen(impl->options.path));
  Impl* raw = impl.get();  // the watch is destroyed with it
  TRY_ASSIGN(FdWatch watch, FdWatch::make(loop, impl->listener.fd, [raw] { raw->accept_all(); }));
  impl->listener_watch.emplace(std::move(watch));
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(impl)));
}

// Whether it was sent as a whole; otherwise, or if nothing was asked, the client is gone or stays as it is.
bool LocalServer::Impl::send(Client client, std::string_view message) {
  const auto found = peers.find(client);
  if (found == peers.end() || !found->second.asked) return false;
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame.push_back(static_cast<char>(message.size() >> shift));
  frame += message;
  const ssize_t sent = ::send(found->second.socket.fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(frame.size())) return true;
  remove(client, sent >= 0);
  return false;
}

void LocalServer::answer(Client client, std::string_view message) {
  if (!impl_->send(client, message)) return;
  Impl::Peer& peer = impl_->peers.at(client);
  peer.asked = false;
  peer.since = impl_->loop.now();
  if (!impl_->watch(client, peer).ok()) return impl_->remove(client, false);
  // What came with the last message may be a whole one already.
  if (!peer.input.empty()) impl_->deliver(client);
}

void LocalServer::tell(Client client, std::string_view message) {
  impl_->send(client, message);
}

void LocalServer::drop(Client client) {
  impl_->remove(client, true);
}

LocalServerStats LocalServer::stats() const {
  LocalServerStats stats = impl_->stats;
  stats.clients = static_cast<int>(impl_->peers.size());
  return stats;
}

}  // namespace murmel::io
