// DatabaseJobs: what a database's worker thread does, one function a job. Each returns what the core wants to
// hear as its input. Holds the store::Database and the positions that go with it.
//
// Invariant: used on the database's worker thread only, from open() to the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/sync.h"
#include "agent/store/local_transaction.h"
#include "agent/store/table_difference.h"
#include "agent/store/types.h"

namespace murmel::store {
class Database;
}

namespace murmel::service {

struct TailResult {
  std::vector<core::ChangeSet> changes;  // durable, unless the configuration says otherwise
  bool more = false;                     // the limit was reached
  std::int64_t uncaptured_commits = 0;   // since open
};

// An apply call's outcome, as input and as figures.
struct ApplyResult {
  core::SyncInput input;
  std::int64_t transactions = 0;
  std::int64_t rows = 0;
  std::int64_t overruled = 0;
  std::int64_t conflicts = 0;
  std::int64_t skipped = 0;
  bool wrote_local = false;
  std::vector<std::int64_t> lag_ms;  // of each change set: from its stamp to its commit here
};

struct TrimResult {
  std::string checkpoint_failure;  // of the last one; empty: none
  std::int64_t records = 0;
  bool more = false;
  core::VersionVector trimmed;  // where the log begins now
};

struct DatabaseLimits {
  std::int64_t tail_bytes = 4 << 20;
  std::int64_t disk_free_bytes_min = 16 << 20;
  bool sync_before_send = true;
};

class DatabaseJobs {
 public:
  DatabaseJobs(std::string path, store::Options options, DatabaseLimits limits);
  ~DatabaseJobs();
  DatabaseJobs(const DatabaseJobs&) = delete;
  DatabaseJobs& operator=(const DatabaseJobs&) = delete;

  const std::string& path() const { return path_; }

  Result<core::StoreState> open();
  void close();
  Result<TailResult> tail();
  ApplyResult apply(std::span<const core::ChangeSet> changes);
  // See store::Database::commit. What is committed is durable.
  Result<std::vector<Status>> commit(std::span<const store::LocalTransaction* const> group);
  // See store::Database::certify.
  Result<store::Certified> certify(std::span<const store::ToCertify> group);
  Result<store::RepairReport> repair(const store::BucketRows& theirs);
  Result<core::sync_input::RetryNow> skip(const core::Position& position);
  core::sync_input::RangeRead read_range(const core::SyncEffects::ReadRange& wanted);
  Result<core::StoreState> adopt(const Uuid& id);
  Result<core::StoreState> install_snapshot(const std::string& file, const store::Progress& progress);
  Status set_watermark(const core::Watermark& watermark);
  Result<TrimResult> trim(const store::TrimRule& rule);  // one batch

  Result<std::vector<store::Conflict>> conflicts(std::int64_t limit);
  Result<std::string> dump_record(NodeId origin, Seq seq);
  Result<core::ChangeSet> read_record(const core::Position& position);
  Result<store::SchemaPlan> plan_schema(const std::string& sql);
  Result<store::SchemaState> schema_state();
  Result<store::SchemaRepairReport> repair_schema(const store::SchemaState& theirs);
  Status keep_setting(std::string_view key, const std::string& value);
  Result<store::DatabaseStatus> status();
  // See store::Database::retire.
  Status retire();
  // Takes Murmel out of the file. The database is closed then, whatever the result.
  Status detach();

 private:
  Result<core::StoreState> state();
  Result<core::StoreState> durable_state();
  Status room_to_write();

  std::string path_;
  store::Options options_;
  DatabaseLimits limits_;
  std::unique_ptr<store::Database> database_;
  core::VersionVector have_;  // as of the last call that told it
  core::Hlc clock_;
  std::chrono::steady_clock::time_point ample_room_until_{};  // as the disk was seen last
};

}  // namespace murmel::service
