// The first packets: the server's greeting (version 10), the client's answer (HandshakeResponse41, or the
// short request for TLS before it), and COM_CHANGE_USER, which repeats the answer later. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/mysql/errors.h"

namespace murmel::mysql {

struct Greeting {
  std::string server_version;
  std::uint32_t connection = 0;
  std::string nonce;  // 20 bytes
  std::uint32_t capabilities = 0;
  std::uint16_t status = 0;
  const char* plugin = "";
};
std::string encode_greeting(const Greeting& greeting);

using Attributes = std::vector<std::pair<std::string, std::string>>;

struct LoginRequest {
  bool tls_wanted =
      false;  // nothing but capabilities came: TLS begins now, and the whole request follows inside
  std::uint32_t capabilities = 0;
  std::uint64_t packet_bytes_max = 0;
  std::uint16_t collation = 0;
  std::string user;
  std::string response;  // of the plugin
  std::string plugin;
  std::string database;
  Attributes attributes;
  int zstd_level = 0;
};

// `offered`: what the greeting said; what the client says beyond it does not count.
// Errors: 1043, 1251 (a client without protocol 4.1 and secure passwords), 1835.
Answer<LoginRequest> parse_login(std::string_view payload, std::uint32_t offered);
// The payload behind the command's code.
Answer<LoginRequest> parse_change_user(std::string_view payload, std::uint32_t capabilities);

}  // namespace murmel::mysql
