#include "agent/store/trimmer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/core/vectors.h"
#include "agent/store/depends_codec.h"
#include "agent/store/meta.h"
#include "agent/store/settled_log.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

// One batch holds the write lock for some ten milliseconds.
constexpr std::int64_t kBatchRecords = 5'000;

}  // namespace

Result<TrimReport> Trimmer::trim(const TrimRule& rule, LogState& state, WallMs now) {
  TRY_ASSIGN(const Batch batch, find(rule, state, now));
  if (batch.last_id == 0) return batch.report;
  TRY_ASSIGN(Transaction transaction, local_.begin_after_logging());
  TRY(keep_versions(batch, state));
  if (!remove_.prepared()) {
    TRY_ASSIGN(remove_, connection_.prepare(sql::kTrimLog));
  }
  remove_.bind(1, batch.last_id);
  TRY(remove_.run());
  TRY(forget_settled_log(connection_));
  // Below it nothing has a version: what was trimmed is not missed when versions are rebuilt.
  TRY(write_watermark(connection_, state.watermark()));
  TRY(transaction.commit());
  state.index().trimmed(batch.last_id, batch.trimmed);
  return batch.report;
}

Result<Trimmer::Batch> Trimmer::find(const TrimRule& rule, const LogState& state, WallMs now) {
  if (!scan_.prepared()) {
    TRY_ASSIGN(scan_, connection_.prepare(sql::kScanTrim));
  }
  const ResetAtEnd reset(scan_);
  Batch batch;
  // A record is taken only when another one follows: the last one stays.
  Record previous;
  std::vector<core::Position> depends;  // of that record, if it is above the watermark
  for (;;) {
    TRY_ASSIGN(const bool row, scan_.step());
    if (!row) return batch;
    if (previous.id != 0) {
      TRY(take(batch, previous, depends, state));
      if (++batch.report.records >= kBatchRecords) {
        batch.report.more = true;
        return batch;
      }
    }
    const auto origin = static_cast<NodeId>(scan_.integer(1));
    previous = {scan_.integer(0),
                {origin == kSelfInLog ? self_ : origin, scan_.integer(2)},
                core::Hlc{scan_.integer(3)}};
    const core::Hlc made = previous.hlc == core::kVoidStamp ? core::Hlc{scan_.integer(5)} : previous.hlc;
    previous.made = made.wall_ms();
    depends.clear();
    if (previous.hlc > state.watermark().hlc && !scan_.is_null(4)) {
      TRY_ASSIGN(depends, decode_depends(scan_.blob(4)));
    }
    if (!may_go(rule, state.watermark().hlc, now, previous)) return batch;
  }
}

Status Trimmer::take(Batch& batch, const Record& record, const std::vector<core::Position>& depends,
                     const LogState& state) {
  const NodeId author = record.position.origin;
  batch.last_id = record.id;
  if (record.hlc > state.watermark().hlc) {
    batch.unsettled.push_back(record);
    core::VersionVector& past = batch.past[author];
    for (const core::Position& position : depends) core::raise(past, position);
    // Whoever writes here has seen all that stands before, which is what is trimmed with it and earlier.
    if (author == self_) {
      core::raise(past, state.trimmed());
      core::raise(past, batch.trimmed);
    }
    core::raise(past, record.position);
  } else {
    batch.settled = std::max(batch.settled, record.hlc);
  }
  core::raise(batch.trimmed, record.position);
  return Ok{};
}

Status Trimmer::keep_versions(const Batch& batch, const LogState& state) {
  TRY(forget_kept_versions(connection_, state.watermark().hlc));
  TRY(raise_bags_begin(connection_, batch.settled));
  if (batch.unsettled.empty()) return Ok{};
  TRY(create_kept_tables(connection_));
  TRY_ASSIGN(Statement read, connection_.prepare(sql::kReadPayload));
  std::vector<KeptVersion> versions;
  std::vector<KeptBagOp> bag_ops;
  core::ChangeSet change;
  for (const Record& record : batch.unsettled) {
    const ResetAtEnd reset(read);
    read.bind(1, record.id);
    TRY_ASSIGN(const bool row, read.step());
    if (!row) continue;
    change.origin = record.position.origin;
    change.seq = record.position.seq;
    change.hlc = record.hlc;
    change.rows = SharedBytes(std::string(as_text(read.blob(0))));
    const core::Version version{change.hlc, change.origin};
    const RowUses uses{[&](const core::RowKey& key, bool deleted) {
                         versions.push_back({key, {version, change.seq, deleted}});
                       },
                       [&](const core::RowKey& bag, const core::BagOp& op) {
                         bag_ops.push_back({bag, op});
                       }};
    TRY(for_each_row(change, uses));
  }
  TRY(keep_past(connection_, batch.past));
  TRY(keep_bag_ops(connection_, bag_ops));
  return keep_row_versions(connection_, versions);
}

bool Trimmer::may_go(const TrimRule& rule, core::Hlc watermark, WallMs now, const Record& record) {
  const auto& [origin, seq] = record.position;
  const std::int64_t age_ms = now - record.made;
  if (age_ms > rule.max_age.ms() && seq <= core::seq_of(rule.reachable_have, origin)) return true;
  return age_ms >= rule.min_age.ms() && record.hlc <= watermark && seq <= core::seq_of(rule.all_have, origin);
}

}  // namespace murmel::store
