// What is kept of passwords, and how a client proves that it knows one.
//
//   mysql_native_password   kept: SHA1(SHA1(pw)); proof: SHA1(pw) xor SHA1(nonce, SHA1(SHA1(pw)))
//   caching_sha2_password   kept: a salted, stretched hash ("$A$005$" salt hash: SHA-crypt by Drepper, with
//   MySQL's
//                           20 bytes of salt), and in memory, after a first login with the whole password,
//                           the double hash SHA256(SHA256(pw)) that proofs are checked against from then on
//
// Pure functions; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"

struct evp_pkey_st;

namespace murmel::mysql {

std::string sha1(std::string_view a, std::string_view b = {});
std::string sha256(std::string_view a, std::string_view b = {});

// "*" and 40 hexadecimal digits, as mysql.user keeps it; empty for an empty password.
std::string native_verifier(std::string_view password);
// False also for a verifier or a proof of the wrong form.
bool native_proof_fits(std::string_view proof, std::string_view verifier, std::string_view nonce);

// `salt`: 20 bytes without zero and '$'.
std::string sha2_verifier(std::string_view password, std::string_view salt);
bool sha2_password_fits(std::string_view password, std::string_view verifier);
std::string sha2_double_hash(std::string_view password);
bool sha2_proof_fits(std::string_view proof, std::string_view double_hash, std::string_view nonce);

// The same time whatever differs.
bool equal_secrets(std::string_view a, std::string_view b);

// RSA key with which passwords travel on connections without TLS.
class RsaKey {
 public:
  // PEM of a private key. kInvalid: it is none.
  static Result<RsaKey> from_pem(std::string_view pem);
  const std::string& public_pem() const { return public_pem_; }
  // Of a client's answer: OAEP, then the nonce taken off, then the closing zero. kInvalid: not for this key.
  Result<std::string> password_of(std::string_view encrypted, std::string_view nonce) const;

 private:
  struct Deleter {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  std::unique_ptr<evp_pkey_st, Deleter> key_;
  std::string public_pem_;
};

}  // namespace murmel::mysql
