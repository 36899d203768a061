// Which rows of one table two nodes do not have in common. The one that is to be repaired sends the sums of
// its buckets (table_scan.h); the other answers with all its rows of those buckets that differ. Both read one
// snapshot of the database through a connection of their own, so they may run in any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/store/row_hash.h"

namespace murmel::store {

using BucketSums = std::vector<RowHash>;  // kBuckets of them

// All rows of one node in some buckets of a table.
struct BucketRows {
  std::string table;
  core::VersionVector have;  // the positions that they stand for
  std::vector<std::size_t> buckets;
  std::string rows;  // a row stream of inserts
};

// kNotFound, kInvalid: see TableScan::open.
Result<BucketSums> sum_buckets(const std::string& path, const std::string& table);
// Of the buckets with other sums as many as fit into `bytes_max`, but at least one; the rest another time.
Result<BucketRows> differing_rows(const std::string& path, NodeId node, const std::string& table,
                                  const BucketSums& theirs, std::size_t bytes_max);

}  // namespace murmel::store
