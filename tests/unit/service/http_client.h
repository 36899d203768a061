// One HTTP request over a plain socket, while the server's loop is driven by the same thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <doctest/doctest.h>

#include "agent/io/loop.h"

namespace murmel::service::test {

// Everything the server sends until it closes the connection.
inline std::string exchange(io::Loop& loop, int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  std::string answer;
  char block[4096];
  constexpr int kRoundsMax = 5'000;
  for (int round = 0; round < kRoundsMax; ++round) {
    loop.run_for(milliseconds(2));
    const ssize_t count = recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (count == 0) break;
    if (count > 0) answer.append(block, static_cast<std::size_t>(count));
  }
  close(fd);
  return answer;
}

inline std::string request_text(const std::string& method, const std::string& target,
                                const std::string& headers = "", const std::string& body = "") {
  return method + " " + target +
         " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + headers + "\r\n" + body;
}

}  // namespace murmel::service::test
