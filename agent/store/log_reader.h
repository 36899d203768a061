// Change sets out of the log for others: new local ones (the tail) and ranges of any origin. Those of this
// node leave without the rows of filtered tables. Belongs to the database's thread; each call is one read
// transaction.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/core/change_set.h"
#include "agent/store/connection.h"
#include "agent/store/log_scan.h"
#include "agent/store/log_state.h"
#include "agent/store/table_filter.h"
#include "agent/store/types.h"

namespace murmel::store {

class LogReader {
 public:
  static Result<LogReader> create(Connection& connection, NodeId self, const TableFilter& filter);

  // The tail starts behind record `id`. What is here by then has been seen by the next local record.
  void start_tail(std::int64_t id, const core::VersionVector& have);
  Result<std::vector<core::ChangeSet>> tail(std::size_t bytes_max);

  Result<RangeRead> range(LogState& state, NodeId origin, Seq from, std::size_t bytes_max);

 private:
  LogReader(NodeId self, const TableFilter& filter) : self_(self), filter_(&filter) {}
  Result<bool> read_behind(std::int64_t start, const LogState& state, const core::Position& from,
                           std::size_t bytes_max, RangeRead& range);
  Status prepare_for_sending(core::ChangeSet& change);

  NodeId self_;
  const TableFilter* filter_;
  Statement scan_;
  DependsTracker tail_passed_;
  std::int64_t tail_id_ = 0;
};

}  // namespace murmel::store
