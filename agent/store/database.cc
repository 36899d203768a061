#include "agent/store/database.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "agent/store/capture.h"
#include "agent/store/database_impl.h"
#include "agent/store/full_text.h"
#include "agent/store/meta.h"
#include "agent/store/record_dump.h"
#include "agent/store/snapshot.h"
#include "agent/store/snapshot_install.h"
#include "agent/store/speculative_vfs.h"
#include "agent/store/sql.h"
#include "agent/store/table_hash.h"

namespace murmel::store {

Result<State> Database::state() {
  State state;
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(impl_->connection, Transaction::Kind::kRead));
  TRY(impl_->state->catch_up());
  state.have = impl_->state->have();
  state.clock = impl_->state->clock();
  TRY_ASSIGN(state.database_id, read_database_id(impl_->connection));
  TRY_ASSIGN(const auto baseline, read_meta(impl_->connection, "baseline"));
  state.baseline = baseline && *baseline != "0";
  TRY_ASSIGN(state.fresh, impl_->fresh());
  state.trimmed = impl_->state->trimmed();
  state.watermark = impl_->state->watermark();
  return state;
}

Result<std::vector<core::ChangeSet>> Database::tail(std::size_t bytes_max) {
  Impl& impl = *impl_;
  TRY_ASSIGN(const bool pending, impl.local.pending());
  if (pending) {
    const auto logged = impl.local.log_all();
    // Behind a long write transaction of an application the rest of the log is read all the same.
    if (!logged.ok() && logged.error().code != ErrorCode::kBusy) return logged.error();
    impl.audit.lose_count();
  }
  const auto before = capture::read_ichange(impl.connection);
  TRY_ASSIGN(Transaction snapshot, Transaction::begin(impl.connection, Transaction::Kind::kRead));
  TRY(impl.state->catch_up());
  const auto after = capture::read_ichange(impl.connection);
  const std::int64_t transactions = impl.state->written_transactions();
  const std::int64_t captured = transactions - std::exchange(impl.audited_transactions, transactions);
  // A schema change that came since the look above has no record yet, or one together with rows.
  TRY_ASSIGN(const bool pending_now, impl.local.pending());
  if (pending_now) {
    impl.audit.lose_count();
  } else {
    impl.audit.observe(before, after, captured);
  }
  return impl.reader->tail(bytes_max);
}

Status Database::sync_wal() {
  // As it was before: what others commit meanwhile may not be on the disk yet.
  const auto version = wal_version(impl_->connection.handle());
  if (version && version == impl_->synced) return Ok{};
  TRY(impl_->wal.sync());
  impl_->synced = version;
  return Ok{};
}

Result<ApplyReport> Database::apply(std::span<const core::ChangeSet> changes) {
  const std::int64_t rounds = impl_->local.rounds();
  TRY_ASSIGN(ApplyReport report, impl_->applier->apply(changes));
  if (report.transactions + report.skipped > 0 && rounds == impl_->local.rounds()) {
    impl_->audit.own_commit();
  } else {
    impl_->audit.lose_count();  // commits and records did not go together
  }
  return report;
}

Result<std::vector<Status>> Database::commit(std::span<const LocalTransaction* const> group) {
  const std::int64_t rounds = impl_->local.rounds();
  TRY_ASSIGN(std::vector<Status> outcomes, impl_->applier->commit(group));
  const bool committed =
      std::any_of(outcomes.begin(), outcomes.end(), [](const Status& outcome) { return outcome.ok(); });
  if (committed && rounds == impl_->local.rounds()) {
    impl_->audit.own_commit();
  } else {
    impl_->audit.lose_count();
  }
  return outcomes;
}

Result<Certified> Database::certify(std::span<const ToCertify> group) {
  Certified certified;
  {
    TRY_ASSIGN(const Transaction snapshot, Transaction::begin(impl_->connection, Transaction::Kind::kRead));
    TRY(impl_->state->catch_up());
    certified = {impl_->state->have(), impl_->state->clock(), {}};
    for (const ToCertify& one : group) {
      TRY_ASSIGN(const bool overtaken, impl_->applier->is_overtaken(*one.local));
      certified.fits.push_back(overtaken ? Status(overtaken_error()) : Status(Ok{}));
    }
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!group[i].thorough || !certified.fits[i].ok()) continue;
    impl_->audit.lose_count();
    certified.fits[i] = impl_->applier->try_out(*group[i].local);
  }
  return certified;
}

Status Database::skip(const core::Position& position) {
  impl_->audit.lose_count();
  return impl_->applier->skip(position);
}

Result<RepairReport> Database::repair(const BucketRows& theirs) {
  impl_->audit.lose_count();
  return impl_->applier->repair(theirs);
}

Result<RangeRead> Database::read_range(NodeId origin, Seq from, std::size_t bytes_max) {
  return impl_->reader->range(*impl_->state, origin, from, bytes_max);
}

Status Database::set_watermark(const core::Watermark& watermark) {
  if (watermark.hlc >= impl_->state->watermark().hlc) {
    impl_->state->settle(watermark);
    return Ok{};
  }
  impl_->state->lower(watermark);  // if it can't be read now, apply() reads it before it writes
  impl_->audit.lose_count();
  impl_->settled.forget();
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(impl_->connection, Transaction::Kind::kRead));
  return impl_->state->catch_up();
}

Result<TrimReport> Database::trim(const TrimRule& rule) {
  Impl& impl = *impl_;
  TRY_ASSIGN(const TrimReport report, impl.trimmer.trim(rule, *impl.state, impl.options.wall_clock()));
  impl.audit.lose_count();
  if (report.records > 0) impl.settled.forget();
  if (!report.more) TRY(impl.save_settled());
  return report;
}

Status Database::adopt_database_id(const Uuid& id) {
  impl_->audit.own_commit();
  return write_database_id(impl_->connection, id);
}

Result<SnapshotInfo> Database::make_snapshot(const std::string& file, const Progress& progress) {
  return store::make_snapshot(impl_->path, impl_->options.node, file, progress);
}

Result<State> Database::install_snapshot(const std::string& file, const Progress& progress) {
  Impl& impl = *impl_;
  impl.audit.lose_count();
  impl.settled.forget();
  SnapshotInstaller installer({impl.connection, impl.options.node, *impl.state, *impl.log, *impl.applier,
                               *impl.conflicts, impl.local, impl.options.wall_clock},
                              progress);
  const Status installed = installer.install(file);
  if (!installed.ok()) return installed.error();
  impl.reader->start_tail(impl.state->last_id(), impl.state->have());
  return state();
}

Result<DatabaseHash> Database::table_hashes() {
  return hash_database(impl_->connection, impl_->options.node, impl_->filter);
}

Result<std::vector<Conflict>> Database::conflicts(std::int64_t limit) {
  return impl_->conflicts->list(limit);
}

Result<std::string> Database::dump_record(NodeId origin, Seq seq) {
  TRY_ASSIGN(const RangeRead range, read_range(origin, seq, 1));
  if (range.changes.empty()) {
    return Error{ErrorCode::kNotFound,
                 "the log does not hold record " + std::to_string(seq) + " of origin " + origin_name(origin)};
  }
  return record_to_json(range.changes.front());
}

std::int64_t Database::uncaptured_commits() const {
  return impl_->audit.uncaptured();
}

Result<DatabaseStatus> Database::status() {
  Impl& impl = *impl_;
  DatabaseStatus status;
  status.path = impl.path;
  TRY_ASSIGN(const auto mode, read_meta(impl.connection, "mode"));
  status.mode = mode.value_or("hook");
  TRY_ASSIGN(Statement count, impl.connection.prepare(sql::kCountLog));
  TRY(count.step());
  status.log_records = count.integer(0);
  status.log_first_id = count.integer(1);
  status.log_last_id = count.integer(2);
  struct stat file {};
  if (::stat(impl.path.c_str(), &file) == 0) status.file_bytes = file.st_size;
  status.wal_bytes = impl.wal.bytes();
  status.checkpoint_failure = impl.connection.checkpoint_failure();
  core::VersionIndex& versions = impl.state->versions();
  status.version_entries = static_cast<std::int64_t>(versions.size());
  status.version_bytes = static_cast<std::int64_t>(versions.bytes());
  status.watermark = versions.watermark();
  status.uncaptured_commits = impl.audit.uncaptured();
  TRY_ASSIGN(status.conflicts_kept, impl.conflicts->count());
  TRY_ASSIGN(status.not_captured, read_uncaptured_tables(impl.connection));
  return status;
}

std::string Database::checkpoint_failure() const {
  return impl_->connection.checkpoint_failure();
}

Result<std::string> Database::integrity_check() {
  TRY_ASSIGN(std::string finding, impl_->connection.text("PRAGMA integrity_check(1)"));
  return finding == "ok" ? std::string() : finding;
}

}  // namespace murmel::store
