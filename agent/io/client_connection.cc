#include "agent/io/client_connection.h"

#include <utility>

#include "agent/base/bytes.h"
#include "agent/io/endpoint.h"
#include "agent/io/loop.h"
#include "agent/io/tcp_options.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr std::size_t kClientReadBytes = 64 << 10;
constexpr std::size_t kClientBufferBytesKept = 1 << 20;
constexpr Duration kClientDrainMax = seconds(5);

}  // namespace

ClientConnection::ClientConnection(Loop& loop, Owner& owner, ClientId client, bool local_socket)
    : loop_(loop), owner_(&owner), client_(client), local_socket_(local_socket), deadline_(loop, [this] {
        close_now();
      }) {
  // Without a socket yet, neither can fail.
  if (local_socket) {
    uv_pipe_init(loop.handle(), &socket_.pipe, 0);
  } else {
    uv_tcp_init(loop.handle(), &socket_.tcp);
  }
  stream()->data = this;
  write_.data = this;
}

Result<ClientPeer> ClientConnection::accept(uv_stream_t* listener, Duration silent_max) {
  if (const int status = uv_accept(listener, stream()); status != 0) {
    return uv_error("accept a client", status);
  }
  if (local_socket_) return ClientPeer{"localhost", true, true};
  TRY(set_tcp_options(&socket_.tcp, silent_max));
  Endpoint peer;
  int size = sizeof peer.address;
  const int status = uv_tcp_getpeername(&socket_.tcp, reinterpret_cast<sockaddr*>(&peer.address), &size);
  if (status != 0) return uv_error("look at a client's address", status);
  std::string host = peer.to_string();
  host.erase(host.rfind(':'));
  return ClientPeer{host, peer.is_loopback(), false};
}

void ClientConnection::start_reading() {
  reading_ = true;
  const int status = uv_read_start(stream(), on_alloc, on_read);
  if (status != 0) fail(uv_error("read from a client", status));
}

void ClientConnection::pause() {
  if (!std::exchange(reading_, false) || state_ != State::kOpen) return;
  uv_read_stop(stream());
}

void ClientConnection::resume() {
  if (!reading_ && state_ == State::kOpen) start_reading();
}

void ClientConnection::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto& self = *static_cast<ClientConnection*>(handle->data);
  self.space_.resize(kClientReadBytes);
  *buffer = uv_buf_init(self.space_.data(), static_cast<unsigned int>(self.space_.size()));
}

void ClientConnection::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) noexcept {
  auto& self = *static_cast<ClientConnection*>(stream->data);
  if (size == UV_EOF) return self.fail({ErrorCode::kUnavailable, "the client has closed the connection"});
  if (size < 0) return self.fail(uv_error("read from a client", static_cast<int>(size)));
  const std::string_view bytes(buffer->base, static_cast<std::size_t>(size));
  if (self.tls_.has_value()) return self.take_ciphertext(bytes);
  self.owner_->received(self.client_, bytes);
}

// --- TLS --------------------------------------------------------------------------------------------------

void ClientConnection::start_tls(const TlsContext& context, std::string_view first) {
  if (state_ != State::kOpen || tls_.has_value()) return;
  tls_.emplace(context, Role::kAcceptor);
  if (!first.empty()) take_ciphertext(first);
}

void ClientConnection::take_ciphertext(std::string_view bytes) {
  tls_->feed(as_bytes(bytes));
  if (!tls_up_) {
    const auto done = tls_->shake();
    if (!done.ok()) {
      flush();
      return drain(done.error());
    }
    tls_up_ = *done;
  }
  if (tls_up_) take_plaintext();
  flush();  // TLS may have something to say by itself
}

void ClientConnection::take_plaintext() {
  std::vector<std::uint8_t> plain(kClientReadBytes);
  while (state_ == State::kOpen) {
    const auto size = tls_->read(plain);
    if (!size.ok()) return fail(size.error());
    if (*size == 0) return;
    owner_->received(client_, as_text({plain.data(), *size}));
  }
}

// --- writing ----------------------------------------------------------------------------------------------

void ClientConnection::send(std::string_view bytes) {
  if (state_ != State::kOpen) return;
  next_ += bytes;
  flush();
}

void ClientConnection::flush() {
  if (writing_ || state_ >= State::kClosing) return;
  if (tls_.has_value()) {
    if (tls_up_ && !next_.empty()) {
      const Status encrypted = tls_->write(as_bytes(next_));
      next_.clear();
      if (!encrypted.ok()) return fail(encrypted.error());
    }
    tls_->drain(out_);
  } else {
    out_.assign(next_.begin(), next_.end());
    next_.clear();
  }
  if (next_.capacity() > kClientBufferBytesKept) next_.shrink_to_fit();
  if (out_.empty()) {
    if (state_ == State::kDraining) close_now();
    return;
  }
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(out_.data()), static_cast<unsigned int>(out_.size()));
  if (const int status = uv_write(&write_, stream(), &buffer, 1, on_write); status != 0) {
    return fail(uv_error("write to a client", status));
  }
  writing_ = true;
}

void ClientConnection::on_write(uv_write_t* request, int status) noexcept {
  auto& self = *static_cast<ClientConnection*>(request->data);
  self.writing_ = false;
  self.out_.clear();
  if (self.out_.capacity() > kClientBufferBytesKept) self.out_.shrink_to_fit();
  if (self.state_ >= State::kClosing) return;
  if (status != 0) return self.fail(uv_error("write to a client", status));
  self.flush();
  if (!self.writing_ && self.state_ == State::kOpen) self.owner_->drained(self.client_);
}

// --- the end ----------------------------------------------------------------------------------------------

void ClientConnection::drain(Error why) {
  if (state_ >= State::kDraining) return;
  why_closed_ = std::move(why);
  state_ = State::kDraining;
  if (std::exchange(reading_, false)) uv_read_stop(stream());
  deadline_.start(kClientDrainMax);
  flush();
}

void ClientConnection::fail(Error why) {
  if (state_ >= State::kClosing) return;
  if (state_ != State::kDraining) why_closed_ = std::move(why);
  close_now();
}

void ClientConnection::close_now() {
  if (state_ >= State::kClosing) return;
  state_ = State::kClosing;
  deadline_.stop();
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_), on_close);
}

void ClientConnection::on_close(uv_handle_t* handle) noexcept {
  auto* self = static_cast<ClientConnection*>(handle->data);
  self->state_ = State::kClosed;
  if (self->owner_ == nullptr) {
    delete self;
  } else {
    self->owner_->closed(self->client_, self->why_closed_);  // destroys it
  }
}

void ClientConnection::close(ClientConnection* connection) noexcept {
  if (connection->state_ == State::kClosed) {
    delete connection;
    return;
  }
  connection->owner_ = nullptr;  // on_close() frees the memory
  connection->close_now();
}

}  // namespace murmel::io
