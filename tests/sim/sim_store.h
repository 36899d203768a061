// SimStore: the part of store::Database that replication uses, so that the simulator can put a model or real
// SQLite behind the same host. Also knows how to lose power.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/core/sync.h"
#include "tests/sim/rows.h"

namespace murmel::sim {

struct ApplyAnswer {
  core::VersionVector have;
  core::Hlc clock;
  std::optional<core::Position> failed;
  std::string text;  // of the failure
};

struct RangeAnswer {
  std::vector<core::ChangeSet> changes;
  bool gone = false;
  Seq first_kept = 0;
};

struct TrimLimits {
  Duration min_age;
  Duration max_age;
};

// A consistent copy of a database. Only its maker's kind of store can read it.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

class SimStore {
 public:
  virtual ~SimStore() = default;

  virtual core::StoreState state() = 0;
  // A transaction of the application.
  virtual void commit(const std::vector<Op>& ops, WallMs wall_ms) = 0;
  // A transaction of the application that was decided: rows, log record and cursor in one.
  virtual void commit_decided(const core::ChangeSet& change) = 0;
  virtual std::vector<core::ChangeSet> tail() = 0;
  virtual void sync() = 0;
  virtual ApplyAnswer apply(std::span<const core::ChangeSet> changes, WallMs wall_ms) = 0;
  virtual RangeAnswer read_range(NodeId origin, Seq from, std::int64_t bytes_max) = 0;
  virtual void set_watermark(const core::Watermark& watermark) = 0;
  // Returns what is gone from the log.
  virtual core::VersionVector trim(const core::SyncEffects::Trim& trim, const TrimLimits& limits,
                                   WallMs wall_ms) = 0;
  virtual void adopt(const Uuid& id) = 0;
  virtual std::unique_ptr<Snapshot> make_snapshot() = 0;
  virtual void install_snapshot(const Snapshot& snapshot, WallMs wall_ms) = 0;
  // Loses some of what was not synced, as a power failure does, and opens again.
  virtual void crash(Random& random) = 0;

  virtual Content content() = 0;
  // Concurrent writes to one row that were counted in the life of this database.
  virtual std::int64_t conflicts() = 0;
  virtual std::vector<Op> decode(const core::ChangeSet& change) = 0;
  // Rows of a transaction at QUORUM, which puts and deletes rows of the keyed table.
  virtual SharedBytes encode(const std::vector<Op>& ops) = 0;
};

}  // namespace murmel::sim
