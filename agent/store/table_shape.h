// What a local table looks like: which columns rows may name, what identifies a row, and how to reach the row
// otherwise. Read from the schema when a table is first written, and again after every schema change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"

namespace murmel::store {

struct TableShape {
  enum class Kind { kPlain, kVirtual, kShadow };

  std::string name;  // as spelled here
  Kind kind = Kind::kPlain;
  bool without_rowid = false;
  std::vector<std::string> columns;  // stored, non-generated ones, in table order
  std::vector<std::string> key;      // primary key columns in key order; empty: none
  // Of each key column in the key's index, where it is not BINARY. The column's own may be another one.
  std::vector<std::string> key_collations;
  std::string rowid;  // a name under which the rowid can be reached; empty: there is none

  bool has_column(std::string_view column) const;
};

// nullopt: no such table (a view is none).
Result<std::optional<TableShape>> read_table_shape(Connection& connection, std::string_view name);

}  // namespace murmel::store
