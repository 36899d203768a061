#include "agent/service/database_jobs.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>

#include <fmt/format.h>

#include "agent/service/wall_clock.h"
#include "agent/store/database.h"

namespace murmel::service {
namespace {

using core::sync_input::Applied;
using core::sync_input::ApplyFailed;

// So much is not written in so short a time.
constexpr std::uint64_t kAmpleBytes = std::uint64_t{1} << 30;
constexpr std::chrono::milliseconds kAmpleFor{100};

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

DatabaseJobs::DatabaseJobs(std::string path, store::Options options, DatabaseLimits limits)
    : path_(std::move(path)), options_(std::move(options)), limits_(limits) {}
DatabaseJobs::~DatabaseJobs() = default;

Result<core::StoreState> DatabaseJobs::open() {
  TRY_ASSIGN(database_, store::Database::open(path_, options_));
  return durable_state();
}

void DatabaseJobs::close() {
  database_.reset();
}

Result<core::StoreState> DatabaseJobs::state() {
  TRY_ASSIGN(core::StoreState now, database_->state());
  have_ = now.have;
  clock_ = now.clock;
  return now;
}

// Peers are told of it at once, so it must not be lost any more: applications may have committed while no
// agent was there.
Result<core::StoreState> DatabaseJobs::durable_state() {
  TRY_ASSIGN(core::StoreState now, state());
  TRY(database_->sync_wal());
  return now;
}

Result<TailResult> DatabaseJobs::tail() {
  TailResult result;
  TRY_ASSIGN(result.changes, database_->tail(static_cast<std::size_t>(limits_.tail_bytes)));
  result.uncaptured_commits = database_->uncaptured_commits();
  if (result.changes.empty()) return result;
  if (limits_.sync_before_send) TRY(database_->sync_wal());
  std::int64_t bytes = 0;
  for (const core::ChangeSet& change : result.changes) bytes += static_cast<std::int64_t>(change.rows.size());
  result.more = bytes >= limits_.tail_bytes / 2;
  const core::ChangeSet& last = result.changes.back();
  Seq& own = have_[last.origin];  // apply may have seen later ones already
  own = std::max(own, last.seq);
  clock_ = std::max(clock_, last.hlc);
  return result;
}

Status DatabaseJobs::room_to_write() {
  const auto now = std::chrono::steady_clock::now();
  if (now < ample_room_until_) return Ok{};
  struct statvfs room {};
  const std::string folder = folder_of(path_);
  if (statvfs(folder.c_str(), &room) != 0) return Ok{};  // the write itself will tell
  const auto free_bytes = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  const auto least = static_cast<std::uint64_t>(limits_.disk_free_bytes_min);
  if (free_bytes >= least + kAmpleBytes) ample_room_until_ = now + kAmpleFor;
  if (free_bytes >= least) return Ok{};
  return Error{
      ErrorCode::kFull,
      fmt::format("only {} bytes are free in {}; applying waits until there is room", free_bytes, folder)};
}

ApplyResult DatabaseJobs::apply(std::span<const core::ChangeSet> changes) {
  const auto failed = [this](core::Position at, const Error& error) {
    return ApplyResult{.input = ApplyFailed{at, error.code, error.message, have_, clock_}};
  };
  if (const Status room = room_to_write(); !room.ok()) return failed({}, room.error());
  auto applied = database_->apply(changes);
  if (!applied.ok()) return failed({}, applied.error());
  have_ = applied->have;
  clock_ = applied->clock;
  ApplyResult result;
  if (applied->failures.empty()) {
    result.input = Applied{have_, clock_};
    const WallMs now = wall_clock_ms();
    for (const core::ChangeSet& change : changes) {
      if (change.more || change.hlc == core::kVoidStamp) continue;
      result.lag_ms.push_back(std::max<std::int64_t>(0, now - change.hlc.wall_ms()));
    }
  } else {
    const store::ApplyFailure& first = applied->failures.front();
    result = failed(first.position, {first.code, first.message});
  }
  result.transactions = applied->transactions;
  result.rows = applied->rows;
  result.overruled = applied->overruled;
  result.conflicts = applied->conflicts;
  result.skipped = applied->skipped;
  result.wrote_local = applied->wrote_local;
  return result;
}

Result<std::vector<Status>> DatabaseJobs::commit(std::span<const store::LocalTransaction* const> group) {
  if (database_ == nullptr) return Error{ErrorCode::kUnavailable, "the database is not open now"};
  TRY(room_to_write());
  TRY_ASSIGN(std::vector<Status> outcomes, database_->commit(group));
  TRY(database_->sync_wal());
  return outcomes;
}

Result<store::Certified> DatabaseJobs::certify(std::span<const store::ToCertify> group) {
  if (database_ == nullptr) return Error{ErrorCode::kUnavailable, "the database is not open now"};
  return database_->certify(group);
}

Result<store::RepairReport> DatabaseJobs::repair(const store::BucketRows& theirs) {
  TRY(room_to_write());
  return database_->repair(theirs);
}

Result<core::sync_input::RetryNow> DatabaseJobs::skip(const core::Position& position) {
  TRY(database_->skip(position));
  TRY(database_->sync_wal());
  return core::sync_input::RetryNow{};
}

core::sync_input::RangeRead DatabaseJobs::read_range(const core::SyncEffects::ReadRange& wanted) {
  core::sync_input::RangeRead answer;
  answer.request = wanted.request;
  auto range = database_->read_range(wanted.origin, wanted.from, static_cast<std::size_t>(wanted.bytes_max));
  // A log that can't be read is answered with nothing: the peer asks again, or elsewhere.
  if (!range.ok()) return answer;
  answer.changes = std::move(range->changes);
  answer.gone = range->gone;
  answer.first_kept = range->first_kept;
  return answer;
}

Result<core::StoreState> DatabaseJobs::adopt(const Uuid& id) {
  // An application may have written to it since: then it has a history of its own.
  TRY_ASSIGN(const core::StoreState now, state());
  if (now.fresh) TRY(database_->adopt_database_id(id));
  return durable_state();
}

Result<core::StoreState> DatabaseJobs::install_snapshot(const std::string& file,
                                                        const store::Progress& progress) {
  Status installed = room_to_write();
  if (installed.ok()) {
    auto now = database_->install_snapshot(file, progress);
    if (!now.ok()) installed = now.error();
  }
  std::error_code ignored;  // a leftover is removed at the next start
  std::filesystem::remove(file, ignored);
  if (!installed.ok()) return installed.error();
  return durable_state();
}

Status DatabaseJobs::set_watermark(const core::Watermark& watermark) {
  return database_->set_watermark(watermark);
}

Result<TrimResult> DatabaseJobs::trim(const store::TrimRule& rule) {
  TRY_ASSIGN(const store::TrimReport report, database_->trim(rule));
  TrimResult result{
      .checkpoint_failure = database_->checkpoint_failure(), .records = report.records, .more = report.more};
  if (report.records > 0) {
    TRY_ASSIGN(core::StoreState now, database_->state());
    result.trimmed = std::move(now.trimmed);
  }
  return result;
}

Result<std::vector<store::Conflict>> DatabaseJobs::conflicts(std::int64_t limit) {
  return database_->conflicts(limit);
}

Result<std::string> DatabaseJobs::dump_record(NodeId origin, Seq seq) {
  return database_->dump_record(origin, seq);
}

Result<core::ChangeSet> DatabaseJobs::read_record(const core::Position& position) {
  TRY_ASSIGN(store::RangeRead range, database_->read_range(position.origin, position.seq, 1));
  if (range.changes.empty()) return Error{ErrorCode::kNotFound, "the log does not hold it"};
  return std::move(range.changes.front());
}

Result<store::SchemaPlan> DatabaseJobs::plan_schema(const std::string& sql) {
  return database_->plan_schema(sql);
}

Result<store::SchemaState> DatabaseJobs::schema_state() {
  return database_->schema_state();
}

Result<store::SchemaRepairReport> DatabaseJobs::repair_schema(const store::SchemaState& theirs) {
  TRY(room_to_write());
  return database_->repair_schema(theirs);
}

Status DatabaseJobs::keep_setting(std::string_view key, const std::string& value) {
  return database_->keep_setting(key, value);
}

Result<store::DatabaseStatus> DatabaseJobs::status() {
  return database_->status();
}

Status DatabaseJobs::retire() {
  return database_->retire();
}

Status DatabaseJobs::detach() {
  database_.reset();
  return store::detach(path_);
}

}  // namespace murmel::service
