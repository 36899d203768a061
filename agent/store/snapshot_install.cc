#include "agent/store/snapshot_install.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "agent/store/capture.h"
#include "agent/store/depends_codec.h"
#include "agent/store/kept_versions.h"
#include "agent/store/log_scan.h"
#include "agent/store/meta.h"
#include "agent/store/schema_history.h"
#include "agent/store/settled_log.h"
#include "agent/store/snapshot.h"
#include "agent/store/snapshot_content.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"
#include "agent/store/table_names.h"

namespace murmel::store {
namespace {

constexpr std::int64_t kNoPayload = -1;  // no origin has this number

// Attaches for one scope.
class Attachment {
 public:
  static Result<Attachment> attach(Connection& connection, const std::string& file) {
    TRY_ASSIGN(Statement statement,
               connection.prepare(fmt::format("ATTACH DATABASE ?1 AS {}", kSnapshotSchema)));
    statement.bind(1, std::string_view(file));
    TRY(statement.run());
    return Attachment(connection);
  }
  Attachment(Attachment&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Attachment& operator=(Attachment&&) = delete;
  ~Attachment() {
    // Fails only while a statement still reads the snapshot, and none outlives the installation.
    if (connection_ != nullptr)
      (void)connection_->execute(fmt::format("DETACH DATABASE {}", kSnapshotSchema));
  }

 private:
  explicit Attachment(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace

Status SnapshotInstaller::install(const std::string& file) {
  TRY_ASSIGN(const SnapshotInfo info, read_snapshot_info(file));
  if (info.donor == parts_.self) {
    return Error{ErrorCode::kRefused, "the snapshot was made by this node itself"};
  }
  TRY_ASSIGN(const Attachment attachment, Attachment::attach(parts_.connection, file));
  TRY(parts_.connection.execute(sql::kCreateSavedRecords));
  Status installed = install_attached(info);
  parts_.applier.finish_again();  // versions are read from the log below
  TRY(parts_.connection.execute(sql::kDropSavedRecords));
  // What is in memory stands for what is in the file now, whether that is old or new.
  TRY_ASSIGN(const core::Watermark watermark, read_watermark(parts_.connection));
  TRY(parts_.state.load(watermark));
  return installed;
}

Status SnapshotInstaller::install_attached(const SnapshotInfo& info) {
  TRY_ASSIGN(Transaction transaction, parts_.local.begin_after_logging());
  TRY(parts_.state.catch_up());
  const core::Hlc clock = parts_.state.clock();
  TRY_ASSIGN(const Uuid id, read_database_id(parts_.connection));
  same_history_ = id == info.database_id;
  TRY(save_unseen_records(info));
  TRY(drop_content(parts_.connection));
  TRY(copy_content(parts_.connection, progress_));
  TRY(take_over_log(info));
  TRY(take_over_positions(info));
  TRY(parts_.state.load({}));
  parts_.applier.forget_schema();
  TRY(parts_.log.begin());
  LogWriter::End end = parts_.log.end();
  end.clock = std::max(end.clock, clock);
  end.local_seq = core::seq_of(info.have, parts_.self);
  parts_.log.set_end(end);
  TRY(apply_unseen_records(info));
  TRY(parts_.local.renew_triggers());
  TRY(capture::adopt_schema(parts_.connection));
  return transaction.commit();
}

// Into a table on temporary disk, with what they depend on, in the order of the log.
Status SnapshotInstaller::save_unseen_records(const SnapshotInfo& info) {
  TRY_ASSIGN(Statement scan, parts_.connection.prepare(sql::kScanLog));
  TRY_ASSIGN(Statement save, parts_.connection.prepare(sql::kSaveRecord));
  DependsTracker passed(parts_.self, parts_.state.trimmed());
  LogScan records(scan, parts_.self, passed, 0, kNoPayload);
  for (;;) {
    TRY_ASSIGN(const bool found, records.next());
    if (!found) return Ok{};
    const core::ChangeSet& change = records.row().change;
    const bool written_here = node_of_origin(change.origin) == parts_.self;
    if (same_history_ ? change.seq <= core::seq_of(info.have, change.origin) : !written_here) continue;
    const std::string depends = same_history_ ? encode_depends(change.depends) : std::string();
    save.bind(1, records.row().id);
    save.bind(2, std::int64_t{change.origin});
    save.bind(3, as_bytes(depends));
    TRY(save.run());
  }
}

Status SnapshotInstaller::take_over_log(const SnapshotInfo& info) {
  TRY(parts_.connection.execute("DELETE FROM main.__murmel_log"));
  TRY_ASSIGN(Statement scan, parts_.connection.prepare(sql::kScanSnapshotLog));
  TRY_ASSIGN(Statement copy, parts_.connection.prepare(sql::kCopySnapshotRecord));
  TRY_ASSIGN(const core::VersionVector trimmed, trimmed_of_snapshot(info));
  DependsTracker passed(info.donor, trimmed);
  LogScan records(scan, info.donor, passed, 0, kNoPayload);
  for (;;) {
    TRY_ASSIGN(const bool found, records.next());
    if (!found) return Ok{};
    const core::ChangeSet& change = records.row().change;
    const std::string depends = encode_depends(change.depends);
    copy.bind(1, records.row().id);
    copy.bind(2, std::int64_t{change.origin == parts_.self ? kSelfInLog : change.origin});
    copy.bind(3, core::seq_of(info.have, parts_.self));
    copy.bind(4, as_bytes(depends));
    TRY(copy.run());
  }
}

// Greatest change sets that the snapshot's log does not hold any more.
Result<core::VersionVector> SnapshotInstaller::trimmed_of_snapshot(const SnapshotInfo& info) {
  core::VersionVector trimmed = info.have;
  TRY_ASSIGN(Statement first, parts_.connection.prepare(sql::kFirstSnapshotSeqs));
  for (;;) {
    TRY_ASSIGN(const bool row, first.step());
    if (!row) return trimmed;
    const auto origin = static_cast<NodeId>(first.integer(0));
    trimmed[origin == kSelfInLog ? info.donor : origin] = first.integer(1) - 1;
  }
}

Status SnapshotInstaller::take_over_positions(const SnapshotInfo& info) {
  TRY(parts_.connection.execute("DELETE FROM main.__murmel_cursor"));
  TRY(take_over_kept_versions(parts_.connection));
  TRY(take_over_schema_history(parts_.connection, info.donor, parts_.self));
  TRY(take_over_table_names(parts_.connection));
  TRY(forget_settled_log(parts_.connection));
  TRY_ASSIGN(write_cursor_, parts_.connection.prepare(sql::kWriteCursor));
  for (const auto& [origin, seq] : info.have) {
    if (origin == parts_.self || seq == 0) continue;
    write_cursor_.bind(1, std::int64_t{origin});
    write_cursor_.bind(2, seq);
    write_cursor_.bind(3, info.clock.value);
    TRY(write_cursor_.run());
  }
  TRY(write_database_id(parts_.connection, info.database_id));
  for (const char* key : {"baseline", "watermark", "bags_begin"}) {
    TRY_ASSIGN(const auto value, read_meta(parts_.connection, key, kSnapshotSchema));
    TRY(value ? write_meta(parts_.connection, key, *value) : remove_meta(parts_.connection, key));
  }
  return Ok{};
}

Status SnapshotInstaller::apply_unseen_records(const SnapshotInfo& info) {
  TRY_ASSIGN(Statement saved, parts_.connection.prepare(sql::kReadSavedRecords));
  std::vector<core::ChangeSet> transaction;
  Seq last = core::seq_of(info.have, parts_.self);
  core::Hlc clock = parts_.log.end().clock;
  for (std::int64_t id = 0;;) {
    saved.bind(1, id);
    TRY_ASSIGN(const bool row, saved.step());
    if (!row) return Ok{};
    id = saved.integer(7);
    core::ChangeSet& change = transaction.emplace_back();
    // What was decided in another history was not decided in this one.
    change.origin = same_history_ ? static_cast<NodeId>(saved.integer(0)) : parts_.self;
    change.seq = same_history_ ? saved.integer(1) : last + static_cast<Seq>(transaction.size());
    if (!same_history_ && transaction.size() == 1) clock = core::Hlc::next(clock, parts_.clock());
    change.hlc = same_history_ ? core::Hlc{saved.integer(2)} : clock;
    change.more = saved.integer(3) != 0;
    change.schema_version = static_cast<std::uint32_t>(saved.integer(4));
    TRY_ASSIGN(change.depends, decode_depends(saved.blob(5)));
    change.rows = SharedBytes(std::string(as_text(saved.blob(6))));
    saved.reset();
    if (change.more) continue;
    TRY_ASSIGN(const bool logged, apply_unseen(transaction));
    if (logged) last = change.seq;
    transaction.clear();
  }
}

// False: it can't be applied on top of the snapshot and has no place in the log yet, so it gets none. Others
// may know the place of one that has; they get it as it is, and may be able to apply it.
Result<bool> SnapshotInstaller::apply_unseen(const std::vector<core::ChangeSet>& transaction) {
  const Status applied = parts_.applier.apply_again(transaction, report_);
  if (!applied.ok()) {
    if (concerns_whole_batch(applied.error().code)) return applied.error();
    for (const core::ChangeSet& change : transaction) {
      TRY(parts_.conflicts.add_unapplied(change, applied.error().message));
    }
    if (!same_history_) return false;
  }
  for (const core::ChangeSet& change : transaction) TRY(log_unseen(change));
  return true;
}

Status SnapshotInstaller::log_unseen(const core::ChangeSet& change) {
  if (change.origin == parts_.self) return parts_.log.append_own_again(change);
  TRY(parts_.log.append_remote(change));
  write_cursor_.bind(1, std::int64_t{change.origin});
  write_cursor_.bind(2, change.seq);
  write_cursor_.bind(3, change.hlc.value);
  return write_cursor_.run();
}

}  // namespace murmel::store
