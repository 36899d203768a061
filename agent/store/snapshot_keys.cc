#include "agent/store/snapshot_keys.h"

#include <sqlite3.h>

#include <utility>
#include <vector>

#include "agent/store/row_key.h"
#include "agent/store/table_layout.h"
#include "extension/table_info.h"

namespace murmel::store {
namespace {

// The key's columns only, in its order.
wire::Table key_of(const extension::TableInfo& info) {
  wire::Table table;
  table.name = info.name.c_str();
  if (info.identity.c_str() != nullptr) table.identity = info.identity.c_str();
  for (std::uint8_t ordinal = 1;; ++ordinal) {
    const extension::ColumnInfo* found = nullptr;
    for (std::size_t i = 0; i < info.columns.size(); ++i) {
      if (info.columns[i].key_ordinal == ordinal) found = &info.columns[i];
    }
    if (found == nullptr) return table;
    table.key.push_back(static_cast<std::uint16_t>(table.columns.size()));
    table.columns.push_back({found->name, ordinal, static_cast<row_stream::Collation>(found->collation)});
  }
}

wire::Value value_of(sqlite3_value* given) {
  wire::Value value;
  const auto bytes = [given](const void* start) {
    return ByteView(static_cast<const std::uint8_t*>(start),
                    static_cast<std::size_t>(sqlite3_value_bytes(given)));
  };
  switch (sqlite3_value_type(given)) {
    case SQLITE_INTEGER:
      value.tag = row_stream::kInt64;
      value.integer = sqlite3_value_int64(given);
      break;
    case SQLITE_FLOAT:
      value.tag = row_stream::kReal;
      value.real = sqlite3_value_double(given);
      break;
    case SQLITE_TEXT:
      value.tag = row_stream::kText;
      value.bytes = bytes(sqlite3_value_text(given));
      break;
    case SQLITE_BLOB:
      value.tag = row_stream::kBlob;
      value.bytes = bytes(sqlite3_value_blob(given));
      break;
    default: break;
  }
  return value;
}

}  // namespace

struct SnapshotKeys::Table {
  explicit Table(const wire::Table& table) : layout(table), hasher(layout.table()) {}

  TableLayout layout;
  RowKeyHasher hasher;
};

SnapshotKeys::SnapshotKeys() = default;
SnapshotKeys::~SnapshotKeys() = default;

void SnapshotKeys::forget() {
  tables_.clear();
}

Result<std::optional<core::RowKey>> SnapshotKeys::key(sqlite3* connection, std::string_view table,
                                                      std::span<sqlite3_value* const> values) {
  std::unique_ptr<Table>& known = tables_[std::string(table)];
  if (known == nullptr) {
    extension::TableInfo info;
    extension::Fault fault;
    const int code =
        extension::load_table(connection, "main", std::string(table).c_str(), false, info, fault);
    if (code != SQLITE_OK && code != SQLITE_NOTFOUND) return Error{ErrorCode::kInvalid, fault.text};
    known = std::make_unique<Table>(key_of(info));
  }
  if (values.empty() || known->layout.table().key.size() != values.size()) {
    return Error{ErrorCode::kInvalid, "table " + std::string(table) + " has another primary key"};
  }
  std::vector<wire::Value> image;
  for (sqlite3_value* const value : values) image.push_back(value_of(value));
  return known->hasher.key(image);
}

}  // namespace murmel::store
