#include "agent/io/client_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "agent/base/bytes.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr std::size_t kClientReadBytes = 16 << 10;
// How often a write that waits looks whether it was cut.
constexpr Duration kLookInterval = milliseconds(200);

void set_time_limit(int fd, int option, Duration limit) {
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  const std::int64_t us = limit.ns / 1'000;
  const timeval value{.tv_sec = us / kUsPerSecond, .tv_usec = us % kUsPerSecond};
  INVARIANT(::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) == 0);
}

Error client_gone() {
  return {ErrorCode::kUnavailable, "the client has closed the connection"};
}

Error socket_error(const char* what) {
  if (errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT) return client_gone();
  return uv_error(what, -errno);
}

}  // namespace

ClientSocket::ClientSocket(int fd) : fd_(fd), space_(kClientReadBytes) {
  set_time_limit(fd_, SO_SNDTIMEO, kLookInterval);
}

ClientSocket::~ClientSocket() {
  ::close(fd_);
}

Result<std::string_view> ClientSocket::read(Duration patience) {
  return tls_.has_value() ? read_tls(patience) : receive(patience);
}

Result<std::string_view> ClientSocket::receive(Duration patience) {
  if (patience != patience_) {
    set_time_limit(fd_, SO_RCVTIMEO, patience);
    patience_ = patience;
  }
  while (true) {
    const ssize_t size = ::recv(fd_, space_.data(), space_.size(), 0);
    if (size > 0) return std::string_view(space_.data(), static_cast<std::size_t>(size));
    if (size == 0) return client_gone();
    if (errno == EAGAIN) return Error{ErrorCode::kTimeout, "the client has sent nothing"};
    if (errno != EINTR) return socket_error("read from a client");
  }
}

Status ClientSocket::write(std::string_view bytes, Duration patience) {
  if (!tls_.has_value()) return send(bytes, patience);
  TRY(tls_->write(as_bytes(bytes)));
  return flush_tls(patience);
}

Status ClientSocket::send(std::string_view bytes, Duration patience) {
  Duration waited{};
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
      waited = {};
      continue;
    }
    if (cut_) return client_gone();
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return socket_error("write to a client");
    waited += kLookInterval;
    if (waited >= patience) return Error{ErrorCode::kTimeout, "the client does not read"};
  }
  return Ok{};
}

// --- TLS --------------------------------------------------------------------------------------------------

void ClientSocket::start_tls(const TlsContext& context, std::string_view first) {
  tls_.emplace(context, Role::kAcceptor);
  tls_->feed(as_bytes(first));
}

Result<std::string_view> ClientSocket::read_tls(Duration patience) {
  plain_.resize(kClientReadBytes);
  while (true) {
    if (!tls_up_) {
      const auto done = tls_->shake();
      const Status told = flush_tls(patience);
      if (!done.ok()) return done.error();
      TRY(told);
      tls_up_ = *done;
    }
    if (tls_up_) {
      TRY_ASSIGN(const std::size_t size, tls_->read(plain_));
      TRY(flush_tls(patience));  // TLS may have something to say by itself
      if (size > 0) return as_text({plain_.data(), size});
    }
    TRY_ASSIGN(const std::string_view more, receive(patience));
    tls_->feed(as_bytes(more));
  }
}

Status ClientSocket::flush_tls(Duration patience) {
  out_.clear();
  tls_->drain(out_);
  return send(as_text(out_), patience);
}

// --- other threads ----------------------------------------------------------------------------------------

void ClientSocket::stop_reading() {
  ::shutdown(fd_, SHUT_RD);
}

void ClientSocket::cut() {
  cut_ = true;
  ::shutdown(fd_, SHUT_RDWR);
}

}  // namespace murmel::io
