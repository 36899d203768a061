// A stranger with a plain socket: sends whatever bytes a test wants, and can play either part of a handshake.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "agent/io/handshake.h"
#include "agent/wire/frame.h"
#include "tests/unit/io/link_fixture.h"

namespace murmel::io {

inline std::string frame_bytes(wire::FrameType type, std::string_view body) {
  const wire::FrameHeader header = wire::frame_header(type, 0, body.size());
  return std::string(header.begin(), header.end()) + std::string(body);
}

class RawPeer {
 public:
  RawPeer(Loop& loop, std::uint16_t port) : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawPeer() { ::close(fd_); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  void send(std::string_view bytes) {
    [[maybe_unused]] const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void send(wire::FrameType type, std::string_view body) { send(frame_bytes(type, body)); }
  void send_all(Handshake& handshake) {
    for (const auto& out : handshake.take_outbox()) send(out.type, out.body);
  }

  // The next frame, or nothing when the node closes the connection.
  std::optional<std::pair<wire::FrameType, std::string>> next_frame() {
    std::optional<std::pair<wire::FrameType, std::string>> found;
    const bool ended = run_until(loop_, [&] {
      read_some();
      const auto frame = parser_.next();
      if (frame.ok() && frame->has_value()) {
        found.emplace((*frame)->type, std::string((*frame)->rest.begin(), (*frame)->rest.end()));
      }
      return found.has_value() || closed_;
    });
    return ended ? found : std::nullopt;
  }

  bool is_closed() {
    return run_until(loop_, [&] {
      read_some();
      return closed_;
    });
  }

 private:
  void read_some() {
    const auto space = parser_.space();
    const auto got = ::recv(fd_, space.data(), space.size(), MSG_DONTWAIT);
    if (got > 0) parser_.filled(static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) closed_ = true;
  }

  Loop& loop_;
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  wire::FrameParser parser_{1U << 20};
};

}  // namespace murmel::io
