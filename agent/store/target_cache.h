// The row targets in use, one per table description, with their prepared statements. Everything in it stands
// for one schema: forget() when that may have changed. Bounded. Belongs to the applier of one database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "agent/store/connection.h"
#include "agent/store/row_target.h"
#include "agent/store/table_filter.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class TargetCache {
 public:
  TargetCache(Connection& connection, const TableFilter& filter) : connection_(connection), filter_(filter) {}

  Result<RowTarget*> find(const wire::Table& table);
  void forget() { targets_.clear(); }

 private:
  Connection& connection_;
  const TableFilter& filter_;
  std::unordered_map<std::string, std::unique_ptr<RowTarget>> targets_;
};

// Whether rows of the table are replicated; content of a full-text index goes by the index's name.
bool filter_wants(const TableFilter& filter, const wire::Table& table);

}  // namespace murmel::store
