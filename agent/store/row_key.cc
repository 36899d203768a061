#include "agent/store/row_key.h"

#include <xxhash.h>

#include <bit>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

void append_number(std::string& buffer, char tag, std::uint64_t number) {
  buffer.push_back(tag);
  for (int shift = 0; shift < 64; shift += 8) buffer.push_back(static_cast<char>(number >> shift & 0xff));
}

void append_real(std::string& buffer, double real) {
  // -2^63 <= real < 2^63: outside, the conversion would be undefined.
  if (real >= -9223372036854775808.0 && real < 9223372036854775808.0) {
    const auto integer = static_cast<std::int64_t>(real);
    if (static_cast<double>(integer) == real) {
      return append_number(buffer, 'i', static_cast<std::uint64_t>(integer));
    }
  }
  append_number(buffer, 'r', std::bit_cast<std::uint64_t>(real));
}

void append_text(std::string& buffer, std::string_view text, row_stream::Collation collation) {
  if (collation == row_stream::kRtrim) {
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  append_number(buffer, 't', text.size());
  if (collation == row_stream::kNocase) {
    buffer += fold_name(text);
  } else {
    buffer += text;
  }
}

}  // namespace

RowKeyHasher::RowKeyHasher(const wire::Table& table) : table_(&table), buffer_(fold_name(table.name)) {
  buffer_.push_back('\0');
  prefix_ = buffer_.size();
}

std::optional<core::RowKey> RowKeyHasher::key(std::span<const wire::Value> image) {
  if (table_->key.empty()) return std::nullopt;
  buffer_.resize(prefix_);
  for (const std::uint16_t place : table_->key) {
    const wire::Value& value = image[place];
    switch (value.tag) {
      case row_stream::kNull:
      case row_stream::kSame: return std::nullopt;
      case row_stream::kInt8:
      case row_stream::kInt16:
      case row_stream::kInt32:
      case row_stream::kInt64: append_number(buffer_, 'i', static_cast<std::uint64_t>(value.integer)); break;
      case row_stream::kReal: append_real(buffer_, value.real); break;
      case row_stream::kText:
        append_text(buffer_, as_text(value.bytes), table_->columns[place].collation);
        break;
      case row_stream::kBlob:
        append_number(buffer_, 'b', value.bytes.size());
        buffer_ += as_text(value.bytes);
        break;
    }
  }
  const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
  return core::RowKey{hash.low64, hash.high64};
}

}  // namespace murmel::store
