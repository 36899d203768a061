#include "agent/store/row_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "agent/store/full_text.h"
#include "agent/store/full_text_mirror.h"
#include "agent/store/keyed_target.h"
#include "agent/store/keyless_target.h"
#include "agent/store/quote.h"
#include "agent/store/table_layout.h"
#include "agent/store/table_shape.h"
#include "agent/store/table_sql.h"

namespace murmel::store {
namespace {

class SkippingTarget : public RowTarget {
 public:
  Status apply(const wire::RowChange& /*row*/, RowContext& context) override {
    ++context.report.filtered;
    return Ok{};
  }
};

// Columns that the images and the table have in common. A column that only one of them has was added or
// dropped by a schema change that the other side has not seen or has overruled.
struct Common {
  std::vector<std::string> columns;
  std::vector<std::uint16_t> places;
};

Common common_columns(const wire::Table& table, const TableShape& shape) {
  Common common;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!shape.has_column(table.columns[i].name)) continue;
    common.columns.emplace_back(table.columns[i].name);
    common.places.push_back(static_cast<std::uint16_t>(i));
  }
  return common;
}

std::vector<std::string> folded_key(const wire::Table& table) {
  std::vector<std::string> key;
  for (const std::uint16_t place : table.key) key.push_back(fold_name(table.columns[place].name));
  return key;
}

bool same_key(const std::vector<std::string>& folded, const TableShape& shape) {
  return std::equal(folded.begin(), folded.end(), shape.key.begin(), shape.key.end(),
                    [](const std::string& a, const std::string& b) { return a == fold_name(b); });
}

Result<std::unique_ptr<RowTarget>> make_keyless(Connection& connection, const wire::Table& table,
                                                const TableShape& shape) {
  if (shape.rowid.empty()) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("table {}: rows without a key can't be found here, as no name "
                             "is left for the rowid",
                             shape.name)};
  }
  Common common = common_columns(table, shape);
  KeylessSql sql = keyless_sql(shape, common.columns);
  TRY_ASSIGN(auto mirrors, full_text_mirrors(connection, shape, shape.rowid + " = ?1"));
  return std::unique_ptr<RowTarget>(
      std::make_unique<KeylessTarget>(connection, shape, std::make_unique<TableLayout>(table), std::move(sql),
                                      std::move(common.places), std::move(mirrors)));
}

Result<std::unique_ptr<RowTarget>> make_keyed(Connection& connection, const wire::Table& table,
                                              const TableShape& shape) {
  const std::vector<std::string> key = folded_key(table);
  if (!same_key(key, shape)) {
    return Error{
        ErrorCode::kInvalid,
        fmt::format("table {} has another primary key here than where the row was written", shape.name)};
  }
  Common common = common_columns(table, shape);
  TableSql sql = keyed_sql(shape, common.columns, key);
  TRY_ASSIGN(auto mirrors, full_text_mirrors(connection, shape, sql.where));
  std::unique_ptr<RowTarget> keyless;
  if (!shape.without_rowid && !shape.rowid.empty()) {
    TRY_ASSIGN(keyless, make_keyless(connection, table, shape));
  }
  return std::unique_ptr<RowTarget>(
      std::make_unique<KeyedTarget>(connection, shape, std::make_unique<TableLayout>(table), std::move(sql),
                                    std::move(common.places), std::move(mirrors), std::move(keyless)));
}

// Rows of X_content, written to X: the first column is the rowid, the others follow in the order of X's own.
Result<std::unique_ptr<RowTarget>> make_full_text(Connection& connection, const wire::Table& table) {
  std::string name(table.name);
  if (!fold_name(name).ends_with(kContentSuffix)) {
    return Error{ErrorCode::kInvalid, "not the content of a full-text index: " + name};
  }
  name.resize(name.size() - kContentSuffix.size());
  TRY_ASSIGN(auto shape, read_table_shape(connection, name));
  if (!shape || shape->kind != TableShape::Kind::kVirtual) return make_skipping_target();
  if (table.key != std::vector<std::uint16_t>{0} || table.columns.size() < shape->columns.size() + 1) {
    return Error{ErrorCode::kInvalid, fmt::format("full-text index {} has other columns here", name)};
  }
  std::vector<std::uint16_t> places;
  for (std::size_t i = 0; i <= shape->columns.size(); ++i) places.push_back(static_cast<std::uint16_t>(i));
  TableSql sql = full_text_sql(*shape);
  return std::unique_ptr<RowTarget>(std::make_unique<KeyedTarget>(
      connection, std::move(*shape), std::make_unique<TableLayout>(table), std::move(sql), std::move(places),
      std::vector<FullTextMirror>{}, nullptr));
}

}  // namespace

void OwnDeletes::add(const wire::Table& table, std::span<const wire::Value> image, const core::RowKey& key) {
  wire::RowWriter writer;
  writer.remove(writer.table(table), image);
  const auto [at, fresh] = places_.try_emplace(key, deletes_.size());
  if (fresh) deletes_.push_back({key, {}});
  deletes_[at->second].payload = writer.take();
}

void OwnDeletes::cancel(const core::RowKey& key) {
  const auto at = places_.find(key);
  if (at == places_.end()) return;
  deletes_[at->second].payload.clear();
  places_.erase(at);
}

void OwnDeletes::clear() {
  deletes_.clear();
  places_.clear();
}

std::string OwnDeletes::payload() const {
  // Each describes its table anew, so they can follow one another behind one version byte.
  std::string payload = wire::RowWriter().take();
  for (const Delete& one : deletes_) {
    if (!one.payload.empty()) payload.append(one.payload.begin() + 1, one.payload.end());
  }
  return payload;
}

std::vector<core::RowKey> OwnDeletes::keys() const {
  std::vector<core::RowKey> keys;
  keys.reserve(places_.size());
  for (const Delete& one : deletes_) {
    if (!one.payload.empty()) keys.push_back(one.key);
  }
  return keys;
}

std::unique_ptr<RowTarget> make_skipping_target() {
  return std::make_unique<SkippingTarget>();
}

Result<std::unique_ptr<RowTarget>> make_row_target(Connection& connection, const wire::Table& table) {
  if (is_internal_name(table.name)) {
    return Error{ErrorCode::kRefused, fmt::format("rows of {} can't come from elsewhere", table.name)};
  }
  if (table.has(row_stream::kShadowContent)) return make_full_text(connection, table);
  TRY_ASSIGN(const auto shape, read_table_shape(connection, table.name));
  if (!shape) return make_skipping_target();
  if (shape->kind != TableShape::Kind::kPlain) {
    return Error{ErrorCode::kInvalid, fmt::format("{} is not a plain table here", table.name)};
  }
  return table.key.empty() ? make_keyless(connection, table, *shape) : make_keyed(connection, table, *shape);
}

}  // namespace murmel::store
