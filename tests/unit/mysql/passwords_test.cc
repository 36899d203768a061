#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "agent/mysql/authentication.h"
#include "agent/mysql/sha_crypt.h"
#include "tests/unit/mysql/client.h"

using namespace murmel::mysql;
using Kind = AuthStep::Kind;

namespace {

const std::string kSalt = "12345678901234567890";

std::string native_proof(std::string_view password, std::string_view nonce) {
  return test::exclusive_or(sha1(password), sha1(nonce, sha1(sha1(password))));
}
std::string sha2_proof(std::string_view password, std::string_view nonce) {
  return test::exclusive_or(sha256(password), sha256(sha2_double_hash(password), nonce));
}
Account sha2(std::string_view password) {
  return {Account::Plugin::kSha2, sha2_verifier(password, kSalt), {}, true};
}
std::string zero_ended(std::string text) {
  text.push_back('\0');
  return text;
}

struct Key {
  Key() : pkey(EVP_RSA_gen(2048)), pem(BIO_new(BIO_s_mem())) {
    PEM_write_bio_PrivateKey(pem, pkey, nullptr, nullptr, 0, nullptr, nullptr);
  }
  ~Key() {
    EVP_PKEY_free(pkey);
    BIO_free(pem);
  }
  std::string text() const {
    char* data = nullptr;
    const long size = BIO_get_mem_data(pem, &data);
    return {data, static_cast<std::size_t>(size)};
  }
  std::string encrypt(std::string_view plain) const {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(pkey, nullptr);
    EVP_PKEY_encrypt_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
    std::string out(256, '\0');
    std::size_t size = out.size();
    EVP_PKEY_encrypt(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                     reinterpret_cast<const unsigned char*>(plain.data()), plain.size());
    EVP_PKEY_CTX_free(context);
    return out;
  }
  EVP_PKEY* pkey;
  BIO* pem;
};

}  // namespace

TEST_CASE("Hashes are those of MySQL and of the SHA-crypt specification") {
  CHECK(native_verifier("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  CHECK(native_verifier("").empty());
  CHECK(sha_crypt_hash("Hello world!", "saltstring") == "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
}

TEST_CASE("A native proof fits its password and nonce only") {
  const std::string kept = native_verifier("secret");
  CHECK(native_proof_fits(native_proof("secret", test::kNonce), kept, test::kNonce));
  CHECK(!native_proof_fits(native_proof("Secret", test::kNonce), kept, test::kNonce));
  CHECK(!native_proof_fits(native_proof("secret", kSalt), kept, test::kNonce));
  CHECK(!native_proof_fits("short", kept, test::kNonce));
  CHECK(!native_proof_fits(native_proof("secret", test::kNonce), "*nonsense", test::kNonce));
}

TEST_CASE("caching_sha2: the first login needs the whole password, and later ones a proof") {
  Authentication first(sha2("secret"), {.secure = true}, test::kNonce);
  AuthStep step = first.begin(kCachingSha2Password, sha2_proof("secret", test::kNonce));
  REQUIRE(step.kind == Kind::kSend);
  CHECK(step.payload == "\x01\x04");
  step = first.receive(zero_ended("secret"));
  REQUIRE(step.kind == Kind::kAccepted);
  Account account = sha2("secret");
  account.double_hash = step.double_hash;
  Authentication second(account, {}, test::kNonce);
  step = second.begin(kCachingSha2Password, sha2_proof("secret", test::kNonce));
  CHECK(step.kind == Kind::kAccepted);
  CHECK(step.payload == "\x01\x03");
}

TEST_CASE("caching_sha2: a wrong whole password is refused") {
  Authentication login(sha2("secret"), {.secure = true}, test::kNonce);
  (void)login.begin(kCachingSha2Password, sha2_proof("guess", test::kNonce));
  CHECK(login.receive(zero_ended("guess")).kind == Kind::kRefused);
}

TEST_CASE("caching_sha2 without TLS: the password travels under the server's key") {
  const Key pair;
  const auto key = RsaKey::from_pem(pair.text());
  REQUIRE(key.ok());
  Authentication login(sha2("secret"), {.key = &*key}, test::kNonce);
  (void)login.begin(kCachingSha2Password, sha2_proof("secret", test::kNonce));
  const AuthStep step = login.receive("\x02");
  REQUIRE(step.kind == Kind::kSend);
  CHECK(step.payload.find("BEGIN PUBLIC KEY") != std::string::npos);
  const std::string plain = test::exclusive_or(zero_ended("secret"), test::kNonce);
  CHECK(login.receive(pair.encrypt(plain)).kind == Kind::kAccepted);
  Authentication other(sha2("secret"), {.key = &*key}, test::kNonce);
  (void)other.begin(kCachingSha2Password, sha2_proof("secret", test::kNonce));
  (void)other.receive("\x02");
  CHECK(other.receive("garbage").kind == Kind::kRefused);
}

TEST_CASE("caching_sha2 without TLS and without a key takes no whole password") {
  Authentication login(sha2("secret"), {}, test::kNonce);
  (void)login.begin(kCachingSha2Password, sha2_proof("secret", test::kNonce));
  CHECK(login.receive(zero_ended("secret")).kind == Kind::kRefused);
}

TEST_CASE("A client that uses another plugin is asked to use that of the account") {
  Authentication login(test::native("secret"), {}, test::kNonce);
  const AuthStep step = login.begin(kCachingSha2Password, "whatever");
  REQUIRE(step.kind == Kind::kSend);
  CHECK(step.payload == "\xfe" + zero_ended(kNativePassword) + zero_ended(test::kNonce));
  CHECK(login.receive(native_proof("secret", test::kNonce)).kind == Kind::kAccepted);
}

TEST_CASE("An account without password takes none, and one with a password needs it") {
  CHECK(Authentication(test::native(""), {}, test::kNonce).begin(kNativePassword, "").kind ==
        Kind::kAccepted);
  CHECK(Authentication(test::native("x"), {}, test::kNonce).begin(kNativePassword, "").kind ==
        Kind::kRefused);
  const std::string proof = native_proof("x", test::kNonce);
  CHECK(Authentication(test::native(""), {}, test::kNonce).begin(kNativePassword, proof).kind ==
        Kind::kRefused);
}

TEST_CASE("A user that does not exist takes the same steps and is refused") {
  Account nobody;
  nobody.exists = false;
  CHECK(Authentication(nobody, {.secure = true}, test::kNonce).begin(kCachingSha2Password, "").kind ==
        Kind::kRefused);
  Authentication login(nobody, {.secure = true}, test::kNonce);
  CHECK(login.begin(kCachingSha2Password, sha2_proof("x", test::kNonce)).payload == "\x01\x04");
  CHECK(login.receive(zero_ended("x")).kind == Kind::kRefused);
}
