// Size and XXH3-128 of a whole file: how both ends of a snapshot's transfer know that it is the same. Blocks;
// worker threads only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "agent/base/result.h"

namespace murmel::service {

struct FileHash {
  std::int64_t bytes = 0;
  std::array<std::uint8_t, 16> hash{};
};

Result<FileHash> hash_file(const std::string& path);  // kIo

}  // namespace murmel::service
