#include "agent/store/row_key.h"

#include <xxhash.h>

#include "agent/store/key_bytes.h"
#include "agent/store/quote.h"

namespace murmel::store {

RowKeyHasher::RowKeyHasher(const wire::Table& table) : table_(&table), buffer_(fold_name(table.name)) {
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

}  // namespace murmel::store
