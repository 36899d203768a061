#include "agent/io/seal.h"

#include <openssl/evp.h>

#include <array>

#include "agent/base/check.h"

namespace murmel::io {
namespace {

using Iv = std::array<std::uint8_t, 12>;

Iv iv_of(std::uint64_t number) {
  Iv iv{};
  for (std::size_t i = 0; i < 8; ++i) iv[4 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return iv;
}

}  // namespace

void CipherContextDeleter::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

Sealer::Sealer(const SealKey& key) : context_(EVP_CIPHER_CTX_new()) {
  INVARIANT(context_ != nullptr);
  INVARIANT(EVP_EncryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1);
}

void Sealer::seal(ByteView header, ByteView body, std::vector<std::uint8_t>& out) {
  const Iv iv = iv_of(number_++);
  const std::size_t start = out.size();
  out.resize(start + body.size() + kSealBytes);
  int written = 0;
  EVP_CIPHER_CTX* context = context_.get();
  INVARIANT(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data()) == 1);
  INVARIANT(EVP_EncryptUpdate(context, nullptr, &written, header.data(), static_cast<int>(header.size())) ==
            1);
  std::uint8_t* to = out.data() + start;
  if (!body.empty()) {
    INVARIANT(EVP_EncryptUpdate(context, to, &written, body.data(), static_cast<int>(body.size())) == 1);
    to += written;
  }
  INVARIANT(EVP_EncryptFinal_ex(context, to, &written) == 1);
  INVARIANT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kSealBytes, to) == 1);
}

Opener::Opener(const SealKey& key) : context_(EVP_CIPHER_CTX_new()) {
  INVARIANT(context_ != nullptr);
  INVARIANT(EVP_DecryptInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1);
}

bool Opener::open(ByteView header, ByteView rest, std::uint8_t* body) {
  if (rest.size() < kSealBytes) return false;
  const ByteView sealed = rest.first(rest.size() - kSealBytes);
  std::array<std::uint8_t, kSealBytes> tag{};
  std::copy(rest.end() - kSealBytes, rest.end(), tag.begin());
  const Iv iv = iv_of(number_++);
  int written = 0;
  EVP_CIPHER_CTX* context = context_.get();
  INVARIANT(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv.data()) == 1);
  INVARIANT(EVP_DecryptUpdate(context, nullptr, &written, header.data(), static_cast<int>(header.size())) ==
            1);
  std::uint8_t* to = body;
  if (!sealed.empty()) {
    INVARIANT(EVP_DecryptUpdate(context, to, &written, sealed.data(), static_cast<int>(sealed.size())) == 1);
    to += written;
  }
  INVARIANT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kSealBytes, tag.data()) == 1);
  return EVP_DecryptFinal_ex(context, to, &written) == 1;
}

}  // namespace murmel::io
