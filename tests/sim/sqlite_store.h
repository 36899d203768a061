// SqliteStore: the real store::Database under the simulated host, with an application's connection that has
// the extension loaded. Power failure: the files are put back as they were at the last sync.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/store/database.h"
#include "tests/sim/sim_store.h"

struct sqlite3;

namespace murmel::sim {

class SqliteStore : public SimStore {
 public:
  struct Options {
    NodeId node = 0;
    std::string folder;  // for the database files of all nodes of a run
    std::function<void(const std::string&)> violation;
    std::function<WallMs()> wall_ms;
    bool tables = false;  // are there before the log begins
  };

  SqliteStore(Options options, const Uuid& database_id, const Content& baseline);
  ~SqliteStore() override;

  core::StoreState state() override;
  void commit(const std::vector<Op>& ops, WallMs wall_ms) override;
  void commit_decided(const core::ChangeSet& change) override;
  std::vector<core::ChangeSet> tail() override;
  void sync() override;
  ApplyAnswer apply(std::span<const core::ChangeSet> changes, WallMs wall_ms) override;
  RangeAnswer read_range(NodeId origin, Seq from, std::int64_t bytes_max) override;
  void set_watermark(const core::Watermark& watermark) override;
  core::VersionVector trim(const core::SyncEffects::Trim& trim, const TrimLimits& limits,
                           WallMs wall_ms) override;
  void adopt(const Uuid& id) override;
  std::unique_ptr<Snapshot> make_snapshot() override;
  void install_snapshot(const Snapshot& snapshot, WallMs wall_ms) override;
  void crash(Random& random) override;
  Content content() override;
  std::int64_t conflicts() override;
  std::vector<Op> decode(const core::ChangeSet& change) override;
  SharedBytes encode(const std::vector<Op>& ops) override;

 private:
  struct FileSnapshot : Snapshot {
    std::string path;
    ~FileSnapshot() override;
  };

  void open();
  void close();
  void run(const std::string& sql);
  void must(const Status& status, const char* what);
  void save_files(const std::string& suffix);
  void restore_files(const std::string& suffix);

  Options options_;
  std::string path_;
  std::unique_ptr<store::Database> database_;
  sqlite3* app_ = nullptr;
  int snapshots_ = 0;
};

}  // namespace murmel::sim
