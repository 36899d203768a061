#include "agent/store/trimmer.h"

#include "agent/store/kept_versions.h"
#include "agent/store/log_state.h"
#include "agent/store/meta.h"
#include "agent/store/settled_log.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

// One batch holds the write lock for some ten milliseconds.
constexpr std::int64_t kBatchRecords = 5'000;

}  // namespace

Result<TrimReport> Trimmer::trim(const TrimRule& rule, core::Hlc watermark, WallMs now, LogIndex& index) {
  TRY_ASSIGN(const Batch batch, find(rule, watermark, now));
  if (batch.last_id == 0) return batch.report;
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
  TRY(keep_versions(batch, watermark));
  if (!remove_.prepared()) {
    TRY_ASSIGN(remove_, connection_.prepare(sql::kTrimLog));
  }
  remove_.bind(1, batch.last_id);
  TRY(remove_.run());
  TRY(forget_settled_log(connection_));
  // Below it nothing has a version: what was trimmed is not missed when versions are rebuilt.
  TRY(write_meta(connection_, "watermark", watermark.value));
  TRY(transaction.commit());
  index.trimmed(batch.last_id, batch.trimmed);
  return batch.report;
}

Result<Trimmer::Batch> Trimmer::find(const TrimRule& rule, core::Hlc watermark, WallMs now) {
  if (!scan_.prepared()) {
    TRY_ASSIGN(scan_, connection_.prepare(sql::kScanTrim));
  }
  const ResetAtEnd reset(scan_);
  Batch batch;
  // A record is taken only when another one follows: the last one stays.
  core::Position previous;
  core::Hlc previous_hlc;
  std::int64_t previous_id = 0;
  for (;;) {
    TRY_ASSIGN(const bool row, scan_.step());
    if (!row) return batch;
    if (previous_id != 0) {
      batch.last_id = previous_id;
      if (previous_hlc > watermark) batch.unsettled.push_back({previous_id, previous, previous_hlc});
      batch.trimmed[previous.origin] = previous.seq;
      if (++batch.report.records >= kBatchRecords) {
        batch.report.more = true;
        return batch;
      }
    }
    const auto origin = static_cast<NodeId>(scan_.integer(1));
    previous = {origin == kSelfInLog ? self_ : origin, scan_.integer(2)};
    previous_id = scan_.integer(0);
    previous_hlc = core::Hlc{scan_.integer(3)};
    if (!may_go(rule, watermark, now, previous, previous_hlc)) return batch;
  }
}

Status Trimmer::keep_versions(const Batch& batch, core::Hlc watermark) {
  TRY(forget_kept_versions(connection_, watermark));
  if (batch.unsettled.empty()) return Ok{};
  TRY_ASSIGN(Statement read, connection_.prepare(sql::kReadPayload));
  std::vector<KeptVersion> kept;
  for (const Record& record : batch.unsettled) {
    const ResetAtEnd reset(read);
    read.bind(1, record.id);
    TRY_ASSIGN(const bool row, read.step());
    if (!row) continue;
    const core::RowVersion version{{record.hlc, record.position.origin}, record.position.seq};
    TRY(for_each_key(read.blob(0), [&](const core::RowKey& key) { kept.push_back({key, version}); }));
  }
  return keep_row_versions(connection_, kept);
}

bool Trimmer::may_go(const TrimRule& rule, core::Hlc watermark, WallMs now, const core::Position& position,
                     core::Hlc hlc) const {
  const std::int64_t age_ms = now - hlc.wall_ms();
  if (age_ms > rule.max_age.ms() && position.seq <= core::seq_of(rule.reachable_have, position.origin)) {
    return true;
  }
  return age_ms >= rule.min_age.ms() && hlc <= watermark &&
         position.seq <= core::seq_of(rule.all_have, position.origin);
}

}  // namespace murmel::store
