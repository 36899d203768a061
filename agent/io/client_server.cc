#include "agent/io/client_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "agent/io/endpoint.h"
#include "agent/io/fd_watch.h"
#include "agent/io/listener.h"
#include "agent/io/local_socket.h"
#include "agent/io/loop.h"
#include "agent/io/tcp_options.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr int kClientBacklog = 128;
constexpr char kClientWhat[] = "client socket";
constexpr char kAcceptWhat[] = "accept a client";

// A connection that waits to be taken from a listener.
class Waiting {
 public:
  Waiting(Loop& loop, bool local) : local_(local), socket_(new Socket) {
    // Without a socket yet, neither can fail.
    if (local) {
      uv_pipe_init(loop.handle(), &socket_->pipe, 0);
    } else {
      uv_tcp_init(loop.handle(), &socket_->tcp);
    }
  }
  ~Waiting() {
    uv_close(reinterpret_cast<uv_handle_t*>(socket_),
             [](uv_handle_t* handle) noexcept { delete reinterpret_cast<Socket*>(handle); });
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Errors: kIo.
  Result<ClientPeer> accept(uv_stream_t* listener, Duration silent_max) {
    const int status = uv_accept(listener, reinterpret_cast<uv_stream_t*>(socket_));
    if (status != 0) return uv_error(kAcceptWhat, status);
    if (local_) return ClientPeer{"localhost", true, true};
    TRY(set_tcp_options(&socket_->tcp, silent_max));
    Endpoint peer;
    int size = sizeof peer.address;
    const int known = uv_tcp_getpeername(&socket_->tcp, reinterpret_cast<sockaddr*>(&peer.address), &size);
    if (known != 0) return uv_error("look at a client's address", known);
    std::string host = peer.to_string();
    host.erase(host.rfind(':'));
    return ClientPeer{host, peer.is_loopback(), false};
  }

  // A descriptor of its own, blocking. Errors: kIo.
  Result<std::unique_ptr<ClientSocket>> take() {
    uv_os_fd_t fd = -1;
    const int status = uv_fileno(reinterpret_cast<uv_handle_t*>(socket_), &fd);
    if (status != 0) return uv_error(kAcceptWhat, status);
    const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own == -1) return uv_error(kAcceptWhat, uv_translate_sys_error(errno));
    auto socket = std::make_unique<ClientSocket>(own);
    const int flags = ::fcntl(own, F_GETFL);
    if (flags == -1 || ::fcntl(own, F_SETFL, flags & ~O_NONBLOCK) == -1) {
      return uv_error(kAcceptWhat, uv_translate_sys_error(errno));
    }
    return socket;
  }

 private:
  union Socket {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  const bool local_;
  Socket* const socket_;
};

}  // namespace

// A listening Unix socket; its file goes with it.
struct LocalListener {
  uv_pipe_t pipe{};
  std::string path;
  void* owner = nullptr;

  static void close(LocalListener* listener) noexcept {
    ::unlink(listener->path.c_str());
    uv_close(reinterpret_cast<uv_handle_t*>(&listener->pipe),
             [](uv_handle_t* handle) noexcept { delete static_cast<LocalListener*>(handle->data); });
  }
};

class ClientServer::Impl {
 public:
  Impl(Loop& on, ClientServerOptions given, ClientEvents& to)
      : loop(on), options(std::move(given)), events(to) {}

  Status listen();
  Status listen_local();
  Status accept(uv_stream_t* listener, bool local);

  Loop& loop;
  ClientServerOptions options;
  ClientEvents& events;
  std::optional<Listener> listener;
  Handle<LocalListener> local;
  ClientId last_client = 0;
  std::map<ClientId, FdWatch> clients;
};

Status ClientServer::Impl::listen() {
  if (!options.host.empty()) {
    TRY_ASSIGN(const auto endpoints, resolve_now(loop, {options.host, options.port}));
    // Who could not be accepted has gone already.
    const auto waiting = [this](uv_stream_t* stream) { (void)accept(stream, false); };
    TRY_ASSIGN(listener, Listener::make(loop, endpoints.front(), waiting));
  }
  return options.socket_path.empty() ? Status(Ok{}) : listen_local();
}

Status ClientServer::Impl::listen_local() {
  TRY(local_address(options.socket_path, kClientWhat));
  TRY(remove_stale_socket(options.socket_path, kClientWhat));
  local.reset(new LocalListener{.path = options.socket_path, .owner = this});
  uv_pipe_init(loop.handle(), &local->pipe, 0);
  local->pipe.data = local.get();
  const std::string what = "listen on " + options.socket_path;
  if (const int status = uv_pipe_bind(&local->pipe, options.socket_path.c_str()); status != 0) {
    return uv_error(what, status);
  }
  // Who may connect is decided by passwords; the folder may narrow it.
  if (::chmod(options.socket_path.c_str(), 0666) != 0) return local_error("open up", options.socket_path);
  const auto waiting = [](uv_stream_t* stream, int status) noexcept {
    auto* self = static_cast<Impl*>(static_cast<LocalListener*>(stream->data)->owner);
    if (status == 0) (void)self->accept(stream, true);
  };
  const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&local->pipe), kClientBacklog, waiting);
  return status == 0 ? Status(Ok{}) : Status(uv_error(what, status));
}

Status ClientServer::Impl::accept(uv_stream_t* listening, bool is_local) {
  Waiting waiting(loop, is_local);
  TRY_ASSIGN(const ClientPeer peer, waiting.accept(listening, options.silent_max));
  TRY_ASSIGN(std::unique_ptr<ClientSocket> socket, waiting.take());
  if (clients.size() >= static_cast<std::size_t>(options.clients_max)) {
    // A new socket has room for that much.
    (void)::send(socket->fd(), options.refusal.data(), options.refusal.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return Ok{};
  }
  const ClientId client = ++last_client;
  TRY_ASSIGN(FdWatch watch,
             FdWatch::for_hang_up(loop, socket->fd(), [this, client] { events.hung_up(client); }));
  clients.emplace(client, std::move(watch));
  events.connected(client, peer, std::move(socket));
  return Ok{};
}

ClientServer::ClientServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientServer::~ClientServer() = default;

Result<std::unique_ptr<ClientServer>> ClientServer::make(Loop& loop, ClientServerOptions options,
                                                         ClientEvents& events) {
  auto impl = std::make_unique<Impl>(loop, std::move(options), events);
  TRY(impl->listen());
  return std::unique_ptr<ClientServer>(new ClientServer(std::move(impl)));
}

std::uint16_t ClientServer::port() const {
  return impl_->listener.has_value() ? impl_->listener->port() : std::uint16_t{0};
}

void ClientServer::gone(ClientId client) {
  impl_->clients.erase(client);
}

void ClientServer::stop_accepting() {
  impl_->listener.reset();
  impl_->local.reset();
}

}  // namespace murmel::io
