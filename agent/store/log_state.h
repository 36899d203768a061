// What memory knows of a database's log: how far each origin is here, which rows were written last by whom
// (the version index), what each author had seen, and where records stand. Rebuilt from the log at open, then
// kept in step: the applier adds what it committed, catch_up() what applications wrote: local records, and
// decided ones of this node (core/commit.h) that an application committed after waiting for the decision.
//
// Invariant: under the write lock and after catch_up(), every record of the log up to the last one is in
// here. Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "agent/core/bag_ledger.h"
#include "agent/core/causal.h"
#include "agent/core/change_set.h"
#include "agent/core/versions.h"
#include "agent/core/watermark.h"
#include "agent/store/connection.h"
#include "agent/store/log_index.h"
#include "agent/store/log_scan.h"
#include "agent/store/recent_writes.h"

namespace murmel::store {

class LogState {
 public:
  static Result<LogState> create(Connection& connection, NodeId self);

  // Reads cursors and log anew. In a read or write transaction of the caller.
  Status load(const core::Watermark& watermark);
  // Lowers the watermark: the next catch_up() reads all anew, and each after it until one has succeeded.
  void lower(const core::Watermark& watermark) {
    loaded_ = false;
    watermark_ = watermark;
  }
  // Raises the watermark.
  void settle(const core::Watermark& watermark);
  const core::Watermark& watermark() const { return watermark_; }
  // Takes in records that applications have committed since. In a transaction of the caller. After a load
  // that failed it loads instead.
  Status catch_up();

  // A record that the caller has committed.
  struct Committed {
    std::int64_t id;
    core::Position position;
    core::Hlc hlc;
  };
  void add_committed(const std::vector<Committed>& records);

  const core::VersionVector& have() const { return have_; }
  core::Hlc clock() const { return clock_; }
  // Greatest change sets that are no longer in the log.
  core::VersionVector trimmed() const { return index_.trimmed_of(have_); }
  core::VersionIndex& versions() { return versions_; }
  core::BagLedger& bags() { return bags_; }
  core::CausalHistory& causal() { return causal_; }
  LogIndex& index() { return index_; }
  // Who writes rows otherwise than catch_up() finds them notes them here.
  RecentWrites& recent() { return recent_; }
  std::int64_t last_id() const { return last_id_; }
  // Of applications, caught up with since creation.
  std::int64_t written_transactions() const { return written_transactions_; }

 private:
  LogState(Connection& connection, NodeId self) : connection_(&connection), self_(self) {}
  Status read_log();
  Status check_written(const LogRow& row) const;
  Status absorb(const LogRow& row);
  Status read_cursors();

  Connection* connection_;
  NodeId self_;
  Statement scan_written_;
  Statement scan_above_;
  core::VersionVector have_;
  core::Hlc clock_;
  core::Watermark watermark_;
  core::VersionIndex versions_;
  core::BagLedger bags_;
  core::CausalHistory causal_;
  LogIndex index_;
  RecentWrites recent_;
  DependsTracker tracker_;
  std::int64_t last_id_ = 0;
  std::int64_t written_transactions_ = 0;
  bool written_more_ = false;
  bool loaded_ = false;
};

// What a change set does to rows, in its order: to those with a key, and to bags of equal rows without one.
struct RowUses {
  std::function<void(const core::RowKey&, bool deletes)> keyed;
  std::function<void(const core::RowKey& bag, const core::BagOp&)> bag;
};
// kCorrupt if its payload can't be read.
Status for_each_row(const core::ChangeSet& change, const RowUses& uses);

}  // namespace murmel::store
