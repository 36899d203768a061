#include "agent/store/table_rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "agent/store/full_text.h"
#include "agent/store/quote.h"
#include "agent/store/sql.h"
#include "agent/store/table_shape.h"

namespace murmel::store {
namespace {

constexpr std::string_view kOldTable = "__murmel_rebuild";

// The text that stands in `new_sql` and not in `old_sql`, if only one piece was put in.
std::string_view inserted_text(std::string_view old_sql, std::string_view new_sql) {
  if (new_sql.size() <= old_sql.size()) return {};
  const auto differs = std::mismatch(old_sql.begin(), old_sql.end(), new_sql.begin());
  const auto head = static_cast<std::size_t>(differs.first - old_sql.begin());
  if (!new_sql.ends_with(old_sql.substr(head))) return {};
  return new_sql.substr(head, new_sql.size() - old_sql.size());
}

Result<std::string> sql_of(Connection& connection, std::string_view name) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kSchemaObject));
  statement.bind(1, std::string_view("table"));
  statement.bind(2, name);
  TRY_ASSIGN(const bool row, statement.step());
  return row ? std::string(statement.text(1)) : std::string();
}

// ALTER TABLE ADD COLUMN puts ", <definition>" into the table's SQL. Whether that is what happened is seen by
// doing it and comparing.
Result<bool> add_column(Connection& connection, std::string_view name, std::string_view old_sql,
                        std::string_view new_sql) {
  std::string_view inserted = inserted_text(old_sql, new_sql);
  if (!inserted.starts_with(',')) return false;
  inserted.remove_prefix(1);
  TRY(connection.execute("SAVEPOINT add_column"));
  const std::string alter = fmt::format("ALTER TABLE {} ADD COLUMN {}", quote_name(name), inserted);
  const Status added = connection.execute_one(alter);
  if (!connection.in_transaction()) return added.error();
  TRY_ASSIGN(const std::string result, sql_of(connection, name));
  const bool same = added.ok() && result == new_sql;
  TRY(connection.execute(same ? "RELEASE add_column" : "ROLLBACK TO add_column; RELEASE add_column"));
  return same;
}

bool contains(const std::vector<std::string>& names, const std::string& folded) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return fold_name(name) == folded; });
}

// Which old column fills a new one; nullopt: its default does.
std::optional<std::string> source_column(const TableShape& old_shape, const TableShape& new_shape,
                                         std::size_t place) {
  const std::string& column = new_shape.columns[place];
  if (old_shape.has_column(column)) return column;
  if (old_shape.columns.size() != new_shape.columns.size()) return std::nullopt;
  const std::string& same_place = old_shape.columns[place];
  if (contains(new_shape.columns, fold_name(same_place))) return std::nullopt;
  return same_place;
}

Status copy_rows(Connection& connection, const TableShape& old_shape, const TableShape& new_shape) {
  std::string targets;
  std::string sources;
  for (std::size_t i = 0; i < new_shape.columns.size(); ++i) {
    const auto source = source_column(old_shape, new_shape, i);
    if (!source) continue;
    targets += (targets.empty() ? "" : ", ") + quote_name(new_shape.columns[i]);
    sources += (sources.empty() ? "" : ", ") + quote_name(*source);
  }
  if (targets.empty()) return Ok{};
  // The rowid is kept where it is one: rows without a key and full-text indexes go by it.
  if (new_shape.key.size() != 1 && !old_shape.rowid.empty() && !new_shape.rowid.empty()) {
    targets = new_shape.rowid + ", " + targets;
    sources = old_shape.rowid + ", " + sources;
  }
  return connection.execute(fmt::format("INSERT INTO {}({}) SELECT {} FROM {}", quote_name(new_shape.name),
                                        targets, sources, quote_name(old_shape.name)));
}

Result<std::vector<std::string>> attached_sql(Connection& connection, std::string_view table) {
  std::vector<std::string> all;
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kAttachedToTable));
  statement.bind(1, table);
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return all;
    if (!is_internal_name(statement.text(1))) all.emplace_back(statement.text(2));
  }
}

// SQLite takes "name" for a text where there is no such column, unless it is told otherwise.
bool names_gone_column(const std::string& sql, const TableShape& old_shape, const TableShape& new_shape) {
  const std::string folded = fold_name(sql);
  return std::any_of(old_shape.columns.begin(), old_shape.columns.end(), [&](const std::string& column) {
    return !new_shape.has_column(column) && folded.find(fold_name(quote_name(column))) != std::string::npos;
  });
}

}  // namespace

Status rebuild_table(Connection& connection, std::string_view name, const std::string& old_sql,
                     std::string_view new_sql) {
  TRY_ASSIGN(const bool added, add_column(connection, name, old_sql, new_sql));
  if (added) return Ok{};
  TRY_ASSIGN(const auto attached, attached_sql(connection, name));
  TRY(rename_table(connection, name, kOldTable));
  TRY(connection.execute_one(new_sql));
  TRY_ASSIGN(const auto old_shape, read_table_shape(connection, kOldTable));
  TRY_ASSIGN(const auto new_shape, read_table_shape(connection, name));
  if (!old_shape || !new_shape) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("table {} could not be made again from: {}", name, new_sql)};
  }
  TRY(copy_rows(connection, *old_shape, *new_shape));
  TRY(connection.execute(fmt::format("DROP TABLE {}", quote_name(kOldTable))));
  for (const std::string& sql : attached) {
    // One that names a column that is gone comes with a change of its own, or was dropped with the column.
    if (names_gone_column(sql, *old_shape, *new_shape)) continue;
    const Status made = connection.execute_one(sql);
    if (!made.ok() && made.error().code != ErrorCode::kInvalid) return made.error();
  }
  return fill_full_text(connection, name);
}

Status rename_table(Connection& connection, std::string_view name, std::string_view new_name) {
  TRY(connection.execute("PRAGMA legacy_alter_table=ON"));
  Status renamed =
      connection.execute(fmt::format("ALTER TABLE {} RENAME TO {}", quote_name(name), quote_name(new_name)));
  TRY(connection.execute("PRAGMA legacy_alter_table=OFF"));
  return renamed;
}

}  // namespace murmel::store
