// SHA-crypt with SHA-256 and 5,000 rounds (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512"), the hash
// that caching_sha2_password keeps. MySQL uses longer salts than crypt(3) allows, hence this one. Takes some
// milliseconds, as it is meant to. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace murmel::mysql {

inline constexpr std::size_t kShaCryptHashCharacters = 43;
inline constexpr std::size_t kShaCryptPasswordMax = 256;  // the work grows with its length

// The hash alone, in the 64 characters of crypt(3).
std::string sha_crypt_hash(std::string_view password, std::string_view salt);

}  // namespace murmel::mysql
