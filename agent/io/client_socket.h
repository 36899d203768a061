// ClientSocket: the connection of one client, by TCP or a Unix socket: bytes in, bytes out, in a thread that
// waits for them. TLS begins in the middle of a connection, when the owner says so.
//
// Nothing is kept here: what is written has gone to the kernel, and what the client sends ahead waits there,
// so a client that does not read stops only its own thread. One thread, but for stop_reading() and cut(),
// which may be called from any as long as the socket exists.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/tls.h"

namespace murmel::io {

class ClientSocket {
 public:
  // Takes the descriptor of a connected socket.
  explicit ClientSocket(int fd);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int fd() const { return fd_; }

  // What the client sent next, good until the next call; waits for it for `patience` at most (> 0). Errors:
  // kTimeout; kUnavailable (closed by the client, or stop_reading() was called); kIo; kCorrupt, kRefused
  // (TLS).
  Result<std::string_view> read(Duration patience);
  // Returns when the kernel has all of it. Errors: kTimeout (it took nothing for `patience`), kUnavailable
  // (the client is gone, or cut() was called), kIo.
  Status write(std::string_view bytes, Duration patience);
  // From here on all is TLS. `first`: what came behind the client's wish for it. Context: outlives this.
  void start_tls(const TlsContext& context, std::string_view first);

  // Reading ends, now and for ever; a last word can still be written.
  void stop_reading();
  // Both directions end.
  void cut();

 private:
  Result<std::string_view> receive(Duration patience);
  Status send(std::string_view bytes, Duration patience);
  Result<std::string_view> read_tls(Duration patience);
  Status flush_tls(Duration patience);

  const int fd_;
  std::atomic<bool> cut_ = false;
  Duration patience_{};  // of reading, as the kernel has been told
  std::vector<char> space_;
  std::optional<TlsSession> tls_;
  bool tls_up_ = false;
  std::vector<std::uint8_t> plain_;
  std::vector<std::uint8_t> out_;
};

}  // namespace murmel::io
