#include "agent/store/index_settler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/store/quote.h"
#include "agent/store/row_key.h"
#include "agent/store/sql.h"
#include "agent/store/table_rebuild.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

constexpr std::string_view kRows = "__murmel_rebuild";

struct Trial {
  const wire::Table& table;
  std::string rowid;
  std::string columns;  // of the table's description, in its order
};

std::string column_list(const wire::Table& table) {
  std::string list;
  for (const wire::Column& column : table.columns)
    list += (list.empty() ? "" : ", ") + quote_name(column.name);
  return list;
}

Status make_empty_copy(Connection& connection, std::string_view table, std::string_view index_sql) {
  TRY_ASSIGN(Statement read, connection.prepare(sql::kSchemaObject));
  read.bind(1, std::string_view("table"));
  read.bind(2, table);
  TRY_ASSIGN(const bool row, read.step());
  if (!row) return Error{ErrorCode::kInvalid, fmt::format("there is no table {}", table)};
  const std::string create(read.text(1));
  read.reset();
  TRY(rename_table(connection, table, kRows));
  TRY(connection.execute_one(create));
  return connection.execute_one(index_sql);
}

void take_image(Statement& select, std::size_t columns, CollidingRow& row) {
  row.image.resize(columns);
  row.bytes.resize(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    row.image[i] = select.value(static_cast<int>(i) + 1);
    row.bytes[i] = std::string(as_text(row.image[i].bytes));
  }
  for (std::size_t i = 0; i < columns; ++i) row.image[i].bytes = as_bytes(row.bytes[i]);
}

// The rows whose version is known, the last written one first.
Result<std::vector<std::int64_t>> by_version(Connection& connection, const Trial& trial,
                                             const VersionOf& version_of) {
  RowKeyHasher hasher(trial.table);
  std::vector<std::pair<core::RowVersion, std::int64_t>> known;
  TRY_ASSIGN(Statement select,
             connection.prepare(fmt::format("SELECT {}, {} FROM {}", trial.rowid, trial.columns, kRows)));
  CollidingRow row;
  for (;;) {
    TRY_ASSIGN(const bool found, select.step());
    if (!found) break;
    take_image(select, trial.table.columns.size(), row);
    const auto key = hasher.key(row.image);
    const auto version = key ? version_of(*key) : std::nullopt;
    if (version) known.emplace_back(*version, select.integer(0));
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const auto& a, const auto& b) { return b.first.version < a.first.version; });
  std::vector<std::int64_t> rowids;
  rowids.reserve(known.size());
  for (const auto& [version, rowid] : known) rowids.push_back(rowid);
  return rowids;
}

Status insert_in_order(Connection& connection, const Trial& trial, const std::vector<std::int64_t>& first) {
  const std::string insert = fmt::format("INSERT OR IGNORE INTO {0}({1}, {2}) SELECT {1}, {2} FROM {3}",
                                         quote_name(trial.table.name), trial.rowid, trial.columns, kRows);
  TRY_ASSIGN(Statement one, connection.prepare(fmt::format("{} WHERE {} = ?1", insert, trial.rowid)));
  for (const std::int64_t rowid : first) {
    one.bind(1, rowid);
    TRY(one.run());
  }
  return connection.execute(insert);  // those that are there already are passed over
}

Result<std::vector<CollidingRow>> left_out(Connection& connection, const Trial& trial,
                                           const VersionOf& version_of) {
  RowKeyHasher hasher(trial.table);
  std::vector<CollidingRow> rows;
  TRY_ASSIGN(Statement select, connection.prepare(fmt::format(
                                   "SELECT {0}, {1} FROM {2} WHERE {0} NOT IN (SELECT {0} FROM {3})",
                                   trial.rowid, trial.columns, kRows, quote_name(trial.table.name))));
  for (;;) {
    TRY_ASSIGN(const bool found, select.step());
    if (!found) return rows;
    CollidingRow row;
    take_image(select, trial.table.columns.size(), row);
    const auto key = hasher.key(row.image);
    if (!key) return Error{ErrorCode::kInvalid, "a row without its key collides in a UNIQUE index"};
    row.key = *key;
    row.version = version_of(*key).value_or(core::RowVersion{});
    rows.push_back(std::move(row));
  }
}

Result<std::vector<CollidingRow>> try_rows(Connection& connection, const Trial& trial,
                                           std::string_view index_sql, const VersionOf& version_of) {
  TRY(make_empty_copy(connection, trial.table.name, index_sql));
  TRY_ASSIGN(const auto first, by_version(connection, trial, version_of));
  TRY(insert_in_order(connection, trial, first));
  return left_out(connection, trial, version_of);
}

}  // namespace

Result<std::vector<CollidingRow>> rows_in_the_way(Connection& connection, const wire::Table& table,
                                                  std::string_view index_sql, const VersionOf& version_of) {
  TRY_ASSIGN(const auto shape, read_table_shape(connection, table.name));
  if (!shape || table.key.empty() || shape->without_rowid || shape->rowid.empty()) {
    return Error{ErrorCode::kInvalid, fmt::format("rows of table {} can't be told apart", table.name)};
  }
  // Named like this also where it is a column of the table.
  const bool named = shape->has_column(shape->rowid);
  if (named)
    return Error{ErrorCode::kInvalid, fmt::format("no name is left for the rowid of {}", table.name)};
  TRY(connection.execute("SAVEPOINT in_the_way"));
  auto rows = try_rows(connection, {table, shape->rowid, column_list(table)}, index_sql, version_of);
  if (!connection.in_transaction()) return rows;  // SQLite has rolled back all of it
  TRY(connection.execute("ROLLBACK TO in_the_way; RELEASE in_the_way"));
  return rows;
}

}  // namespace murmel::store
