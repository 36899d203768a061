// Puts a snapshot in the place of a database's content, in one transaction of the live file: schema and rows
// are made anew from the snapshot, its log and positions are taken over (the donor's local records become the
// donor's, those of this node become local again), and what the log here holds and the donor had not seen is
// applied once more, by last writer wins. Applications keep their connections; memory stays bounded.
//
// Unseen records of the same history (database id) come back as they were, of whatever origin. Of another
// history only what was written here does, as new change sets: numbers and stamps of the old one mean
// nothing.
//
// A transaction that can't be applied on top is kept as text in __murmel_conflicts, reason 'unapplied', and
// the rest goes on.
//
// Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "agent/store/applier.h"
#include "agent/store/conflict_log.h"
#include "agent/store/connection.h"
#include "agent/store/local_writes.h"
#include "agent/store/log_state.h"
#include "agent/store/log_writer.h"
#include "agent/store/types.h"

namespace murmel::store {

class SnapshotInstaller {
 public:
  struct Parts {
    Connection& connection;
    NodeId self;
    LogState& state;
    LogWriter& log;
    Applier& applier;
    ConflictLog& conflicts;
    LocalWrites& local;
    std::function<WallMs()> clock;
  };

  SnapshotInstaller(const Parts& parts, const Progress& progress) : parts_(parts), progress_(progress) {}

  Status install(const std::string& file);

 private:
  Status install_attached(const SnapshotInfo& info);
  Status save_unseen_records(const SnapshotInfo& info);
  Status take_over_log(const SnapshotInfo& info);
  Result<core::VersionVector> trimmed_of_snapshot(const SnapshotInfo& info);
  Status take_over_positions(const SnapshotInfo& info);
  Status apply_unseen_records(const SnapshotInfo& info);
  Result<bool> apply_unseen(const std::vector<core::ChangeSet>& transaction);
  Status log_unseen(const core::ChangeSet& change);

  Parts parts_;
  const Progress& progress_;
  bool same_history_ = true;
  Statement write_cursor_;
  ApplyReport report_;
};

}  // namespace murmel::store
