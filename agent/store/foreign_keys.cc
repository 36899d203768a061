#include "agent/store/foreign_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

constexpr char kTables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
constexpr char kKeysOf[] =
    "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
constexpr char kPrimaryKeyOf[] = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";

std::string equals(const std::vector<std::string>& columns) {
  std::string sql;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    sql += fmt::format("{}{} = ?{}", i == 0 ? "" : " AND ", quote_name(columns[i]), i + 1);
  }
  return sql;
}

bool is_same(std::span<const wire::Value> image) {
  return std::all_of(image.begin(), image.end(), [](const wire::Value& value) { return value.same; });
}

}  // namespace

Status ForeignKeys::check(ByteView rows, std::int64_t schema_version) {
  if (schema_version != schema_version_) TRY(load(schema_version));
  if (keys_.empty()) return Ok{};
  wire::RowReader reader(rows);
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kRow) TRY(check_row(reader.row()));
  }
}

Status ForeignKeys::load(std::int64_t schema_version) {
  keys_.clear();
  as_child_.clear();
  as_parent_.clear();
  schema_version_ = -1;
  std::vector<std::string> tables;
  TRY_ASSIGN(Statement select, connection_.prepare(kTables));
  for (;;) {
    TRY_ASSIGN(const bool found, select.step());
    if (!found) break;
    tables.emplace_back(select.text(0));
  }
  for (const std::string& table : tables) TRY(add_keys(table));
  schema_version_ = schema_version;
  return Ok{};
}

Status ForeignKeys::add_keys(const std::string& child) {
  TRY_ASSIGN(Statement select, connection_.prepare(kKeysOf));
  select.bind(1, std::string_view(child));
  std::int64_t last = -1;
  const std::size_t first = keys_.size();
  for (;;) {
    TRY_ASSIGN(const bool found, select.step());
    if (!found) break;
    if (select.integer(0) != last) {
      keys_.push_back(std::make_unique<Key>());
      keys_.back()->child = child;
      keys_.back()->parent = std::string(select.text(1));
    }
    last = select.integer(0);
    keys_.back()->child_columns.emplace_back(select.text(2));
    if (!select.is_null(3)) keys_.back()->parent_columns.emplace_back(select.text(3));
  }
  for (std::size_t i = first; i < keys_.size(); ++i) {
    Key& key = *keys_[i];
    if (key.parent_columns.empty()) {
      TRY_ASSIGN(key.parent_columns, primary_key(key.parent));
    }
    as_child_[fold_name(key.child)].push_back(&key);
    as_parent_[fold_name(key.parent)].push_back(&key);
  }
  return Ok{};
}

Result<std::vector<std::string>> ForeignKeys::primary_key(const std::string& table) {
  std::vector<std::string> columns;
  TRY_ASSIGN(Statement select, connection_.prepare(kPrimaryKeyOf));
  select.bind(1, std::string_view(table));
  for (;;) {
    TRY_ASSIGN(const bool found, select.step());
    if (!found) return columns;
    columns.emplace_back(select.text(0));
  }
}

Status ForeignKeys::check_row(const wire::RowChange& row) {
  const std::string name = fold_name(row.table->name);
  if (const auto found = as_child_.find(name); found != as_child_.end() && !row.after.empty()) {
    for (Key* const key : found->second) TRY(check_values(*key, *row.table, key->child_columns, row.after));
  }
  if (const auto found = as_parent_.find(name); found != as_parent_.end() && !row.before.empty()) {
    if (!row.after.empty() && is_same(row.after)) return Ok{};
    for (Key* const key : found->second) TRY(check_values(*key, *row.table, key->parent_columns, row.before));
  }
  return Ok{};
}

Status ForeignKeys::check_values(Key& key, const wire::Table& table, const std::vector<std::string>& columns,
                                 std::span<const wire::Value> image) {
  if (!key.broken.prepared()) {
    const std::string sql = fmt::format(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM {} WHERE {}) AND EXISTS (SELECT 1 FROM {} WHERE {})",
        quote_name(key.parent), equals(key.parent_columns), quote_name(key.child), equals(key.child_columns));
    TRY_ASSIGN(key.broken, connection_.prepare(sql));
  }
  const ResetAtEnd reset(key.broken);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto place = std::find_if(
        table.columns.begin(), table.columns.end(),
        [&](const wire::Column& column) { return fold_name(column.name) == fold_name(columns[i]); });
    if (place == table.columns.end()) return Ok{};  // not one that rows can tell of
    const wire::Value& value = image[static_cast<std::size_t>(place - table.columns.begin())];
    if (value.tag == row_stream::kNull) return Ok{};
    key.broken.bind(static_cast<int>(i) + 1, value);
  }
  TRY_ASSIGN(const bool broken, key.broken.step());
  if (!broken) return Ok{};
  return Error{ErrorCode::kConflict,
               fmt::format("a foreign key of {} to {} would not hold any more", key.child, key.parent)};
}

}  // namespace murmel::store
