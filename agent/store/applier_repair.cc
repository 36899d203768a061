// Applier: rows that differ from what the majority has, without any record that says why.
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "agent/core/vectors.h"
#include "agent/store/applier.h"
#include "agent/store/capture.h"
#include "agent/store/table_scan.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

using OwnedImage = std::vector<wire::Value>;

// What one side has of a row, or of a bag of equal ones. `image` points into the payload it was read from.
struct Held {
  RowHash hash{};
  std::int64_t rows = 0;
  OwnedImage image;
};
struct Sides {
  bool keyed = false;
  Held here;
  Held there;
};
struct IdOrder {
  bool operator()(const core::RowKey& a, const core::RowKey& b) const {
    return std::pair(a.high, a.low) < std::pair(b.high, b.low);
  }
};
using Rows = std::map<core::RowKey, Sides, IdOrder>;

Result<std::string> rows_here(Connection& connection, const BucketRows& wanted) {
  std::vector<bool> in(kBuckets);
  for (const std::size_t bucket : wanted.buckets) in[bucket % kBuckets] = true;
  TRY_ASSIGN(TableScan scan, TableScan::open(connection, wanted.table));
  wire::RowWriter writer;
  const std::uint64_t index = writer.table(scan.table());
  for (;;) {
    TRY_ASSIGN(const bool row, scan.next());
    if (!row) return writer.take();
    if (in[scan.identity().bucket()]) writer.insert(index, scan.image());
  }
}

// Adds the rows of a payload, which must be of `table` and nothing else.
Status add_rows(const std::string& payload, const wire::Table& table, Held Sides::*side, Rows& rows) {
  RowIdentifier identifier(table);
  wire::RowReader reader(as_bytes(payload));
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    const bool row = item == wire::RowReader::Item::kRow && reader.row().op == row_stream::kInsert;
    if (!row || TableLayout::fingerprint(*reader.row().table) != TableLayout::fingerprint(table)) {
      return Error{ErrorCode::kInvalid, "the table is another one at the other node"};
    }
    const auto image = reader.row().after;
    const RowIdentity identity = identifier.of(image);
    Sides& sides = rows[identity.id];
    sides.keyed = identity.keyed;
    Held& held = sides.*side;
    ++held.rows;
    held.hash = identity.hash;
    held.image.assign(image.begin(), image.end());
  }
}

}  // namespace

Result<RepairReport> Applier::repair(const BucketRows& theirs) {
  TRY_ASSIGN(Transaction transaction, begin());
  if (!core::covers(state_.have(), theirs.have)) {
    return Error{ErrorCode::kBusy, "this node has not applied all that the other one has"};
  }
  TRY_ASSIGN(const auto layout, capture::describe_table(connection_, theirs.table));
  TRY_ASSIGN(const std::string ours, rows_here(connection_, theirs));
  Rows rows;
  TRY(add_rows(ours, layout->table(), &Sides::here, rows));
  TRY(add_rows(theirs.rows, layout->table(), &Sides::there, rows));

  RepairReport report;
  const bool same_positions = core::covers(theirs.have, state_.have());
  std::erase_if(rows, [&](const auto& entry) {
    const auto& [id, sides] = entry;
    if (sides.here.hash == sides.there.hash && sides.here.rows == sides.there.rows) return true;
    // Written since: the other node will have it.
    const auto version = state_.versions().lookup(id);
    const bool newer = sides.keyed
                           ? version && version->seq > core::seq_of(theirs.have, version->version.node)
                           : !same_positions;
    report.newer += newer ? 1 : 0;
    return newer;
  });
  wire::RowWriter writer;
  const std::uint64_t index = writer.table(layout->table());
  for (const bool removals : {true, false}) {
    for (const auto& [id, sides] : rows) {
      std::int64_t more = sides.there.rows - sides.here.rows;
      if (sides.keyed) more = sides.there.rows > 0 ? 1 : -1;
      if (removals != (more < 0)) continue;
      for (; more < 0; ++more) writer.remove(index, sides.here.image);
      for (; more > 0; --more) writer.insert(index, sides.there.image);
    }
  }
  for (const auto& [id, sides] : rows) {
    const OwnedImage& any = sides.here.rows > 0 ? sides.here.image : sides.there.image;
    const auto version = state_.versions().lookup(id).value_or(core::RowVersion{});
    TRY(conflicts_.add({ConflictReason::kRepaired,
                        &layout->table(),
                        any,
                        {},
                        version,
                        sides.there.image,
                        sides.here.image}));
    ++report.rows;
  }
  TRY(write_as_told(writer.take()));
  TRY(transaction.commit());
  return report;
}

// Without a record and without versions: whatever is there gives way.
Status Applier::write_as_told(std::string rows) {
  core::ChangeSet change;
  change.origin = self_;
  change.hlc = core::Hlc{INT64_MAX};
  change.rows = SharedBytes(std::move(rows));
  core::VersionIndex no_index;
  StagedVersions no_versions(no_index);
  OwnDeletes no_deletes;
  core::BagLedger no_bags;
  std::vector<core::BagLedger::Change> no_changes;
  ApplyReport report;
  const core::VersionVector seen;
  RowContext context{{{change.hlc, change.origin}, 0},
                     seen,
                     no_versions,
                     conflicts_,
                     no_deletes,
                     report,
                     no_bags,
                     no_changes};
  Status written = apply_payload(change, context);
  if (!written.ok()) targets_.forget();
  return written;
}

}  // namespace murmel::store
