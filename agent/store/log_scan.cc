#include "agent/store/log_scan.h"

#include "agent/store/depends_codec.h"

namespace murmel::store {
namespace {

enum Column { kId, kOrigin, kSeq, kHlc, kMore, kSchema, kDepends, kIChange, kPayload };

}  // namespace

DependsTracker::DependsTracker(NodeId self, const core::VersionVector& before) {
  for (const auto& [origin, seq] : before) {
    if (origin != self && seq > 0) passed_[origin] = seq;
  }
}

void DependsTracker::passed(const core::Position& position) {
  Seq& seq = passed_[position.origin];
  if (position.seq > seq) seq = position.seq;
}

std::vector<core::Position> DependsTracker::take() {
  std::vector<core::Position> depends;
  for (const auto& [origin, seq] : passed_) depends.push_back({origin, seq});
  passed_.clear();
  return depends;
}

LogScan::LogScan(Statement& statement, NodeId self, DependsTracker& tracker, std::int64_t after_id,
                 std::int64_t wanted, Seq from)
    : statement_(statement), self_(self), tracker_(tracker) {
  statement_.bind(1, after_id);
  statement_.bind(2, wanted);
  statement_.bind(3, from);
}

Result<bool> LogScan::next() {
  TRY_ASSIGN(const bool found, statement_.step());
  if (!found) return false;
  row_ = LogRow{};
  core::ChangeSet& change = row_.change;
  row_.id = statement_.integer(kId);
  const std::int64_t origin = statement_.integer(kOrigin);
  row_.local = origin == kSelfInLog;
  change.origin = row_.local ? self_ : static_cast<NodeId>(origin);
  change.seq = statement_.integer(kSeq);
  change.hlc = core::Hlc{statement_.integer(kHlc)};
  change.more = statement_.integer(kMore) != 0;
  change.schema_version = static_cast<std::uint32_t>(statement_.integer(kSchema));
  if (!statement_.is_null(kIChange)) row_.ichange = statement_.integer(kIChange);
  row_.says_depends = !row_.local || !statement_.is_null(kDepends);
  if (!row_.says_depends) {
    change.depends = tracker_.take();
  } else {
    TRY_ASSIGN(change.depends, decode_depends(statement_.blob(kDepends)));
    // A local one that says so itself may say less than what stands before it: the next one says it all.
    if (!row_.local) tracker_.passed({change.origin, change.seq});
  }
  row_.has_payload = !statement_.is_null(kPayload);
  if (row_.has_payload) change.rows = SharedBytes(std::string(as_text(statement_.blob(kPayload))));
  return true;
}

}  // namespace murmel::store
