// Reads records of __murmel_log in the order of their ids, as change sets.
//
// A local record says nothing of what its author had seen: that is what stands before it in this log. So the
// scan notes the positions of other origins that it passes and gives them to the next local record
// (DependsTracker); a scan from the begin of the log starts with all that was trimmed. A local record that
// came back with a snapshot carries its dependencies itself. Belongs to the database's thread; runs inside
// the caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/core/change_set.h"
#include "agent/store/connection.h"

namespace murmel::store {

// What has been passed since the last local record.
class DependsTracker {
 public:
  DependsTracker() = default;
  // Everything in `before` but own records stands before what comes.
  DependsTracker(NodeId self, const core::VersionVector& before);

  void passed(const core::Position& position);
  std::vector<core::Position> take();
  void clear() { passed_.clear(); }

 private:
  core::VersionVector passed_;
};

struct LogRow {
  std::int64_t id = 0;
  bool local = false;
  bool says_depends = false;  // it carries its dependencies; else they were told by what stands before it
  bool has_payload = false;
  std::optional<std::int64_t> ichange;
  core::ChangeSet change;  // origin is a node id; rows are filled if has_payload
};

class LogScan {
 public:
  // `statement` is sql::kScanLog or sql::kScanLogAbove and must outlive the scan. The scan starts behind the
  // record `after_id`; `wanted` is the second parameter: which payloads are read, those below `from` left
  // out.
  LogScan(Statement& statement, NodeId self, DependsTracker& tracker, std::int64_t after_id,
          std::int64_t wanted, Seq from = 0);
  ~LogScan() { statement_.reset(); }
  LogScan(const LogScan&) = delete;
  LogScan& operator=(const LogScan&) = delete;

  Result<bool> next();
  LogRow& row() { return row_; }

 private:
  Statement& statement_;
  NodeId self_;
  DependsTracker& tracker_;
  LogRow row_;
};

}  // namespace murmel::store
