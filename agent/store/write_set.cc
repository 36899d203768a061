#include "agent/store/write_set.h"

#include <optional>

#include "agent/store/row_key.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

Status add_writes(ByteView rows, WriteSet& set) {
  wire::RowReader reader(rows);
  std::optional<RowKeyHasher> hasher;
  std::uint64_t serial = 0;
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kSchema) continue;
    const wire::RowChange& row = reader.row();
    if (!hasher || row.table->serial != serial) {
      hasher.emplace(*row.table);
      serial = row.table->serial;
      if (set.tables.empty() || set.tables.back() != row.table->name)
        set.tables.emplace_back(row.table->name);
    }
    if (!row.before.empty() && row.after.empty()) ++set.removed[std::string(row.table->name)];
    std::optional<core::RowKey> old_key;
    if (!row.before.empty()) {
      old_key = hasher->key(row.before);
      set.rows.push_back(old_key ? *old_key : hasher->bag(row.before));
    }
    const auto new_key = row.after.empty() ? std::nullopt : hasher->key(row.after);
    if (new_key && new_key != old_key) set.rows.push_back(*new_key);
  }
}

}  // namespace murmel::store
