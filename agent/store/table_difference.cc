#include "agent/store/table_difference.h"

#include <utility>

#include "agent/store/connection.h"
#include "agent/store/table_hash.h"
#include "agent/store/table_scan.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

struct Buckets {
  BucketSums sums = BucketSums(kBuckets);
  std::vector<std::size_t> bytes = std::vector<std::size_t>(kBuckets);
};

Result<Buckets> read_buckets(Connection& connection, const std::string& table) {
  Buckets buckets;
  TRY_ASSIGN(TableScan scan, TableScan::open(connection, table));
  for (;;) {
    TRY_ASSIGN(const bool row, scan.next());
    if (!row) return buckets;
    const std::size_t bucket = scan.identity().bucket();
    add_hash(buckets.sums[bucket], scan.identity().hash);
    buckets.bytes[bucket] += scan.bytes();
  }
}

std::vector<std::size_t> choose(const Buckets& ours, const BucketSums& theirs, std::size_t bytes_max) {
  std::vector<std::size_t> chosen;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (ours.sums[i] == theirs[i]) continue;
    bytes += ours.bytes[i];
    if (!chosen.empty() && bytes > bytes_max) break;
    chosen.push_back(i);
  }
  return chosen;
}

}  // namespace

Result<BucketSums> sum_buckets(const std::string& path, const std::string& table) {
  TRY_ASSIGN(Connection connection, Connection::open(path, Access::kReadWrite, kBusyTimeoutMs));
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(connection, Transaction::Kind::kRead));
  TRY_ASSIGN(Buckets buckets, read_buckets(connection, table));
  return std::move(buckets.sums);
}

Result<BucketRows> differing_rows(const std::string& path, NodeId node, const std::string& table,
                                  const BucketSums& theirs, std::size_t bytes_max) {
  if (theirs.size() != kBuckets) return Error{ErrorCode::kInvalid, "the buckets are others than here"};
  TRY_ASSIGN(Connection connection, Connection::open(path, Access::kReadWrite, kBusyTimeoutMs));
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(connection, Transaction::Kind::kRead));
  BucketRows found;
  found.table = table;
  TRY_ASSIGN(found.have, read_positions(connection, node));
  TRY_ASSIGN(const Buckets ours, read_buckets(connection, table));
  found.buckets = choose(ours, theirs, bytes_max);
  std::vector<bool> wanted(kBuckets);
  for (const std::size_t bucket : found.buckets) wanted[bucket] = true;
  TRY_ASSIGN(TableScan scan, TableScan::open(connection, table));
  wire::RowWriter writer;
  const std::uint64_t index = writer.table(scan.table());
  for (;;) {
    TRY_ASSIGN(const bool row, scan.next());
    if (!row) break;
    if (wanted[scan.identity().bucket()]) writer.insert(index, scan.image());
  }
  found.rows = writer.take();
  return found;
}

}  // namespace murmel::store
