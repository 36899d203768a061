// Proof of the cluster's secret, and the session keys that follow from it.
//
//   mac  = HMAC-SHA256(secret, "murmel proof" | role | transcript | wall time)
//   key  = HMAC-SHA256(secret, "murmel seal"  | direction | transcript)
//   transcript = dialer's Hello | acceptor's Hello | TLS channel binding, each with its length
//
// The Hellos hold both fresh nonces, both ids and version ranges, so a proof fits one connection, one side
// and one choice of version only: replay, reflection and downgrade all fail. The secret itself never leaves
// the process. Pure but for fresh_nonce(); any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/wire/handshake_messages.h"

namespace murmel::io {

enum class Role : std::uint8_t { kDialer = 1, kAcceptor = 2 };

inline Role other(Role role) {
  return role == Role::kDialer ? Role::kAcceptor : Role::kDialer;
}

struct Transcript {
  std::string dialer_hello;  // bodies, byte by byte as sent
  std::string acceptor_hello;
  std::string channel_binding;  // of the TLS connection around it; empty: no TLS
};

using SealKey = std::array<std::uint8_t, 32>;

// Errors: kInternal (the system has no randomness).
Result<wire::Nonce> fresh_nonce();

// The proof that `role` sends.
wire::Mac prove(std::string_view secret, Role role, const Transcript& transcript, WallMs wall_ms);

// In constant time.
bool same_mac(const wire::Mac& a, const wire::Mac& b);

// The key for what `sender` sends.
SealKey seal_key(std::string_view secret, Role sender, const Transcript& transcript);

}  // namespace murmel::io
