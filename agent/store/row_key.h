// Row keys for the version index: a hash of the table's identity and primary key that is equal exactly when
// SQLite takes two keys for equal. So REAL values without fraction count as INTEGER, ASCII case is folded
// where the column is NOCASE, and spaces at the end are left out where it is RTRIM. (A collation of the
// application's own can't be computed here; such keys are compared byte by byte.)
#pragma once

#include <optional>
#include <span>
#include <string>

#include "agent/core/versions.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class RowKeyHasher {
 public:
  // `table` must outlive the hasher.
  explicit RowKeyHasher(const wire::Table& table);

  // nullopt: the table has no key, or a key column is NULL, so that the row has no identity.
  std::optional<core::RowKey> key(std::span<const wire::Value> image);
  // The same for all rows without identity that are equal in every value and its type.
  core::RowKey bag(std::span<const wire::Value> image);

 private:
  const wire::Table* table_;
  std::string buffer_;
  std::size_t prefix_;
};

// As 16 bytes, and back.
std::string bytes_of(const core::RowKey& key);
core::RowKey key_of_bytes(ByteView bytes);

}  // namespace murmel::store
