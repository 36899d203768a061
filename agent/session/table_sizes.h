// TableSizes: about how large the tables of a database are, for those who look at information_schema. Small
// ones are counted, of large ones a sample of their pages: each level of a B-tree is taken to be as full as
// what was seen of it. Read on the connection's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/session/schema.h"

struct sqlite3;

namespace murmel::session {

struct TableSize {
  std::int64_t rows = 0;
  std::int64_t data_bytes = 0;
  std::int64_t index_bytes = 0;
  // Rows to one value of the first columns of an index (SQLite's ANALYZE), by SQLite's name of the index.
  std::map<std::string, std::vector<std::int64_t>, NameOrder> rows_to_value;
  // Values of the first columns of an index, as far as its first entries tell; by MySQL's name of the index.
  std::map<std::string, std::vector<std::int64_t>, NameOrder> values;
  std::optional<std::int64_t> next_number;  // AUTO_INCREMENT
};
using TableSizes = std::map<std::string, TableSize, NameOrder>;

// Empty if it can't be read now. `schema`: "main", or the name that the database is attached under.
TableSizes read_sizes(sqlite3* connection, const std::string& schema, const DatabaseSchema& tables);
// Adds `values` of indexes that ANALYZE has not looked at. The connection has MySQL's collations.
void estimate_values(sqlite3* connection, const std::string& schema, const DatabaseSchema& tables,
                     TableSizes& sizes);
// Of a database that is not open here.
TableSizes read_sizes_of_file(const std::string& path, const DatabaseSchema& tables);

}  // namespace murmel::session
