#include "agent/store/table_scan.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "agent/store/capture.h"
#include "agent/store/quote.h"

namespace murmel::store {

RowIdentity RowIdentifier::of(std::span<const wire::Value> image) {
  RowIdentity identity;
  const auto key = keys_.key(image);
  identity.keyed = key.has_value();
  identity.id = key ? *key : keys_.bag(image);
  values_.begin();
  for (const wire::Value& value : image) values_.add(value);
  identity.hash = values_.finish();
  return identity;
}

Result<TableScan> TableScan::open(Connection& connection, std::string_view table) {
  TRY_ASSIGN(auto layout, capture::describe_table(connection, table));
  std::string columns;
  for (const wire::Column& column : layout->table().columns) {
    columns += (columns.empty() ? "" : ", ") + quote_name(column.name);
  }
  TRY_ASSIGN(Statement select,
             connection.prepare(fmt::format("SELECT {} FROM {}", columns, quote_name(table))));
  return TableScan(std::move(layout), std::move(select));
}

TableScan::TableScan(std::unique_ptr<TableLayout> layout, Statement select)
    : layout_(std::move(layout)), select_(std::move(select)), identifier_(layout_->table()) {
  image_.resize(layout_->table().columns.size());
}

Result<bool> TableScan::next() {
  TRY_ASSIGN(const bool row, select_.step());
  if (!row) return false;
  for (std::size_t i = 0; i < image_.size(); ++i) image_[i] = select_.value(static_cast<int>(i));
  identity_ = identifier_.of(image_);
  return true;
}

std::size_t TableScan::bytes() const {
  std::size_t bytes = 0;
  for (const wire::Value& value : image_) bytes += 9 + value.bytes.size();
  return bytes;
}

}  // namespace murmel::store
