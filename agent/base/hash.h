// XXH3 hashes of bytes in memory, for chunks and files that travel between nodes. Not cryptographic: they
// find damage, not forgery. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "agent/base/bytes.h"

namespace murmel {

std::uint64_t hash64(ByteView bytes);

// 128 bits over pieces that come one after the other; canonical (big-endian) form.
class Hasher128 {
 public:
  Hasher128();
  ~Hasher128();
  Hasher128(const Hasher128&) = delete;
  Hasher128& operator=(const Hasher128&) = delete;

  void add(ByteView bytes);
  std::array<std::uint8_t, 16> finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace murmel
