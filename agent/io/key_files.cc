#include "agent/io/key_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace murmel::io {
namespace {

constexpr int kKeyBits = 2048;
constexpr long kSecondsOfDay = 24L * 60 * 60;
constexpr long kValidSeconds = 3650 * kSecondsOfDay;
constexpr int kVersion3 = 2;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&fclose)>;

File create(const std::string& path, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  return {fd < 0 ? nullptr : ::fdopen(fd, "w"), &fclose};
}

bool sign(X509* certificate, EVP_PKEY* key, const std::string& name) {
  std::uint32_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>(name.c_str());
  return X509_set_version(certificate, kVersion3) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(serial >> 1) + 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kSecondsOfDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kValidSeconds) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 && X509_sign(certificate, key, EVP_sha256()) != 0;
}

}  // namespace

Status make_key_files(const std::string& certificate_path, const std::string& key_path,
                      const std::string& name) {
  if (::access(certificate_path.c_str(), R_OK) == 0 && ::access(key_path.c_str(), R_OK) == 0) return Ok{};
  const Key key(EVP_RSA_gen(kKeyBits), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  if (key == nullptr || certificate == nullptr || !sign(certificate.get(), key.get(), name)) {
    return Error{ErrorCode::kInternal, "OpenSSL makes no certificate"};
  }
  const File key_file = create(key_path, 0600);
  if (key_file == nullptr ||
      PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Error{ErrorCode::kIo, "can't write " + key_path};
  }
  const File certificate_file = create(certificate_path, 0644);
  if (certificate_file == nullptr || PEM_write_X509(certificate_file.get(), certificate.get()) != 1) {
    return Error{ErrorCode::kIo, "can't write " + certificate_path};
  }
  return Ok{};
}

}  // namespace murmel::io
