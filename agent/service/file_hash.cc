#include "agent/service/file_hash.h"

#include <fstream>

#include "agent/base/hash.h"

namespace murmel::service {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

}  // namespace

Result<FileHash> hash_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kIo, "can't read " + path};
  Hasher128 hasher;
  FileHash result;
  std::string block(kBlockBytes, '\0');
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    const auto count = static_cast<std::size_t>(file.gcount());
    hasher.add(as_bytes({block.data(), count}));
    result.bytes += static_cast<std::int64_t>(count);
  }
  if (file.bad()) return Error{ErrorCode::kIo, "can't read " + path};
  result.hash = hasher.finish();
  return result;
}

}  // namespace murmel::service
