// Digests, AES and compression.
#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "agent/functions/groups.h"
#include "agent/functions/notation.h"

namespace murmel::functions {
namespace {

constexpr size_t kAesBytes = 16;
constexpr size_t kRandomBytesMax = 1024;

std::string digest(const EVP_MD* algorithm, const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr) != 1) return {};
  return {reinterpret_cast<char*>(out.data()), size};
}

void md5(const Call& call) {
  call.result(hex_of(digest(EVP_md5(), call.text(0)), false));
}
void sha1(const Call& call) {
  call.result(hex_of(digest(EVP_sha1(), call.text(0)), false));
}

void sha2(const Call& call) {
  const EVP_MD* algorithm = nullptr;
  switch (call.integer(1)) {
    case 224: algorithm = EVP_sha224(); break;
    case 0:
    case 256: algorithm = EVP_sha256(); break;
    case 384: algorithm = EVP_sha384(); break;
    case 512: algorithm = EVP_sha512(); break;
    default: return call.warn(1583, "Incorrect parameters in the call to native function 'sha2'");
  }
  call.result(hex_of(digest(algorithm, call.text(0)), false));
}

// block_encryption_mode, as "aes-256-cbc".
struct AesMode {
  const EVP_CIPHER* cipher;
  size_t key_bytes;
  bool has_vector;
};

std::optional<AesMode> aes_mode(Session& session) {
  std::string name = "aes-128-ecb";
  const auto set = session.system_variable("block_encryption_mode", "session");
  if (set && std::holds_alternative<std::string>(*set)) name = std::get<std::string>(*set);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!name.starts_with("aes-")) return std::nullopt;
  const std::string bits = name.substr(4, 3);
  if (bits != "128" && bits != "192" && bits != "256") return std::nullopt;
  if (name.ends_with("-cfb128")) name.resize(name.size() - 3);  // as OpenSSL calls it
  const EVP_CIPHER* const cipher = EVP_get_cipherbyname(name.c_str());
  if (cipher == nullptr) return std::nullopt;
  return AesMode{cipher, static_cast<size_t>(std::stoi(bits)) / 8, !name.ends_with("-ecb")};
}

// Bytes beyond the key's are folded over the first ones.
std::string folded_key(const std::string& key, size_t size) {
  std::string folded(size, '\0');
  for (size_t i = 0; i < key.size(); ++i) folded[i % size] = static_cast<char>(folded[i % size] ^ key[i]);
  return folded;
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> aes(const AesMode& mode, const std::string& bytes, const std::string& key,
                               const std::string& vector, bool encrypt) {
  const std::string folded = folded_key(key, mode.key_bytes);
  std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                     EVP_CIPHER_CTX_free);
  std::string out(bytes.size() + kAesBytes, '\0');
  auto to = reinterpret_cast<unsigned char*>(out.data());
  int written = 0, rest = 0;
  bool good =
      context != nullptr &&
      EVP_CipherInit_ex(context.get(), mode.cipher, nullptr, bytes_of(folded),
                        mode.has_vector ? bytes_of(vector) : nullptr, encrypt ? 1 : 0) == 1 &&
      EVP_CipherUpdate(context.get(), to, &written, bytes_of(bytes), static_cast<int>(bytes.size())) == 1 &&
      EVP_CipherFinal_ex(context.get(), to + written, &rest) == 1;
  if (!good) return std::nullopt;
  out.resize(static_cast<size_t>(written) + static_cast<size_t>(rest));
  return out;
}

void aes_call(const Call& call, bool encrypt) {
  const std::string name = encrypt ? "aes_encrypt" : "aes_decrypt";
  const auto mode = aes_mode(call.session());
  if (!mode) return call.fail(1235, "This version of MySQL doesn't yet support 'this block_encryption_mode'");
  if (mode->has_vector && !call.has(2)) {
    return call.fail(1582, "Incorrect parameter count in the call to native function '" + name + "'");
  }
  if (call.null(0) || call.null(1)) return;
  std::string vector;
  if (mode->has_vector) {
    vector = call.text(2);
    if (call.null(2) || vector.size() < kAesBytes) {
      return call.fail(1882, "The initialization vector supplied to " + name +
                                 " is too short. Must be at least 16 bytes long");
    }
  } else if (call.has(2)) {
    call.warn(1618, "<IV> option ignored");
  }
  if (auto out = aes(*mode, call.text(0), call.text(1), vector, encrypt)) call.result_string(*out, true);
}

void aes_encrypt(const Call& call) {
  aes_call(call, true);
}
void aes_decrypt(const Call& call) {
  aes_call(call, false);
}

void random_bytes(const Call& call) {
  int64_t count = call.integer(0);
  if (count < 1 || count > static_cast<int64_t>(kRandomBytesMax)) {
    return call.fail(1690, "length value is out of range in 'random_bytes'");
  }
  std::string bytes;
  while (bytes.size() < static_cast<size_t>(count)) {
    for (uint64_t bits = call.session().random(), i = 0; i < 8; ++i, bits >>= 8)
      bytes += static_cast<char>(bits);
  }
  bytes.resize(static_cast<size_t>(count));
  call.result_binary(bytes);
}

// Four bytes of length, low first, and zlib's stream; a full stop after a blank at the end.
void compress_call(const Call& call) {
  std::string bytes = call.text(0);
  if (bytes.empty()) return call.result_binary("");
  uLongf size = compressBound(bytes.size());
  std::string out(4 + size, '\0');
  for (size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(bytes.size() >> (8 * i));
  if (compress(reinterpret_cast<Bytef*>(out.data()) + 4, &size, reinterpret_cast<const Bytef*>(bytes.data()),
               bytes.size()) != Z_OK) {
    return call.warn(1259, "ZLIB: Input data corrupted");
  }
  out.resize(4 + size);
  if (out.back() == ' ') out += '.';
  call.result_string(std::move(out), true);
}

uint32_t stored_length(const std::string& bytes) {
  uint32_t length = 0;
  for (size_t i = 4; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length & 0x3FFFFFFF;
}

void uncompress_call(const Call& call) {
  std::string bytes = call.text(0);
  if (bytes.empty()) return call.result_binary("");
  if (bytes.size() <= 4) return call.warn(1259, "ZLIB: Input data corrupted");
  uLongf size = stored_length(bytes);
  uint64_t limit = call.session().packet_bytes_max();
  if (size > limit) {
    return call.warn(1256, "Uncompressed data size too large; the maximum size is " + std::to_string(limit) +
                               " (probably, length of uncompressed data was corrupted)");
  }
  std::string out(size, '\0');
  int code = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                        reinterpret_cast<const Bytef*>(bytes.data()) + 4, bytes.size() - 4);
  if (code == Z_BUF_ERROR)
    return call.warn(
        1258,
        "ZLIB: Not enough room in the output buffer (probably, length of uncompressed data was corrupted)");
  if (code != Z_OK) return call.warn(1259, "ZLIB: Input data corrupted");
  out.resize(size);
  call.result_binary(out);
}

void uncompressed_length(const Call& call) {
  std::string bytes = call.text(0);
  if (bytes.empty()) return call.result(0);
  if (bytes.size() <= 4) {
    call.warn(1259, "ZLIB: Input data corrupted");
    return call.result(0);
  }
  call.result(static_cast<int64_t>(stored_length(bytes)));
}

constexpr const char* kCryptoGroup = "Digests, encryption, compression";

constexpr Function kCryptoFunctions[] = {
    scalar("md5", 1, 1, kNullIn, md5, kCryptoGroup, "MD5 as hexadecimal"),
    scalar("sha1", 1, 1, kNullIn, sha1, kCryptoGroup, "SHA-1 as hexadecimal"),
    scalar("sha", 1, 1, kNullIn, sha1, kCryptoGroup, "SHA-1 as hexadecimal"),
    scalar("sha2", 2, 2, kNullIn, sha2, kCryptoGroup, "SHA-2 of 224, 256, 384 or 512 bits as hexadecimal"),
    scalar("aes_encrypt", 2, 3, kPlain, aes_encrypt, kCryptoGroup,
           "by block_encryption_mode: (text, key [, initialization vector])"),
    scalar("aes_decrypt", 2, 3, kPlain, aes_decrypt, kCryptoGroup,
           "the way back; NULL for what is no such text"),
    scalar("random_bytes", 1, 1, kNullIn | kVaries, random_bytes, kCryptoGroup, "1 to 1024 random bytes"),
    scalar("compress", 1, 1, kNullIn, compress_call, kCryptoGroup, "zlib, with the length before"),
    scalar("uncompress", 1, 1, kNullIn, uncompress_call, kCryptoGroup, "what was compressed"),
    scalar("uncompressed_length", 1, 1, kNullIn, uncompressed_length, kCryptoGroup, "its length"),
};

}  // namespace

std::span<const Function> crypto_functions() {
  return kCryptoFunctions;
}

}  // namespace murmel::functions
