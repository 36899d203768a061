#include "agent/base/hash.h"

#include <xxhash.h>

#include "agent/base/check.h"

namespace murmel {

struct Hasher128::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { XXH3_freeState(xxh); }
};

std::uint64_t hash64(ByteView bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hasher128::Hasher128() : state_(std::make_unique<State>()) {
  INVARIANT(state_->xxh != nullptr && XXH3_128bits_reset(state_->xxh) == XXH_OK);
}
Hasher128::~Hasher128() = default;

void Hasher128::add(ByteView bytes) {
  INVARIANT(XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size()) == XXH_OK);
}

std::array<std::uint8_t, 16> Hasher128::finish() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->xxh));
  std::array<std::uint8_t, 16> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = canonical.digest[i];
  return result;
}

}  // namespace murmel
