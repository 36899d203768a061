#include "agent/store/log_reader.h"

#include <utility>

#include "agent/store/payload_filter.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

// A record of few rows, or of none that are replicated, is not free on its way to a peer either.
constexpr std::size_t kRecordBytesBesideRows = 64;

// Behind which id to begin. What a local record depends on stands between its predecessor and itself; that of
// the first one may stand anywhere before it.
std::int64_t range_start(const LogIndex& index, const core::Position& position, Seq first, bool local) {
  if (local && position.seq == first) return 0;
  const Seq seq = local ? position.seq - 1 : position.seq;
  return index.id_before({position.origin, seq}).value_or(1) - 1;
}

}  // namespace

Result<LogReader> LogReader::create(Connection& connection, NodeId self, const TableFilter& filter) {
  LogReader reader(self, filter);
  TRY_ASSIGN(reader.scan_, connection.prepare(sql::kScanLog));
  return reader;
}

void LogReader::start_tail(std::int64_t id, const core::VersionVector& have) {
  tail_id_ = id;
  tail_passed_ = DependsTracker(self_, have);
}

Result<std::vector<core::ChangeSet>> LogReader::tail(std::size_t bytes_max) {
  std::vector<core::ChangeSet> changes;
  std::size_t bytes = 0;
  // An error half way must not lose what was read: the tail only moves on at the end.
  DependsTracker passed = tail_passed_;
  std::int64_t id = tail_id_;
  LogScan scan(scan_, self_, passed, id, kSelfInLog);
  while (bytes < bytes_max) {
    TRY_ASSIGN(const bool found, scan.next());
    if (!found) break;
    if (scan.row().local) {
      TRY(prepare_for_sending(scan.row().change));
      bytes += scan.row().change.rows.size() + kRecordBytesBesideRows;
      changes.push_back(std::move(scan.row().change));
    }
    id = scan.row().id;
  }
  tail_id_ = id;
  tail_passed_ = std::move(passed);
  return changes;
}

Result<RangeRead> LogReader::range(LogState& state, NodeId origin, Seq from, std::size_t bytes_max) {
  RangeRead range;
  const LogIndex& index = state.index();
  const auto first = index.first_kept(origin);
  if (!first || from > index.last(origin)) return range;
  if (from < *first) {
    range.gone = true;
    range.first_kept = *first;
    return range;
  }
  const std::int64_t start = range_start(index, {origin, from}, *first, origin == self_);
  TRY_ASSIGN(const bool read, read_behind(start, state, {origin, from}, bytes_max, range));
  if (!read) TRY(read_behind(0, state, {origin, from}, bytes_max, range));
  return range;
}

// False: what the first record depends on stands further back in the log.
Result<bool> LogReader::read_behind(std::int64_t start, const LogState& state, const core::Position& from,
                                    std::size_t bytes_max, RangeRead& range) {
  const bool local = from.origin == self_;
  DependsTracker passed = start == 0 ? DependsTracker(self_, state.trimmed()) : DependsTracker();
  std::size_t bytes = 0;
  LogScan scan(scan_, self_, passed, start, local ? kSelfInLog : std::int64_t{from.origin}, from.seq);
  while (bytes < bytes_max) {
    TRY_ASSIGN(const bool found, scan.next());
    if (!found) break;
    core::ChangeSet& change = scan.row().change;
    if (change.origin != from.origin) continue;
    // A record that came back with a snapshot says what it had seen, not what stands before it here.
    if (local && start != 0 && change.seq == from.seq - 1 && scan.row().says_depends) return false;
    if (change.seq < from.seq) continue;
    TRY(prepare_for_sending(change));
    bytes += change.rows.size() + kRecordBytesBesideRows;
    range.changes.push_back(std::move(change));
  }
  return true;
}

Status LogReader::prepare_for_sending(core::ChangeSet& change) {
  if (node_of_origin(change.origin) != self_) return Ok{};
  TRY_ASSIGN(change.rows, filter_payload(change.rows, *filter_));
  return Ok{};
}

}  // namespace murmel::store
