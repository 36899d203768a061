// Which rows stand in the way of a write? SQLite itself knows best (partial indexes, expressions,
// collations): the write is tried with OR REPLACE, the preupdate hook notes the rows that it evicts, and the
// try is rolled back. Belongs to the applier of one database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/table_shape.h"

namespace murmel::store {

// One evicted row: by its rowid, or (WITHOUT ROWID) by the values of its key, kept as an SQL row would be.
struct EvictedRow {
  std::int64_t rowid = 0;
  std::vector<std::string> key_bytes;  // storage for `key`
  std::vector<wire::Value> key;        // only WITHOUT ROWID
};

// Runs `replace`, whose parameters are bound, takes it back, and returns the rows that it would have deleted.
Result<std::vector<EvictedRow>> probe_evictions(Connection& connection, const TableShape& shape,
                                                Statement& replace);

}  // namespace murmel::store
