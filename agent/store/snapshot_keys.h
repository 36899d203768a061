// SnapshotKeys: row keys (row_key.h) of rows that a session reads, made of the values of their primary keys.
// Knows the tables as they were when each was first asked for: forget() when the schema has changed. Belongs
// to the connection's thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/base/result.h"
#include "agent/core/versions.h"

struct sqlite3;
struct sqlite3_value;

namespace murmel::store {

class SnapshotKeys {
 public:
  SnapshotKeys();
  ~SnapshotKeys();

  void forget();
  // `values`: in the order of the primary key. Nothing: one of them is NULL, as in rows that an outer join
  // has not found. kInvalid: the table has no such key.
  Result<std::optional<core::RowKey>> key(sqlite3* connection, std::string_view table,
                                          std::span<sqlite3_value* const> values);

 private:
  struct Table;

  std::unordered_map<std::string, std::unique_ptr<Table>> tables_;
};

}  // namespace murmel::store
