// A client of the protocol for tests: packets to bytes and back, and a session brought as far as a test needs
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/mysql/bytes.h"
#include "agent/mysql/packets.h"
#include "agent/mysql/passwords.h"
#include "agent/mysql/session.h"

namespace murmel::mysql::test {

inline std::string packet(std::string_view payload, std::uint8_t sequence = 0) {
  std::string out;
  put_packets(out, payload, sequence);
  return out;
}

inline std::vector<std::string> payloads(std::string_view bytes, std::uint8_t first_sequence) {
  PacketReader reader(64 << 20);
  reader.expect(first_sequence);
  reader.feed(bytes);
  std::vector<std::string> found;
  while (true) {
    auto payload = reader.next();
    if (!payload.ok() || !payload->has_value()) return found;
    found.push_back(std::move(**payload));
  }
}

inline constexpr std::uint32_t kUsual = kProtocol41 | kSecureConnection | kPluginAuth | kLongAuthData |
                                        kMultiStatements | kMultiResults | kConnectWithDatabase;
inline const std::string kNonce = "abcdefghijklmnopqrst";

inline SessionOptions options() {
  SessionOptions options;
  options.server_version = "8.0.0-test";
  options.connection = 7;
  options.nonce = kNonce;
  return options;
}

inline std::string login_payload(std::uint32_t capabilities, std::string_view user, std::string_view response,
                                 std::string_view plugin, std::string_view database = "") {
  std::string out;
  put_fixed(out, capabilities, 4);
  put_fixed(out, 1 << 24, 4);
  put_fixed(out, 45, 1);
  out.append(23, '\0');
  put_zero_ended(out, user);
  put_lenenc_text(out, response);
  put_zero_ended(out, database);
  put_zero_ended(out, plugin);
  return out;
}

inline std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i % b.size()]);
  return a;
}

inline Account native(std::string_view password) {
  return {Account::Plugin::kNative, native_verifier(password), {}, true};
}

template <typename Kind>
std::optional<Kind> next(Session& session) {
  auto event = session.next();
  if (!event.has_value() || !std::holds_alternative<Kind>(*event)) return std::nullopt;
  return std::get<Kind>(std::move(*event));
}

// A session whose client is in, with an account without password.
inline Session logged_in(std::uint32_t capabilities = kUsual, SessionOptions given = options()) {
  Session session(std::move(given));
  (void)session.take_output();
  session.receive(packet(login_payload(capabilities, "me", "", kNativePassword), 1));
  (void)session.next();
  session.account(native(""), "localhost");
  (void)session.next();
  Outcome admitted;
  admitted.status = kAutocommit;
  session.admit(admitted);
  (void)session.take_output();
  return session;
}

inline std::string command_packet(CommandCode code, std::string_view body = "") {
  return packet(std::string(1, static_cast<char>(code)) + std::string(body));
}

}  // namespace murmel::mysql::test
