// A UNIQUE index of another node that rows here collide in: which of them have to go. It was made where not
// all of them were known, so its decision stands, and the rows give way by the rule for collisions of rows:
// the one that was written last stays (core/last_writer.h), so every node keeps the same ones.
//
// The rows are tried in an empty copy of the table, from the last written to the first, so that partial
// indexes, expressions and collations are SQLite's own matter; the copy is rolled back. Rows whose version is
// forgotten are older than all others. Belongs to the applier of one database; runs in its transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"
#include "agent/store/table_layout.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

struct CollidingRow {
  core::RowKey key;
  core::RowVersion version;
  std::vector<std::string> bytes;  // what `image` points into
  std::vector<wire::Value> image;
};

using VersionOf = std::function<std::optional<core::RowVersion>(const core::RowKey&)>;

// The losers. kInvalid: rows of this table have no identity, or no rowid, by which they could be told apart.
Result<std::vector<CollidingRow>> rows_in_the_way(Connection& connection, const wire::Table& table,
                                                  std::string_view index_sql, const VersionOf& version_of);

}  // namespace murmel::store
