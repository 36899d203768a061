#include "agent/store/table_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list += quote_name(name);
  }
  return list;
}

std::string parameter_list(std::size_t count) {
  std::string list;
  for (std::size_t i = 1; i <= count; ++i) list += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
  return list;
}

// "a = ?1, b = ?2", of all columns.
std::string assignments(const std::vector<std::string>& columns) {
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    list += fmt::format("{}{} = ?{}", i == 0 ? "" : ", ", quote_name(columns[i]), i + 1);
  }
  return list;
}

// The second comparison of a column says nothing new: with the index's collation SQLite finds the row by it.
std::string key_condition(const TableShape& shape, const std::vector<std::string>& columns,
                          const std::vector<std::string>& key) {
  std::string condition;
  for (const std::string& name : key) {
    const auto is_it = [&](const std::string& column) { return fold_name(column) == name; };
    const auto place = std::find_if(columns.begin(), columns.end(), is_it);
    const auto number = place - columns.begin() + 1;
    condition += fmt::format("{}{} = ?{}", condition.empty() ? "" : " AND ", quote_name(*place), number);
    const auto ordinal = std::find_if(shape.key.begin(), shape.key.end(), is_it) - shape.key.begin();
    const std::string& collation = shape.key_collations[static_cast<std::size_t>(ordinal)];
    if (!collation.empty()) {
      condition += fmt::format(" AND {} = ?{} COLLATE {}", quote_name(*place), number, quote_name(collation));
    }
  }
  return condition;
}

// Equal in value and in type: 1 and 1.0, or 'a' and 'A' under NOCASE, are different rows of a multiset.
std::string same_row(const std::vector<std::string>& columns) {
  std::string condition;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    condition += fmt::format("{0}{1} IS ?{2} COLLATE BINARY AND typeof({1}) = typeof(?{2})",
                             i == 0 ? "" : " AND ", quote_name(columns[i]), i + 1);
  }
  return condition.empty() ? "1" : condition;
}

}  // namespace

TableSql keyed_sql(const TableShape& shape, const std::vector<std::string>& columns,
                   const std::vector<std::string>& folded_key) {
  const std::string table = quote_name(shape.name);
  const std::string names = name_list(columns);
  const std::string values = parameter_list(columns.size());
  const std::string where = key_condition(shape, columns, folded_key);
  std::string key_names;
  for (const std::string& name : folded_key) key_names += (key_names.empty() ? "" : ", ") + quote_name(name);
  const std::string rowid = shape.rowid.empty() ? "NULL" : shape.rowid;

  TableSql sql;
  // OR ABORT overrides what the table itself says to do on conflict: rows in the way are settled by version.
  // Key columns are assigned too: an equal key may be spelled differently (NOCASE).
  sql.upsert = fmt::format("INSERT OR ABORT INTO {}({}) VALUES({}) ON CONFLICT({}) DO UPDATE SET {}", table,
                           names, values, key_names, assignments(columns));
  sql.replace = fmt::format("INSERT OR REPLACE INTO {}({}) VALUES({})", table, names, values);
  sql.remove = fmt::format("DELETE FROM {} WHERE {}", table, where);
  sql.select = fmt::format("SELECT {}, {} FROM {} WHERE {}", rowid, names, table, where);
  sql.where = where;
  return sql;
}

TableSql full_text_sql(const TableShape& shape) {
  const std::string table = quote_name(shape.name);
  const std::string names = name_list(shape.columns);
  TableSql sql;
  sql.replace = fmt::format("INSERT OR REPLACE INTO {}(rowid, {}) VALUES({})", table, names,
                            parameter_list(shape.columns.size() + 1));
  sql.upsert = sql.replace;
  sql.remove = fmt::format("DELETE FROM {} WHERE rowid = ?1", table);
  sql.select = fmt::format("SELECT rowid, rowid, {} FROM {} WHERE rowid = ?1", names, table);
  sql.where = "rowid = ?1";
  return sql;
}

KeylessSql keyless_sql(const TableShape& shape, const std::vector<std::string>& columns) {
  const std::string table = quote_name(shape.name);
  const std::string names = name_list(columns);
  const std::string values = parameter_list(columns.size());
  const std::size_t next = columns.size() + 1;
  const std::string same = same_row(columns);
  const std::string& rowid = shape.rowid;

  KeylessSql sql;
  sql.insert = fmt::format("INSERT OR ABORT INTO {}({}) VALUES({})", table, names, values);
  sql.replace = fmt::format("INSERT OR REPLACE INTO {}({}) VALUES({})", table, names, values);
  sql.update =
      fmt::format("UPDATE OR ABORT {} SET {} WHERE {} = ?{}", table, assignments(columns), rowid, next);
  sql.update_replace =
      fmt::format("UPDATE OR REPLACE {} SET {} WHERE {} = ?{}", table, assignments(columns), rowid, next);
  sql.remove = fmt::format("DELETE FROM {} WHERE {} = ?1", table, rowid);
  sql.select_hint = fmt::format("SELECT {0} FROM {1} WHERE {0} = ?{2} AND {3}", rowid, table, next, same);
  sql.count = fmt::format("SELECT count(*) FROM {} WHERE {}", table, same);
  sql.select_rowid = fmt::format("SELECT {0} FROM {1} WHERE {2} LIMIT 1", rowid, table, same);
  return sql;
}

}  // namespace murmel::store
