#include "agent/mysql/passwords.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "agent/mysql/sha_crypt.h"

namespace murmel::mysql {
namespace {

constexpr std::string_view kSha2Form = "$A$005$";
constexpr std::size_t kSaltBytes = 20;

std::string digest(const EVP_MD* kind, std::string_view a, std::string_view b) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  INVARIANT(context != nullptr);
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  INVARIANT(EVP_DigestInit_ex(context.get(), kind, nullptr) == 1);
  INVARIANT(EVP_DigestUpdate(context.get(), a.data(), a.size()) == 1);
  INVARIANT(EVP_DigestUpdate(context.get(), b.data(), b.size()) == 1);
  INVARIANT(EVP_DigestFinal_ex(context.get(), out, &size) == 1);
  return {reinterpret_cast<const char*>(out), size};
}

std::string exclusive_or(std::string_view text, std::string_view pad) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ pad[i % pad.size()]);
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Empty: not the form of a native verifier.
std::string native_hash_of(std::string_view verifier) {
  std::string hash;
  if (verifier.size() != 41 || verifier[0] != '*') return hash;
  for (std::size_t i = 1; i < verifier.size(); i += 2) {
    const int high = hex_digit(verifier[i]);
    const int low = hex_digit(verifier[i + 1]);
    if (high < 0 || low < 0) return {};
    hash.push_back(static_cast<char>(high * 16 + low));
  }
  return hash;
}

}  // namespace

std::string sha1(std::string_view a, std::string_view b) {
  return digest(EVP_sha1(), a, b);
}
std::string sha256(std::string_view a, std::string_view b) {
  return digest(EVP_sha256(), a, b);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string native_verifier(std::string_view password) {
  if (password.empty()) return {};
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "*";
  for (const char c : sha1(sha1(password))) {
    const auto byte = static_cast<std::uint8_t>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

bool native_proof_fits(std::string_view proof, std::string_view verifier, std::string_view nonce) {
  const std::string kept = native_hash_of(verifier);
  if (kept.empty() || proof.size() != kept.size()) return false;
  return equal_secrets(sha1(exclusive_or(proof, sha1(nonce, kept))), kept);
}

std::string sha2_verifier(std::string_view password, std::string_view salt) {
  if (password.empty()) return {};
  INVARIANT(salt.size() == kSaltBytes);
  return std::string(kSha2Form) + std::string(salt) + sha_crypt_hash(password, salt);
}

bool sha2_password_fits(std::string_view password, std::string_view verifier) {
  if (password.size() > kShaCryptPasswordMax || !verifier.starts_with(kSha2Form)) return false;
  const std::string_view salt_and_hash = verifier.substr(kSha2Form.size());
  if (salt_and_hash.size() != kSaltBytes + kShaCryptHashCharacters) return false;
  const std::string hash = sha_crypt_hash(password, salt_and_hash.substr(0, kSaltBytes));
  return equal_secrets(hash, salt_and_hash.substr(kSaltBytes));
}

std::string sha2_double_hash(std::string_view password) {
  return sha256(sha256(password));
}

bool sha2_proof_fits(std::string_view proof, std::string_view double_hash, std::string_view nonce) {
  if (double_hash.empty() || proof.size() != double_hash.size()) return false;
  return equal_secrets(sha256(exclusive_or(proof, sha256(double_hash, nonce))), double_hash);
}

void RsaKey::Deleter::operator()(evp_pkey_st* key) const noexcept {
  EVP_PKEY_free(key);
}

Result<RsaKey> RsaKey::from_pem(std::string_view pem) {
  const Error error{ErrorCode::kInvalid, "not an RSA private key in PEM"};
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  INVARIANT(in != nullptr && out != nullptr);
  RsaKey key;
  key.key_.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (key.key_ == nullptr || EVP_PKEY_base_id(key.key_.get()) != EVP_PKEY_RSA) return error;
  if (PEM_write_bio_PUBKEY(out.get(), key.key_.get()) != 1) return error;
  key.public_pem_.resize(BIO_ctrl_pending(out.get()));
  const int size = static_cast<int>(key.public_pem_.size());
  INVARIANT(BIO_read(out.get(), key.public_pem_.data(), size) == size);
  return key;
}

Result<std::string> RsaKey::password_of(std::string_view encrypted, std::string_view nonce) const {
  const Error error{ErrorCode::kInvalid, "not encrypted for this key"};
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key_.get(), nullptr), &EVP_PKEY_CTX_free);
  INVARIANT(context != nullptr && EVP_PKEY_decrypt_init(context.get()) == 1);
  INVARIANT(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(encrypted.data());
  std::string plain(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = plain.size();
  auto* to = reinterpret_cast<unsigned char*>(plain.data());
  if (EVP_PKEY_decrypt(context.get(), to, &size, bytes, encrypted.size()) != 1) return error;
  plain.resize(size);
  plain = exclusive_or(plain, nonce);
  if (plain.empty() || plain.back() != '\0') return error;
  plain.pop_back();
  return plain;
}

}  // namespace murmel::mysql
