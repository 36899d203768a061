// Appends records to __murmel_log under the write lock, and keeps its running values (last id, clock, last
// local seq). Belongs to the database's thread. What was appended counts only when the transaction commits;
// begin() reads the values anew in each.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/store/connection.h"

namespace murmel::store {

class LogWriter {
 public:
  // Values as of the last row of the log.
  struct End {
    std::int64_t id = 0;
    core::Hlc clock;
    Seq local_seq = 0;
  };

  static Result<LogWriter> create(Connection& connection, NodeId self);

  // Reads where the log ends. Under the write lock.
  Status begin();
  // A record of another origin, as it came.
  Status append_remote(const core::ChangeSet& change);
  // A record of this node's own: gets the next seq and a stamp above everything here.
  Result<core::ChangeSet> append_own(std::string payload, WallMs now, std::uint32_t schema_version);
  // The stamp that a record of this node's own gets now.
  core::Hlc next_stamp(WallMs now) const { return core::Hlc::next(end_.clock, now); }
  // One that has the next seq and such a stamp.
  Status append_own(const core::ChangeSet& change) { return append(change, true, false); }
  // An own record that keeps its place: it comes back after a snapshot took the log's place.
  Status append_own_again(const core::ChangeSet& change);

  const End& end() const { return end_; }
  // Where the next records go; to take back what a savepoint's rollback took back.
  void set_end(const End& end) { end_ = end; }

 private:
  LogWriter(Statement last, Statement append, NodeId self)
      : last_(std::move(last)), append_(std::move(append)), self_(self) {}
  Status append(const core::ChangeSet& change, bool local, bool write_depends);

  Statement last_;
  Statement append_;
  NodeId self_;
  End end_;
};

}  // namespace murmel::store
