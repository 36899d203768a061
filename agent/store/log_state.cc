#include "agent/store/log_state.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/store/kept_versions.h"
#include "agent/store/row_key.h"
#include "agent/store/settled_log.h"
#include "agent/store/sql.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

Result<LogState> LogState::create(Connection& connection, NodeId self) {
  LogState state(connection, self);
  TRY_ASSIGN(state.scan_written_, connection.prepare(sql::kScanWritten));
  TRY_ASSIGN(state.scan_above_, connection.prepare(sql::kScanLogAbove));
  return state;
}

Status LogState::load(const core::Watermark& watermark) {
  loaded_ = false;
  watermark_ = watermark;
  TRY(read_log());
  recent_.reset(last_id_, clock_);
  loaded_ = true;
  return Ok{};
}

void LogState::settle(const core::Watermark& watermark) {
  watermark_ = watermark;
  versions_.drop_below(watermark.hlc);
  bags_.drop_below(watermark.hlc);
}

Status LogState::read_log() {
  const core::Hlc watermark = watermark_.hlc;
  versions_.reset(watermark);
  TRY_ASSIGN(const core::Hlc bags_begin, read_bags_begin(*connection_));
  bags_.reset(std::max(watermark, bags_begin));
  causal_.clear();
  TRY(load_kept_past(*connection_, causal_));
  index_.clear();
  tracker_.clear();
  have_.clear();
  clock_ = {};
  last_id_ = 0;
  TRY(read_cursors());
  TRY_ASSIGN(auto settled, read_settled_log(*connection_));
  if (settled && settled->watermark <= watermark) {
    index_ = std::move(settled->index);
    last_id_ = settled->last_id;
  }
  LogScan scan(scan_above_, self_, tracker_, last_id_, watermark.value);
  for (;;) {
    TRY_ASSIGN(const bool found, scan.next());
    if (!found) break;
    TRY(absorb(scan.row()));
  }
  TRY(load_kept_versions(*connection_, versions_));
  return load_kept_bag_ops(*connection_, bags_);
}

Status LogState::catch_up() {
  if (!loaded_) return load(watermark_);
  LogScan scan(scan_written_, self_, tracker_, last_id_, std::int64_t{decided_origin(self_)});
  for (;;) {
    TRY_ASSIGN(const bool found, scan.next());
    if (!found) return Ok{};
    TRY(check_written(scan.row()));
    if (!written_more_) ++written_transactions_;
    written_more_ = scan.row().change.more;
    TRY(absorb(scan.row()));
  }
}

// Applications write local records, and those of this node's that were decided while they waited.
Status LogState::check_written(const LogRow& row) const {
  if (row.local) return Ok{};
  const core::ChangeSet& change = row.change;
  if (change.origin != decided_origin(self_)) {
    return Error{ErrorCode::kInternal,
                 "the log holds a record of another node that this agent did not write;"
                 " is a second agent at work on this database?"};
  }
  if (change.seq != core::seq_of(have_, change.origin) + 1) {
    return Error{ErrorCode::kCorrupt, "an application wrote decided record " + origin_name(change.origin) +
                                          ":" + std::to_string(change.seq) + " out of its place in the log"};
  }
  return Ok{};
}

void LogState::add_committed(const std::vector<Committed>& records) {
  for (const Committed& record : records) {
    index_.add(record.id, record.position);
    if (record.position.origin == self_) {
      core::ChangeSet own;
      own.origin = self_;
      own.seq = record.position.seq;
      own.depends = tracker_.take();
      (void)causal_.add(own);
    } else {
      tracker_.passed(record.position);
    }
    have_[record.position.origin] = record.position.seq;
    clock_ = std::max(clock_, record.hlc);
    last_id_ = record.id;
  }
}

Status LogState::absorb(const LogRow& row) {
  const core::ChangeSet& change = row.change;
  index_.add(row.id, {change.origin, change.seq});
  (void)causal_.add(change);
  clock_ = std::max(clock_, change.hlc);
  last_id_ = row.id;
  Seq& have = have_[change.origin];
  have = std::max(have, change.seq);
  if (!row.has_payload) return Ok{};
  const core::Version version{change.hlc, change.origin};
  return for_each_row(change, {[&](const core::RowKey& key, bool deletes) {
                                 versions_.record(key, {version, change.seq, deletes});
                                 recent_.note(key, row.id);
                               },
                               [&](const core::RowKey& bag, const core::BagOp& op) { bags_.note(bag, op); }});
}

Status LogState::read_cursors() {
  TRY_ASSIGN(Statement cursors, connection_->prepare(sql::kReadCursors));
  for (;;) {
    TRY_ASSIGN(const bool row, cursors.step());
    if (!row) break;
    have_[static_cast<NodeId>(cursors.integer(0))] = cursors.integer(1);
    clock_ = std::max(clock_, core::Hlc{cursors.integer(2)});
  }
  TRY_ASSIGN(Statement last, connection_->prepare(sql::kLastLogRow));
  TRY_ASSIGN(const bool row, last.step());
  have_[self_] = row ? last.integer(2) : 0;
  if (row) clock_ = std::max(clock_, core::Hlc{last.integer(1)});
  return Ok{};
}

Status for_each_row(const core::ChangeSet& change, const RowUses& uses) {
  wire::RowReader reader(change.rows.view());
  std::optional<RowKeyHasher> hasher;
  std::uint64_t serial = 0;
  core::BagPlace place{{change.hlc, change.origin}, change.seq, 0};
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kSchema) continue;
    const wire::RowChange& row = reader.row();
    if (!hasher || row.table->serial != serial) {
      hasher.emplace(*row.table);
      serial = row.table->serial;
    }
    const auto old_key = row.before.empty() ? std::nullopt : hasher->key(row.before);
    const auto new_key = row.after.empty() ? std::nullopt : hasher->key(row.after);
    if (old_key && old_key != new_key) uses.keyed(*old_key, true);
    if (new_key) uses.keyed(*new_key, false);
    // An update takes the old image out of its bag before it puts the new one into another.
    if (!row.before.empty() && !old_key) uses.bag(hasher->bag(row.before), {place, true});
    ++place.index;
    if (!row.after.empty() && !new_key) uses.bag(hasher->bag(row.after), {place, false});
    ++place.index;
  }
}

}  // namespace murmel::store
