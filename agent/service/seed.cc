#include "agent/service/seed.h"

#include <sys/random.h>
#include <cstring>

#include "agent/service/wall_clock.h"

namespace murmel::service {

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    seed = static_cast<std::uint64_t>(wall_clock_ms());
  }
  return seed;
}

Uuid random_uuid() {
  Uuid id;
  for (std::size_t at = 0; at < id.bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t part = random_seed();
    std::memcpy(id.bytes.data() + at, &part, sizeof part);
  }
  return id;
}

std::string random_bytes(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const Uuid part = random_uuid();
    bytes.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace murmel::service
