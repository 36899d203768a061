#include "agent/store/set_aside.h"

#include <utility>

#include "agent/store/quote.h"
#include "agent/store/table_scan.h"
#include "agent/store/table_shape.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {

Status SetAside::take(Connection& connection, std::string_view table, const StagedVersions& versions,
                      const core::VersionVector& seen) {
  table_ = fold_name(table);
  rows_.clear();
  if (versions.empty()) return Ok{};
  TRY_ASSIGN(const auto shape, read_table_shape(connection, table));
  if (!shape || shape->kind != TableShape::Kind::kPlain || shape->key.empty()) return Ok{};
  TRY_ASSIGN(TableScan scan, TableScan::open(connection, table));
  for (;;) {
    TRY_ASSIGN(const bool found, scan.next());
    if (!found) return Ok{};
    if (!scan.identity().keyed) continue;
    const auto version = versions.lookup(scan.identity().id);
    if (!version || version->seq <= core::seq_of(seen, version->version.node)) continue;
    wire::RowWriter writer;
    writer.insert(writer.table(scan.table()), scan.image());
    rows_.push_back({*version, writer.take()});
  }
}

Status SetAside::give_back(std::string_view table, const Write& write) {
  if (rows_.empty() || fold_name(table) != table_) return Ok{};
  for (const Row& row : std::exchange(rows_, {})) {
    wire::RowReader reader(as_bytes(row.payload));
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    INVARIANT(item == wire::RowReader::Item::kRow);
    TRY(write(reader.row(), row.version));
  }
  return Ok{};
}

}  // namespace murmel::store
