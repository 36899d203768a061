#include "agent/store/table_shape.h"

#include <algorithm>
#include <utility>

#include "agent/store/quote.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

constexpr std::int64_t kGeneratedVirtual = 2;
constexpr std::int64_t kGeneratedStored = 3;

struct Columns {
  std::vector<std::string> all;  // of any sort, folded
  std::vector<std::pair<std::int64_t, std::string>> key;
};

Status read_columns(Connection& connection, TableShape& shape, Columns& columns) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kTableColumns));
  statement.bind(1, std::string_view(shape.name));
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return Ok{};
    const std::string name(statement.text(0));
    const std::int64_t hidden = statement.integer(2);
    columns.all.push_back(fold_name(name));
    if (statement.integer(1) > 0) columns.key.emplace_back(statement.integer(1), name);
    const bool hidden_in_virtual = hidden == 1 && shape.kind == TableShape::Kind::kVirtual;
    if (hidden_in_virtual || hidden == kGeneratedVirtual || hidden == kGeneratedStored) continue;
    shape.columns.push_back(name);
  }
}

Status read_key_collations(Connection& connection, TableShape& shape) {
  shape.key_collations.resize(shape.key.size());
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kKeyCollations));
  statement.bind(1, std::string_view(shape.name));
  for (;;) {
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) return Ok{};
    const auto column = std::find(shape.key.begin(), shape.key.end(), statement.text(0));
    if (column == shape.key.end() || statement.text(1) == "BINARY") continue;
    shape.key_collations[static_cast<std::size_t>(column - shape.key.begin())] = statement.text(1);
  }
}

// A column may be called "rowid"; then the rowid itself answers to another of its names.
std::string rowid_name(const std::vector<std::string>& columns) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) return name;
  }
  return "";
}

}  // namespace

bool TableShape::has_column(std::string_view column) const {
  const std::string folded = fold_name(column);
  return std::any_of(columns.begin(), columns.end(),
                     [&](const std::string& one) { return fold_name(one) == folded; });
}

Result<std::optional<TableShape>> read_table_shape(Connection& connection, std::string_view name) {
  TableShape shape;
  TRY_ASSIGN(Statement kind, connection.prepare(sql::kTableKind));
  kind.bind(1, name);
  TRY_ASSIGN(const bool found, kind.step());
  if (!found || kind.text(0) == "view") return std::optional<TableShape>();
  if (kind.text(0) == "virtual") shape.kind = TableShape::Kind::kVirtual;
  if (kind.text(0) == "shadow") shape.kind = TableShape::Kind::kShadow;
  shape.without_rowid = kind.integer(1) != 0;
  shape.name = std::string(kind.text(2));
  kind.reset();

  Columns columns;
  TRY(read_columns(connection, shape, columns));
  std::sort(columns.key.begin(), columns.key.end());
  for (auto& [ordinal, column] : columns.key) shape.key.push_back(std::move(column));
  TRY(read_key_collations(connection, shape));
  if (!shape.without_rowid) shape.rowid = rowid_name(columns.all);
  return std::optional<TableShape>(std::move(shape));
}

}  // namespace murmel::store
