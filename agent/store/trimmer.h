// Takes records off the old end of the log. In order of ids, so that what is left has no holes; the last
// record stays, because ids and running values continue from it. Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/base/time.h"
#include "agent/core/hlc.h"
#include "agent/store/connection.h"
#include "agent/store/kept_versions.h"
#include "agent/store/local_writes.h"
#include "agent/store/log_state.h"
#include "agent/store/types.h"

namespace murmel::store {

class Trimmer {
 public:
  Trimmer(Connection& connection, LocalWrites& local, NodeId self)
      : connection_(connection), local_(local), self_(self) {}

  // Removes at most one batch, in a transaction of its own, and tells the index. What still matters of them
  // is kept (kept_versions.h).
  Result<TrimReport> trim(const TrimRule& rule, LogState& state, WallMs now);

 private:
  struct Record {
    std::int64_t id = 0;
    core::Position position;
    core::Hlc hlc;
    WallMs made = 0;  // about when
  };
  struct Batch {
    std::int64_t last_id = 0;  // 0: nothing to remove
    core::VersionVector trimmed;
    std::vector<Record> unsettled;  // above the watermark: the versions of their rows still matter
    KeptPast past;                  // what their authors had seen
    core::Hlc settled;              // greatest stamp of the others
    TrimReport report;
  };
  Result<Batch> find(const TrimRule& rule, const LogState& state, WallMs now);
  Status take(Batch& batch, const Record& record, const std::vector<core::Position>& depends,
              const LogState& state);
  Status keep_versions(const Batch& batch, const LogState& state);
  static bool may_go(const TrimRule& rule, core::Hlc watermark, WallMs now, const Record& record);

  Connection& connection_;
  LocalWrites& local_;
  NodeId self_;
  Statement scan_;
  Statement remove_;
};

}  // namespace murmel::store
