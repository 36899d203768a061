#include "agent/io/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "agent/base/check.h"

namespace murmel::io {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

// With its length, so that no two lists of parts make the same bytes.
void append_part(std::string& out, std::string_view part) {
  append_number(out, part.size());
  out.append(part);
}

std::string labelled(std::string_view label, Role role, const Transcript& transcript) {
  std::string text;
  append_part(text, label);
  text.push_back(static_cast<char>(role));
  append_part(text, transcript.dialer_hello);
  append_part(text, transcript.acceptor_hello);
  append_part(text, transcript.channel_binding);
  return text;
}

std::array<std::uint8_t, 32> hmac(std::string_view secret, std::string_view text) {
  std::array<std::uint8_t, 32> mac{};
  unsigned int size = 0;
  // An empty key still needs an address.
  const char* key = secret.empty() ? "" : secret.data();
  const auto* done =
      HMAC(EVP_sha256(), key, static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  INVARIANT(done != nullptr && size == mac.size());
  return mac;
}

}  // namespace

Result<wire::Nonce> fresh_nonce() {
  wire::Nonce nonce{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
    return Error{ErrorCode::kInternal, "the system gives no random bytes"};
  }
  return nonce;
}

wire::Mac prove(std::string_view secret, Role role, const Transcript& transcript, WallMs wall_ms) {
  std::string text = labelled("murmel proof", role, transcript);
  append_number(text, static_cast<std::uint64_t>(wall_ms));
  return hmac(secret, text);
}

bool same_mac(const wire::Mac& a, const wire::Mac& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

SealKey seal_key(std::string_view secret, Role sender, const Transcript& transcript) {
  return hmac(secret, labelled("murmel seal", sender, transcript));
}

}  // namespace murmel::io
