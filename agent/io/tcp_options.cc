#include "agent/io/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "agent/io/endpoint.h"
#include "agent/io/uv_error.h"

namespace murmel::io {

Status set_tcp_options(uv_tcp_t* tcp, Duration silent_max) {
  uv_os_fd_t fd = -1;
  if (const int status = uv_fileno(reinterpret_cast<uv_handle_t*>(tcp), &fd); status != 0) {
    return uv_error("set up a connection", status);
  }
  const int silent_ms = static_cast<int>(silent_max.ms());
  const int probe_s = std::max(1, silent_ms / 3000);
  const int on = 1;
  const int probes = 3;
  const bool done = ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms) == 0 &&
                    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
                    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &probe_s, sizeof probe_s) == 0 &&
                    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s) == 0 &&
                    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) == 0 &&
                    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  if (!done) return uv_error("set up a connection", uv_translate_sys_error(errno));
  return Ok{};
}

Result<std::string> peer_address(const uv_tcp_t* tcp) {
  Endpoint endpoint;
  int size = sizeof endpoint.address;
  const int status = uv_tcp_getpeername(tcp, reinterpret_cast<sockaddr*>(&endpoint.address), &size);
  if (status != 0) return uv_error("ask for the peer's address", status);
  return endpoint.to_string();
}

}  // namespace murmel::io
