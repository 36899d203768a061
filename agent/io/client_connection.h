// ClientConnection: one connection of ClientServer. Internal to agent/io; loop thread only.
//
// Invariants: at most one write is under way; nothing is read while paused, draining or closing. Destroying
// the handle closes the socket without an event.
#pragma once

#include <uv.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/io/client_server.h"
#include "agent/io/handle.h"
#include "agent/io/timer.h"
#include "agent/io/tls.h"

namespace murmel::io {

class ClientConnection {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void received(ClientId client, std::string_view bytes) = 0;
    virtual void drained(ClientId client) = 0;
    // The owner destroys the connection.
    virtual void closed(ClientId client, const Error& why) = 0;
  };

  ClientConnection(Loop& loop, Owner& owner, ClientId client, bool local_socket);
  static void close(ClientConnection* connection) noexcept;

  // Takes the next connection of a listening socket. Errors: kIo.
  Result<ClientPeer> accept(uv_stream_t* listener, Duration silent_max);
  void start_reading();
  void send(std::string_view bytes);
  std::size_t queued() const { return out_.size() + next_.size(); }
  void start_tls(const TlsContext& context, std::string_view first);
  void pause();
  void resume();
  // After what was sent is gone.
  void drain(Error why);

 private:
  enum class State { kOpen, kDraining, kClosing, kClosed };

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }
  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept;
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) noexcept;
  static void on_write(uv_write_t* request, int status) noexcept;
  static void on_close(uv_handle_t* handle) noexcept;
  void take_ciphertext(std::string_view bytes);
  void take_plaintext();
  void flush();
  void fail(Error why);
  void close_now();

  union Socket {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  Loop& loop_;
  Owner* owner_;
  ClientId client_;
  bool local_socket_;
  State state_ = State::kOpen;
  bool reading_ = false;
  bool writing_ = false;
  bool tls_up_ = false;
  Socket socket_{};
  uv_write_t write_{};
  std::optional<TlsSession> tls_;
  std::string next_;               // to be sent, in the clear
  std::vector<std::uint8_t> out_;  // being written
  std::vector<char> space_;
  Error why_closed_{ErrorCode::kUnavailable, ""};
  Timer deadline_;
};

}  // namespace murmel::io
