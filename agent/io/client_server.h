// ClientServer: connections of clients of this node, by TCP or a Unix socket: bytes in, bytes out. What they
// mean is for the owner. TLS begins in the middle of a connection, when the owner says so.
//
//   accepted ──connected()──► open ──start_tls()──► TLS handshake ──► open
//                              │ close(): what was sent goes out first, for a while
//                              └── end, error ──► closed()
//
// Nothing is read from a client that is paused. What is written waits in memory until the kernel takes it:
// the owner looks at queued() and stops producing; drained() follows when all is gone. Beyond the limit of
// connections a new one is told `refusal` and closed. Loop thread only. Events come from the loop, never from
// inside a call; they must not throw, and must not destroy the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::io {

class Loop;

struct ClientServerOptions {
  std::string host;         // empty: no TCP
  std::uint16_t port = 0;   // 0: any free one
  std::string socket_path;  // of a Unix socket; empty: none
  int clients_max = 151;
  std::string refusal;      // bytes for those who are too many
  std::string certificate;  // PEM files; empty: no TLS
  std::string key;
  Duration silent_max = seconds(60);  // unacknowledged bytes: the connection is cut
};

using ClientId = std::uint64_t;

struct ClientPeer {
  std::string host;       // numeric address; "localhost" for a Unix socket
  bool loopback = false;  // or a Unix socket
  bool local_socket = false;
};

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void connected(ClientId client, const ClientPeer& peer) = 0;
  virtual void received(ClientId client, std::string_view bytes) = 0;
  virtual void drained(ClientId client) = 0;
  // The last word on a client, also after close().
  virtual void closed(ClientId client, const Error& why) = 0;
};

class ClientServer {
 public:
  // Errors: kInvalid (TLS files), kIo (address in use, ...), kRefused (another file in the socket's place).
  static Result<std::unique_ptr<ClientServer>> make(Loop& loop, ClientServerOptions options,
                                                    ClientEvents& events);
  // Closes all connections, without events.
  ~ClientServer();
  ClientServer(const ClientServer&) = delete;
  ClientServer& operator=(const ClientServer&) = delete;

  std::uint16_t port() const;

  // Calls about a client that is gone do nothing.
  void send(ClientId client, std::string_view bytes);
  std::size_t queued(ClientId client) const;
  // `first`: what came behind the client's wish for TLS.
  void start_tls(ClientId client, std::string_view first);
  void pause(ClientId client);
  void resume(ClientId client);
  void close(ClientId client);
  void stop_accepting();

 private:
  class Impl;
  explicit ClientServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::io
