#include "agent/store/row_hash.h"

#include <xxhash.h>

#include <bit>

namespace murmel::store {

void RowHasher::add(const wire::Value& value) {
  std::uint64_t number = value.bytes.size();
  if (value.tag == row_stream::kInt64) number = static_cast<std::uint64_t>(value.integer);
  if (value.tag == row_stream::kReal) number = std::bit_cast<std::uint64_t>(value.real);
  char head[9] = {static_cast<char>(value.tag)};
  for (int i = 0; i < 8; ++i) head[i + 1] = static_cast<char>(number >> (8 * i) & 0xff);
  buffer_.append(head, sizeof head);
  buffer_.append(as_text(value.bytes));
}

RowHash RowHasher::finish() const {
  const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
  return {hash.low64, hash.high64};
}

void add_hash(RowHash& sum, const RowHash& hash) {
  sum[0] += hash[0];
  sum[1] += hash[1] + (sum[0] < hash[0] ? 1 : 0);
}

}  // namespace murmel::store
