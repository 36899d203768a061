#include "agent/store/payload_filter.h"

#include <map>

#include "agent/store/target_cache.h"
#include "agent/wire/row_reader.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

void copy_row(const wire::RowChange& row, std::uint64_t index, wire::RowWriter& writer) {
  if (row.before.empty()) return writer.insert(index, row.after, row.rowid);
  if (row.after.empty()) return writer.remove(index, row.before, row.rowid);
  writer.update(index, row.before, row.after, row.rowid);
}

}  // namespace

Result<SharedBytes> filter_payload(const SharedBytes& payload, const TableFilter& filter) {
  if (filter.wants_all()) return payload;
  wire::RowReader reader(payload.view());
  wire::RowWriter writer;
  std::map<std::uint64_t, std::uint64_t> indexes;  // serial of a description -> its index in `writer`
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return SharedBytes(writer.take());
    if (item == wire::RowReader::Item::kSchema) {
      if (filter.wants(reader.schema().table)) writer.schema(reader.schema());
      continue;
    }
    const wire::RowChange& row = reader.row();
    if (!filter_wants(filter, *row.table)) continue;
    auto found = indexes.find(row.table->serial);
    if (found == indexes.end()) {
      found = indexes.emplace(row.table->serial, writer.table(*row.table)).first;
    }
    copy_row(row, found->second, writer);
  }
}

}  // namespace murmel::store
