#include "agent/store/depends_codec.h"

#include <limits>

namespace murmel::store {
namespace {

constexpr const char* kDamaged = "the dependencies of a log record are damaged";

void append(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>((number & 0x7f) | 0x80));
  bytes.push_back(static_cast<char>(number));
}

Result<std::int64_t> read(ByteView bytes, std::size_t& offset) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (offset == bytes.size()) break;
    const std::uint8_t byte = bytes[offset++];
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::int64_t>(number);
  }
  return Error{ErrorCode::kCorrupt, kDamaged};
}

}  // namespace

std::string encode_depends(const std::vector<core::Position>& depends) {
  std::string bytes;
  for (const core::Position& position : depends) {
    append(bytes, position.origin);
    append(bytes, static_cast<std::uint64_t>(position.seq));
  }
  return bytes;
}

Result<std::vector<core::Position>> decode_depends(ByteView bytes) {
  std::vector<core::Position> depends;
  for (std::size_t offset = 0; offset < bytes.size();) {
    TRY_ASSIGN(const std::int64_t origin, read(bytes, offset));
    TRY_ASSIGN(const std::int64_t seq, read(bytes, offset));
    if (origin > std::numeric_limits<NodeId>::max() || node_of_origin(static_cast<NodeId>(origin)) == 0) {
      return Error{ErrorCode::kCorrupt, kDamaged};
    }
    depends.push_back({static_cast<NodeId>(origin), seq});
  }
  return depends;
}

}  // namespace murmel::store
