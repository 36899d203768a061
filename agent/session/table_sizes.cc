#include "agent/session/table_sizes.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "agent/session/read_statement.h"

namespace murmel::session {
namespace {

constexpr int kPagesMax = 64;               // of a B-tree that are looked at
constexpr std::int64_t kEntriesMax = 1000;  // of an index that are looked at

std::string text_of(sqlite3_stmt* row, int column) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return text != nullptr ? text : "";
}

struct Tree {
  double cells = 0;
  double pages = 0;
};

// Pages come in the order of a walk from the root, and so the first of each level are among them.
struct Level {
  double pages = 0;
  double cells = 0;
  bool leaves = false;
};

// What was seen of the levels, as if each had its size from the one above it.
Tree extrapolated(const std::vector<Level>& levels) {
  Tree tree;
  double pages = 1;
  for (const Level& level : levels) {
    const double each = level.pages > 0 ? level.cells / level.pages : 0;
    tree.pages += pages;
    if (level.leaves) tree.cells = pages * each;
    pages *= each + 1;
  }
  return tree;
}

// A path has a step of four characters for each level: "/001/02f/".
std::size_t depth_of(const char* path) {
  return static_cast<std::size_t>(std::count(path, path + std::strlen(path), '/')) - 1;
}

Tree measured(sqlite3_stmt* pages, const std::string& name) {
  sqlite3_reset(pages);
  sqlite3_bind_text(pages, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
  std::vector<Level> levels;
  Tree all;
  int seen = 0;
  for (; seen < kPagesMax && sqlite3_step(pages) == SQLITE_ROW; ++seen) {
    const std::string type = text_of(pages, 1);
    if (type == "overflow") continue;
    const std::size_t depth = depth_of(text_of(pages, 0).c_str());
    if (levels.size() <= depth) levels.resize(depth + 1);
    const double cells = sqlite3_column_double(pages, 2);
    levels[depth].pages += 1;
    levels[depth].cells += cells;
    levels[depth].leaves = type == "leaf";
    all.pages += 1;
    if (type == "leaf") all.cells += cells;
  }
  return seen < kPagesMax ? all : extrapolated(levels);
}

// "1000 10 1": rows, and rows to a value of the first one, two, ... columns.
std::vector<std::int64_t> numbers_of(const std::string& text) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto [next, failure] = std::from_chars(at, end, number);
    if (failure != std::errc()) break;
    numbers.push_back(number);
    at = next < end ? next + 1 : end;
  }
  return numbers;
}

std::optional<std::int64_t> next_number(sqlite3* connection, const std::string& schema,
                                        const sql::TableInfo& table) {
  for (const sql::ColumnInfo& column : table.columns) {
    if (!column.auto_increment) continue;
    const ReadStatement greatest =
        prepared(connection, "SELECT max(" + quoted_name(column.name) + ") FROM " + quoted_name(schema) +
                                 "." + quoted_name(table.name));
    if (greatest == nullptr || sqlite3_step(greatest.get()) != SQLITE_ROW) return 1;
    return std::max<sqlite3_int64>(sqlite3_column_int64(greatest.get(), 0), 0) + 1;
  }
  return std::nullopt;
}

std::int64_t counted(sqlite3* connection, const std::string& query) {
  const ReadStatement count = prepared(connection, "SELECT count(*) FROM (" + query + ")");
  const bool found = count != nullptr && sqlite3_step(count.get()) == SQLITE_ROW;
  return found ? sqlite3_column_int64(count.get(), 0) : -1;
}

// SQLite's index, also of a primary key that is part of CREATE TABLE; empty: it is none.
std::string name_in_file(sqlite3* connection, const std::string& schema, const sql::TableInfo& table,
                         const sql::IndexInfo& index) {
  if (!index.sqlite_name.empty() || index.name != "PRIMARY") return index.sqlite_name;
  const ReadStatement key =
      prepared(connection, "SELECT name FROM pragma_index_list(" + quoted_text(table.name) + ", " +
                               quoted_text(schema) + ") WHERE origin = 'pk'");
  return key != nullptr && sqlite3_step(key.get()) == SQLITE_ROW ? text_of(key.get(), 0) : std::string();
}

std::vector<std::int64_t> values_of(sqlite3* connection, const std::string& schema,
                                    const sql::TableInfo& table, const std::string& index,
                                    std::int64_t rows) {
  std::vector<std::int64_t> values;
  const ReadStatement parts =
      prepared(connection, "SELECT name, coll FROM pragma_index_xinfo(" + quoted_text(index) + ", " +
                               quoted_text(schema) + ") WHERE key ORDER BY seqno");
  std::vector<std::string> columns;
  std::string order;
  while (parts != nullptr && sqlite3_step(parts.get()) == SQLITE_ROW) {
    if (sqlite3_column_type(parts.get(), 0) == SQLITE_NULL) return values;  // an expression
    columns.push_back(quoted_name(text_of(parts.get(), 0)) + " COLLATE " +
                      quoted_name(text_of(parts.get(), 1)));
    order += (order.empty() ? "" : ", ") + columns.back();
  }
  if (columns.empty()) return values;
  const std::string first = "SELECT * FROM " + quoted_name(schema) + "." + quoted_name(table.name) +
                            " INDEXED BY " + quoted_name(index) + " ORDER BY " + order + " LIMIT " +
                            std::to_string(kEntriesMax);
  const std::int64_t seen = counted(connection, first);
  std::string prefix;
  for (const std::string& column : columns) {
    prefix += (prefix.empty() ? "" : ", ") + column;
    const std::int64_t found = counted(connection, "SELECT DISTINCT " + prefix + " FROM (" + first + ")");
    if (seen < 0 || found < 0) return {};
    values.push_back(seen < kEntriesMax ? found : std::max(found, rows * found / seen));
  }
  return values;
}

}  // namespace

void estimate_values(sqlite3* connection, const std::string& schema, const DatabaseSchema& tables,
                     TableSizes& sizes) {
  for (auto& [name, size] : sizes) {
    const sql::TableInfo* const table = tables.find(name);
    for (std::size_t i = 0; table != nullptr && i < table->indexes.size(); ++i) {
      const sql::IndexInfo& index = table->indexes[i];
      const bool plain = index.unique && index.columns.size() == 1;  // as many as rows
      if (plain || index.full_text || size.rows_to_value.contains(index.sqlite_name)) continue;
      const std::string in_file = name_in_file(connection, schema, *table, index);
      if (!in_file.empty())
        size.values[index.name] = values_of(connection, schema, *table, in_file, size.rows);
    }
  }
}

TableSizes read_sizes(sqlite3* connection, const std::string& schema, const DatabaseSchema& tables) {
  TableSizes sizes;
  const ReadStatement pages =
      prepared(connection,
               "SELECT path, pagetype, ncell FROM dbstat WHERE name = ? AND schema = " + quoted_text(schema));
  const ReadStatement trees =
      prepared(connection, "SELECT type, name, tbl_name FROM " + quoted_name(schema) +
                               ".sqlite_schema WHERE type IN ('table', 'index') AND rootpage > 0");
  const ReadStatement page_size = prepared(connection, "PRAGMA " + quoted_name(schema) + ".page_size");
  if (pages == nullptr || trees == nullptr || page_size == nullptr ||
      sqlite3_step(page_size.get()) != SQLITE_ROW) {
    return sizes;
  }
  const double page_bytes = sqlite3_column_double(page_size.get(), 0);
  while (sqlite3_step(trees.get()) == SQLITE_ROW) {
    const sql::TableInfo* const table = tables.find(text_of(trees.get(), 2));
    if (table == nullptr) continue;
    const Tree tree = measured(pages.get(), text_of(trees.get(), 1));
    const auto bytes = static_cast<std::int64_t>(tree.pages * page_bytes);
    TableSize& size = sizes[table->name];
    if (text_of(trees.get(), 0) == "table") {
      size.rows = static_cast<std::int64_t>(tree.cells);
      size.data_bytes = bytes;
      size.next_number = next_number(connection, schema, *table);
    } else {
      size.index_bytes += bytes;
    }
  }
  const ReadStatement statistics =
      prepared(connection, "SELECT tbl, idx, stat FROM " + quoted_name(schema) + ".sqlite_stat1");
  while (statistics != nullptr && sqlite3_step(statistics.get()) == SQLITE_ROW) {
    const auto size = sizes.find(text_of(statistics.get(), 0));
    std::vector<std::int64_t> numbers = numbers_of(text_of(statistics.get(), 2));
    if (size == sizes.end() || numbers.size() < 2) continue;
    numbers.erase(numbers.begin());
    size->second.rows_to_value[text_of(statistics.get(), 1)] = std::move(numbers);
  }
  return sizes;
}

TableSizes read_sizes_of_file(const std::string& path, const DatabaseSchema& tables) {
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> owner(connection, &sqlite3_close);
  return code == SQLITE_OK ? read_sizes(connection, "main", tables) : TableSizes();
}

}  // namespace murmel::session
