// ClientServer: where clients of this node come in, by TCP or a Unix socket. Each connection is handed over
// as a ClientSocket, for a thread of its owner's; here it is only watched for the client's hanging up, and
// counted until the owner says that it has gone.
//
// Beyond the limit of connections a new one is told `refusal` and closed. Loop thread only. Events come from
// the loop, never from inside a call; they must not throw, and must not destroy the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/client_socket.h"

namespace murmel::io {

class Loop;

struct ClientServerOptions {
  std::string host;         // empty: no TCP
  std::uint16_t port = 0;   // 0: any free one
  std::string socket_path;  // of a Unix socket; empty: none
  int clients_max = 151;
  std::string refusal;                // bytes for those who are too many
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
  virtual void connected(ClientId client, const ClientPeer& peer, std::unique_ptr<ClientSocket> socket) = 0;
  // The client sends no more; what it has sent may still wait to be read.
  virtual void hung_up(ClientId client) = 0;
};

class ClientServer {
 public:
  // Errors: kIo (address in use, ...), kRefused (another file in the socket's place).
  static Result<std::unique_ptr<ClientServer>> make(Loop& loop, ClientServerOptions options,
                                                    ClientEvents& events);
  ~ClientServer();
  ClientServer(const ClientServer&) = delete;
  ClientServer& operator=(const ClientServer&) = delete;

  std::uint16_t port() const;
  // The owner is about to close the client's socket: it is watched and counted no more.
  void gone(ClientId client);
  void stop_accepting();

 private:
  class Impl;
  explicit ClientServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::io
