// Makes a certificate authority and certificates signed by it, as PEM files in a folder of their own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "agent/io/links.h"

namespace murmel::io {

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name) : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
    std::string folder = (std::filesystem::temp_directory_path() / "murmel-tls-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    certificate_ = sign(name, key_.get(), name_of(name).get(), true);
    write_certificate("ca.pem", certificate_.get());
  }
  ~TestAuthority() { std::filesystem::remove_all(folder_); }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // Files of a node with a certificate of this authority.
  TlsFiles issue(const std::string& name) {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const auto certificate = sign(name, key.get(), X509_get_subject_name(certificate_.get()), false);
    write_certificate(name + ".pem", certificate.get());
    std::FILE* file = std::fopen(path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    return {path(name + ".pem"), path(name + ".key"), path("ca.pem")};
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using Name = std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)>;

  static Name name_of(const std::string& name) {
    Name made(X509_NAME_new(), X509_NAME_free);
    X509_NAME_add_entry_by_txt(made.get(), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return made;
  }

  Certificate sign(const std::string& name, EVP_PKEY* key, X509_NAME* issuer, bool authority) {
    Certificate made(X509_new(), X509_free);
    X509* x = made.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_subject_name(x, name_of(name).get());
    X509_set_issuer_name(x, issuer);
    X509_set_pubkey(x, key);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> constraint(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints,
                            authority ? "critical,CA:TRUE" : "CA:FALSE"),
        X509_EXTENSION_free);
    X509_add_ext(x, constraint.get(), -1);
    X509_sign(x, key_.get(), EVP_sha256());
    return made;
  }

  void write_certificate(const std::string& name, X509* certificate) {
    std::FILE* file = std::fopen(path(name).c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
  Key key_;
  Certificate certificate_{nullptr, X509_free};
  long serial_ = 0;
};

}  // namespace murmel::io
