#include "agent/io/client_server.h"

#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <map>
#include <optional>
#include <utility>

#include "agent/io/client_connection.h"
#include "agent/io/endpoint.h"
#include "agent/io/listener.h"
#include "agent/io/local_socket.h"
#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr int kClientBacklog = 128;
constexpr char kClientWhat[] = "client socket";

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

class ClientServer::Impl final : public ClientConnection::Owner {
 public:
  Impl(Loop& on, ClientServerOptions given, ClientEvents& to)
      : loop(on), options(std::move(given)), events(to) {}

  Status listen();
  Status listen_local();
  void accept(uv_stream_t* listener, bool local);
  ClientConnection* find(ClientId client);

  void received(ClientId client, std::string_view bytes) override { events.received(client, bytes); }
  void drained(ClientId client) override { events.drained(client); }
  void closed(ClientId client, const Error& why) override {
    const Error reason = why;
    connections.erase(client);
    if (refused.erase(client) == 0) events.closed(client, reason);
  }

  Loop& loop;
  ClientServerOptions options;
  ClientEvents& events;
  std::optional<TlsContext> tls;
  std::optional<Listener> listener;
  Handle<LocalListener> local;
  ClientId last_client = 0;
  std::map<ClientId, Handle<ClientConnection>> connections;
  std::map<ClientId, bool> refused;  // were never told of
};

Status ClientServer::Impl::listen() {
  if (!options.certificate.empty()) {
    TRY_ASSIGN(tls, TlsContext::make_server(options.certificate, options.key));
  }
  if (!options.host.empty()) {
    TRY_ASSIGN(const auto endpoints, resolve_now(loop, {options.host, options.port}));
    TRY_ASSIGN(listener, Listener::make(loop, endpoints.front(),
                                        [this](uv_stream_t* waiting) { accept(waiting, false); }));
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
    if (status == 0) self->accept(stream, true);
  };
  const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&local->pipe), kClientBacklog, waiting);
  return status == 0 ? Status(Ok{}) : Status(uv_error(what, status));
}

void ClientServer::Impl::accept(uv_stream_t* waiting, bool is_local) {
  const ClientId client = ++last_client;
  Handle<ClientConnection> connection(new ClientConnection(loop, *this, client, is_local));
  const auto peer = connection->accept(waiting, options.silent_max);
  if (!peer.ok()) return;  // gone already
  ClientConnection& open = *connection;
  const bool has_place = connections.size() < static_cast<std::size_t>(options.clients_max);
  // As many again may be hearing that they are too many; beyond that they are just cut.
  if (!has_place && refused.size() >= static_cast<std::size_t>(options.clients_max)) return;
  connections[client] = std::move(connection);
  if (!has_place) {
    refused[client] = true;
    open.send(options.refusal);
    return open.drain({ErrorCode::kFull, "too many clients"});
  }
  events.connected(client, *peer);
  if (find(client) != nullptr) open.start_reading();
}

ClientConnection* ClientServer::Impl::find(ClientId client) {
  const auto found = connections.find(client);
  return found == connections.end() ? nullptr : found->second.get();
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

void ClientServer::send(ClientId client, std::string_view bytes) {
  if (auto* connection = impl_->find(client)) connection->send(bytes);
}

std::size_t ClientServer::queued(ClientId client) const {
  const auto* connection = impl_->find(client);
  return connection == nullptr ? 0 : connection->queued();
}

void ClientServer::start_tls(ClientId client, std::string_view first) {
  auto* connection = impl_->find(client);
  if (connection != nullptr && impl_->tls.has_value()) connection->start_tls(*impl_->tls, first);
}

void ClientServer::pause(ClientId client) {
  if (auto* connection = impl_->find(client)) connection->pause();
}

void ClientServer::resume(ClientId client) {
  if (auto* connection = impl_->find(client)) connection->resume();
}

void ClientServer::close(ClientId client) {
  if (auto* connection = impl_->find(client))
    connection->drain({ErrorCode::kUnavailable, "closed by this side"});
}

void ClientServer::stop_accepting() {
  impl_->listener.reset();
  impl_->local.reset();
}

}  // namespace murmel::io
