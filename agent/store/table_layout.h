// A table description that outlives the payload it came from.
#pragma once

#include <string>
#include <vector>

#include "agent/wire/row_reader.h"

namespace murmel::store {

class TableLayout {
 public:
  explicit TableLayout(const wire::Table& table);
  TableLayout(const TableLayout&) = delete;  // `table_` points into `names_`
  TableLayout& operator=(const TableLayout&) = delete;

  const wire::Table& table() const { return table_; }
  // Equal for equal descriptions, whatever the payload.
  static std::string fingerprint(const wire::Table& table);

 private:
  std::vector<std::string> names_;
  wire::Table table_;
};

}  // namespace murmel::store
