// Statements on one application table, built from quoted names. Parameters are the values of a row image in
// the order of `columns`.
#pragma once

#include <string>
#include <vector>

#include "agent/store/table_shape.h"

namespace murmel::store {

struct TableSql {
  std::string upsert;   // insert, or overwrite the row with the same key
  std::string replace;  // insert, and evict every row in the way
  std::string remove;   // by the key
  std::string select;   // the row with that key: its rowid (NULL if it has none), then `columns`
  std::string where;    // the condition that picks it
};

// A plain table written by its key. `columns`: those that images and table have in common, with all key
// columns.
TableSql keyed_sql(const TableShape& shape, const std::vector<std::string>& columns,
                   const std::vector<std::string>& folded_key);

// A full-text index written as a virtual table: the first value of an image is the rowid.
TableSql full_text_sql(const TableShape& shape);

// A table without a key. `select_rowid` finds one row equal to the image, value and type; `select_hint` tries
// one rowid (the parameter behind the values) first.
struct KeylessSql {
  std::string insert;
  std::string replace;
  std::string update;  // parameter behind the values: rowid
  std::string update_replace;
  std::string remove;  // parameter: rowid
  std::string select_hint;
  std::string select_rowid;
  std::string count;  // rows equal to the image
};
KeylessSql keyless_sql(const TableShape& shape, const std::vector<std::string>& columns);

}  // namespace murmel::store
