#include "agent/store/row_key.h"

#include <xxhash.h>

#include "agent/store/key_bytes.h"
#include "agent/store/table_names.h"

namespace murmel::store {

RowKeyHasher::RowKeyHasher(const wire::Table& table) : table_(&table), buffer_(table_identity(table)) {
  buffer_.push_back('\0');
  prefix_ = buffer_.size();
}

std::optional<core::RowKey> RowKeyHasher::key(std::span<const wire::Value> image) {
  if (table_->key.empty()) return std::nullopt;
  buffer_.resize(prefix_);
  for (const std::uint16_t place : table_->key) {
    if (!append_key_bytes(buffer_, image[place], table_->columns[place].collation)) return std::nullopt;
  }
  const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
  return core::RowKey{hash.low64, hash.high64};
}

core::RowKey RowKeyHasher::bag(std::span<const wire::Value> image) {
  buffer_.resize(prefix_);
  buffer_.push_back('\0');  // no key begins so
  for (const wire::Value& value : image) {
    buffer_.push_back(static_cast<char>(value.tag));
    (void)append_key_bytes(buffer_, value, row_stream::kBinary);  // of NULL the tag says it all
  }
  const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
  return core::RowKey{hash.low64, hash.high64};
}

std::string bytes_of(const core::RowKey& key) {
  std::string bytes(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(key.low >> (8 * i) & 0xff);
    bytes[8 + i] = static_cast<char>(key.high >> (8 * i) & 0xff);
  }
  return bytes;
}

core::RowKey key_of_bytes(ByteView bytes) {
  core::RowKey key;
  if (bytes.size() != 16) return key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.low |= std::uint64_t{bytes[i]} << (8 * i);
    key.high |= std::uint64_t{bytes[8 + i]} << (8 * i);
  }
  return key;
}

}  // namespace murmel::store
