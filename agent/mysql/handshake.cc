#include "agent/mysql/handshake.h"

#include "agent/base/check.h"
#include "agent/mysql/bytes.h"
#include "agent/mysql/protocol.h"

namespace murmel::mysql {
namespace {

constexpr char kProtocolVersion = 10;
constexpr std::size_t kNonceFirstPart = 8;
constexpr std::size_t kReservedInGreeting = 10;
constexpr std::size_t kReservedInLogin = 23;
constexpr std::size_t kTlsRequestBytes = 32;
constexpr std::size_t kUserBytesMax = 128;
constexpr std::size_t kAttributesMax = 64;

Attributes parse_attributes(Reader& reader) {
  Attributes attributes;
  Reader pairs(reader.lenenc_text());
  while (pairs.ok() && !pairs.at_end() && attributes.size() < kAttributesMax) {
    const std::string_view name = pairs.lenenc_text();
    const std::string_view value = pairs.lenenc_text();
    if (pairs.ok()) attributes.emplace_back(name, value);
  }
  return attributes;
}

// Response, database, plugin, attributes stand in this order in both packets.
std::string_view parse_response(Reader& reader, std::uint32_t capabilities) {
  if ((capabilities & kLongAuthData) != 0) return reader.lenenc_text();
  return reader.text(reader.u8());
}

}  // namespace

std::string encode_greeting(const Greeting& greeting) {
  INVARIANT(greeting.nonce.size() == kNonceBytes);
  std::string out(1, kProtocolVersion);
  put_zero_ended(out, greeting.server_version);
  put_fixed(out, greeting.connection, 4);
  put_zero_ended(out, greeting.nonce.substr(0, kNonceFirstPart));
  put_fixed(out, greeting.capabilities, 2);
  put_fixed(out, kUtf8mb40900AiCi, 1);
  put_fixed(out, greeting.status, 2);
  put_fixed(out, greeting.capabilities >> 16, 2);
  put_fixed(out, kNonceBytes + 1, 1);
  out.append(kReservedInGreeting, '\0');
  put_zero_ended(out, greeting.nonce.substr(kNonceFirstPart));
  put_zero_ended(out, greeting.plugin);
  return out;
}

Answer<LoginRequest> parse_login(std::string_view payload, std::uint32_t offered) {
  Reader reader(payload);
  LoginRequest login;
  const std::uint32_t said = payload.size() < 4 ? reader.u16() : reader.u32();
  if ((said & kProtocol41) == 0 || (said & kSecureConnection) == 0) return old_client();
  login.capabilities = said & offered;
  login.packet_bytes_max = reader.u32();
  login.collation = reader.u8();
  reader.text(kReservedInLogin);
  if (!reader.ok()) return bad_handshake();
  if (payload.size() == kTlsRequestBytes && (login.capabilities & kTls) != 0) {
    login.tls_wanted = true;
    return login;
  }
  login.user = reader.zero_ended();
  login.response = parse_response(reader, login.capabilities);
  if ((said & kConnectWithDatabase) != 0) login.database = reader.zero_or_end();
  login.plugin = kNativePassword;
  if ((said & kPluginAuth) != 0) login.plugin = reader.zero_or_end();
  if ((login.capabilities & kConnectAttributes) != 0 && !reader.at_end())
    login.attributes = parse_attributes(reader);
  if ((login.capabilities & kZstd) != 0 && !reader.at_end()) login.zstd_level = reader.u8();
  if (!reader.ok() || login.user.size() > kUserBytesMax) return bad_handshake();
  return login;
}

Answer<LoginRequest> parse_change_user(std::string_view payload, std::uint32_t capabilities) {
  Reader reader(payload);
  LoginRequest login;
  login.capabilities = capabilities;
  login.user = reader.zero_ended();
  login.response = reader.text(reader.u8());
  login.database = reader.zero_or_end();
  login.plugin = kNativePassword;
  if (!reader.at_end()) login.collation = reader.u16();
  if ((capabilities & kPluginAuth) != 0 && !reader.at_end()) login.plugin = reader.zero_or_end();
  if ((capabilities & kConnectAttributes) != 0 && !reader.at_end())
    login.attributes = parse_attributes(reader);
  if (!reader.ok() || login.user.size() > kUserBytesMax) return malformed_packet();
  return login;
}

}  // namespace murmel::mysql
