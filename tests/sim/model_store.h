// ModelStore: what a store has to do, in maps. Keeps the rules of store::Database (log in one order for all
// origins, rows and log and cursor in one step, last writer wins by the shared decision) without any of its
// mechanics.
//
// Durability: every committed step can be undone until sync(); crash() undoes a random number of the last
// ones, as a WAL that lost its tail. Contract checks: what the core hands over must be in order and whole; a
// breach is noted as a violation for the checker.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/core/bag_ledger.h"
#include "agent/core/causal.h"
#include "agent/core/versions.h"
#include "tests/sim/mutation.h"
#include "tests/sim/sim_store.h"

namespace murmel::sim {

class ModelStore : public SimStore {
 public:
  struct Options {
    NodeId node = 0;
    std::size_t ops_per_record = 4;  // larger transactions become several records
    PlantedBug bug = PlantedBug::kNone;
    std::function<void(const std::string&)> violation;
  };

  ModelStore(Options options, const Uuid& database_id, const Content& baseline);

  core::StoreState state() override;
  void commit(const std::vector<Op>& ops, WallMs wall_ms) override;
  void commit_decided(const core::ChangeSet& change) override;
  std::vector<core::ChangeSet> tail() override;
  void sync() override { undo_.clear(); }
  ApplyAnswer apply(std::span<const core::ChangeSet> changes, WallMs wall_ms) override;
  RangeAnswer read_range(NodeId origin, Seq from, std::int64_t bytes_max) override;
  void set_watermark(const core::Watermark& watermark) override;
  core::VersionVector trim(const core::SyncEffects::Trim& trim, const TrimLimits& limits,
                           WallMs wall_ms) override;
  void adopt(const Uuid& id) override;
  std::unique_ptr<Snapshot> make_snapshot() override;
  void install_snapshot(const Snapshot& snapshot, WallMs wall_ms) override;
  void crash(Random& random) override;
  Content content() override { return disk_.content; }
  std::int64_t conflicts() override { return disk_.conflicts; }
  std::vector<Op> decode(const core::ChangeSet& change) override { return decode_ops(change.rows.view()); }
  SharedBytes encode(const std::vector<Op>& ops) override { return SharedBytes(encode_ops(ops)); }

 private:
  using BagId = std::pair<Value, core::BagPlace>;
  struct SavedVersion {
    core::RowKey key;
    core::RowVersion row;
  };
  // What is in the file.
  struct Disk {
    Uuid database_id;
    bool baseline = false;
    Content content;
    core::VersionVector have;
    core::VersionVector own_seen;  // of others, as told in depends so far
    core::VersionVector trimmed;
    core::Hlc trimmed_clock;  // greatest stamp among these
    core::Hlc clock;
    std::int64_t conflicts = 0;
    std::deque<core::ChangeSet> log;  // all origins, in the order of their commit here
    // Of records trimmed by age above the watermark:
    std::vector<SavedVersion> saved;
    std::map<NodeId, core::VersionVector> past;  // what their authors had seen
    // What they did to the journal; and which operations on it missed.
    std::map<BagId, core::BagOp> bag_ops;
    core::Hlc bags_begin;       // greatest stamp of a settled record that was trimmed
    core::Watermark watermark;  // as of the last trimming
  };
  struct ModelSnapshot : Snapshot {
    Disk disk;
  };
  // How to take back one step.
  struct Undo {
    std::vector<std::pair<Key, std::optional<Value>>> rows;
    std::vector<std::pair<Value, int>> journal;  // value, how many more
    std::map<BagId, core::BagOp> bag_ops;
    core::VersionVector have;
    core::VersionVector own_seen;
    core::Hlc clock;
    std::int64_t conflicts = 0;
    std::size_t log_records = 0;
  };

  void begin_step();
  void take_back(const Undo& undo);
  void write(const Op& op);
  void write_bag(const Op& op, const core::BagPlace& place);
  void remember(Key key);
  void append(const core::ChangeSet& change);
  void index_local();
  void index_record(const core::ChangeSet& change);
  void rebuild(const core::Watermark& watermark);
  void save(const core::ChangeSet& change);
  std::vector<core::ChangeSet> make_records(const std::vector<Op>& ops, WallMs wall_ms);
  void apply_one(const core::ChangeSet& change);
  bool wins(Key key, bool deletes, core::RowVersion row, const core::VersionVector& seen);
  void write_again(const std::vector<core::ChangeSet>& unseen, WallMs wall_ms);
  bool in_order(std::span<const core::ChangeSet> changes, std::size_t index);
  std::vector<core::Position> new_dependencies();

  Options options_;
  Disk disk_;
  std::deque<Undo> undo_;
  core::Watermark watermark_;
  core::VersionIndex index_;
  core::BagLedger bags_;
  core::CausalHistory history_;
  Seq indexed_ = 0;  // own records in index and history
  Seq tailed_ = 0;   // own records that tail() returned
  std::int64_t applied_count_ = 0;
};

core::RowKey row_key(std::uint64_t key);

}  // namespace murmel::sim
