#include "agent/mysql/sha_crypt.h"

#include <array>
#include <cstdint>

#include "agent/mysql/passwords.h"

namespace murmel::mysql {
namespace {

constexpr int kRounds = 5'000;
constexpr std::string_view kAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// `block` over and over, `size` bytes of it.
std::string repeated(std::string_view block, std::size_t size) {
  std::string out;
  while (out.size() < size) out += block.substr(0, size - out.size());
  return out;
}

// The order in which the specification takes the bytes of the digest, three to four characters.
constexpr std::array<std::array<int, 3>, 10> kTriples = {{{0, 10, 20},
                                                          {21, 1, 11},
                                                          {12, 22, 2},
                                                          {3, 13, 23},
                                                          {24, 4, 14},
                                                          {15, 25, 5},
                                                          {6, 16, 26},
                                                          {27, 7, 17},
                                                          {18, 28, 8},
                                                          {9, 19, 29}}};

void put_characters(std::string& out, std::uint32_t bits, int characters) {
  for (int i = 0; i < characters; ++i, bits >>= 6) out.push_back(kAlphabet[bits & 63]);
}

std::string as_characters(std::string_view digest) {
  const auto byte = [digest](int i) -> std::uint32_t { return static_cast<std::uint8_t>(digest[i]); };
  std::string out;
  for (const auto& [a, b, c] : kTriples) put_characters(out, byte(a) << 16 | byte(b) << 8 | byte(c), 4);
  put_characters(out, byte(31) << 8 | byte(30), 3);
  return out;
}

std::string first_digest(std::string_view password, std::string_view salt) {
  const std::string key(password);
  const std::string inner = sha256(key + std::string(salt), key);
  std::string text = key + std::string(salt) + repeated(inner, key.size());
  for (std::size_t bits = key.size(); bits > 0; bits >>= 1) text += (bits & 1) != 0 ? inner : key;
  return sha256(text);
}

}  // namespace

std::string sha_crypt_hash(std::string_view password, std::string_view salt) {
  std::string digest = first_digest(password, salt);
  std::string all_passwords;
  for (std::size_t i = 0; i < password.size(); ++i) all_passwords += password;
  const std::string p = repeated(sha256(all_passwords), password.size());
  std::string all_salts;
  const int salts = 16 + static_cast<std::uint8_t>(digest[0]);
  for (int i = 0; i < salts; ++i) all_salts += salt;
  const std::string s = repeated(sha256(all_salts), salt.size());
  std::string text;
  for (int round = 0; round < kRounds; ++round) {
    const bool odd = round % 2 != 0;
    text = odd ? p : digest;
    if (round % 3 != 0) text += s;
    if (round % 7 != 0) text += p;
    text += odd ? digest : p;
    digest = sha256(text);
  }
  return as_characters(digest);
}

}  // namespace murmel::mysql
