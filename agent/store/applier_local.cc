// Transactions of this node's sessions: made on a snapshot, and so written only if nobody has changed their
// rows since (first committer wins).
#include <algorithm>
#include <utility>

#include "agent/store/applier.h"
#include "agent/store/kept_versions.h"
#include "agent/store/sqlite_error.h"

namespace murmel::store {

Result<std::vector<Status>> Applier::commit(LocalGroup group) {
  for (const Mode mode : {Mode::kFast, Mode::kCareful}) {
    std::vector<Status> outcomes;
    TRY_ASSIGN(const bool done, commit_all(group, mode, outcomes));
    if (done) return outcomes;
  }
  return Error{ErrorCode::kInternal, "committing with savepoints did not finish"};
}

// False: one of them could not be written and all was rolled back; to be done again in kCareful.
Result<bool> Applier::commit_all(LocalGroup group, Mode mode, std::vector<Status>& outcomes) {
  TRY_ASSIGN(Transaction transaction, begin());
  staged_ = Staged{state_.have(), {}, {}, false};
  const auto given_up = [&](Error error) -> Result<bool> {
    roll_back();
    if (mode == Mode::kFast && !concerns_whole_batch(error.code)) return false;
    return error;
  };
  for (const LocalTransaction* const local : group) {
    if (local->empty()) {
      outcomes.emplace_back(Ok{});
      continue;
    }
    const auto overtaken_already = is_overtaken(*local, schema_version_, log_.end().id);
    if (!overtaken_already.ok()) return given_up(overtaken_already.error());
    if (*overtaken_already) {
      outcomes.emplace_back(overtaken_error());
      continue;
    }
    const Status written = mode == Mode::kFast ? write_local(*local) : write_local_carefully(*local);
    const bool alone = mode == Mode::kCareful && connection_.in_transaction();
    if (!written.ok() && (!alone || concerns_whole_batch(written.error().code))) {
      return given_up(written.error());
    }
    outcomes.push_back(written);
  }
  const Status finished = staged_.records.empty() ? Status(Ok{}) : finish();
  if (!finished.ok()) return given_up(finished.error());
  const Status committed = transaction.commit();
  if (!committed.ok()) return given_up(committed.error());
  note_committed();
  return true;
}

Result<bool> Applier::is_overtaken(const LocalTransaction& local) {
  TRY_ASSIGN(const std::int64_t schema_version, connection_.schema_version());
  return is_overtaken(local, schema_version, state_.last_id());
}

Status Applier::try_out(const LocalTransaction& local) {
  TRY_ASSIGN(const Transaction transaction, begin());  // which is rolled back
  staged_ = Staged{state_.have(), {}, {}, false};
  const Status written = write_local(local);
  roll_back();
  return written;
}

// Also by one that comes before it in the same group. `end`: the last record of the log.
Result<bool> Applier::is_overtaken(const LocalTransaction& local, std::int64_t schema_version,
                                   std::int64_t end) {
  const RecentWrites& recent = state_.recent();
  if (local.schema_version != static_cast<std::uint32_t>(schema_version)) return true;
  if (local.snapshot == end) return false;
  if (!recent.reaches(local.snapshot, local.clock)) return true;
  const auto is_newer = [&](const core::RowKey& key) {
    return versions_.is_staged(key) || recent.is_newer(key, local.snapshot);
  };
  bool newer = std::any_of(local.locked.begin(), local.locked.end(), is_newer) ||
               std::any_of(local.shared.begin(), local.shared.end(), is_newer);
  core::ChangeSet part;
  for (const SharedBytes& payload : local.payloads) {
    part.rows = payload;
    TRY(for_each_row(part, {[&](const core::RowKey& key, bool) { newer = newer || is_newer(key); },
                            [](const core::RowKey&, const core::BagOp&) {}}));
  }
  return newer;
}

Status Applier::write_local(const LocalTransaction& local) {
  const bool others = local.snapshot != log_.end().id;
  core::ChangeSet change;
  change.origin = self_;
  change.hlc = log_.next_stamp(clock_());
  change.schema_version = local.schema_version;
  for (std::size_t i = 0; i < local.payloads.size(); ++i) {
    change.seq = log_.end().local_seq + 1;
    change.more = i + 1 < local.payloads.size();
    change.rows = local.payloads[i];
    TRY(write_local_rows(change));
    TRY(log_.append_own(change));
    staged_.records.push_back({log_.end().id, {self_, change.seq}, change.hlc});
    staged_.have[self_] = change.seq;
  }
  if (!others || !local.foreign_keys) return Ok{};
  for (const SharedBytes& payload : local.payloads) {
    TRY(foreign_keys_.check(payload.view(), schema_version_));
  }
  return Ok{};
}

Status Applier::write_local_carefully(const LocalTransaction& local) {
  const std::size_t mark = versions_.mark();
  const std::size_t bag_mark = state_.bags().mark();
  const LogWriter::End end = log_.end();
  const Staged staged = staged_;
  TRY(connection_.execute("SAVEPOINT one"));
  const Status written = write_local(local);
  if (written.ok()) return connection_.execute("RELEASE one");
  if (!connection_.in_transaction()) return written;
  TRY(connection_.execute("ROLLBACK TO one; RELEASE one"));
  versions_.roll_back_to(mark);
  state_.bags().roll_back_to(bag_mark);
  log_.set_end(end);
  staged_ = staged;
  return written;
}

Status Applier::write_local_rows(const core::ChangeSet& change) {
  ApplyReport report;
  const core::VersionVector seen;
  std::vector<core::BagLedger::Change> bag_changes;
  RowContext context{{{change.hlc, change.origin}, change.seq},
                     seen,
                     versions_,
                     conflicts_,
                     own_deletes_,
                     report,
                     state_.bags(),
                     bag_changes,
                     true};
  wire::RowReader reader(change.rows.view());
  RowTarget* target = nullptr;
  std::uint64_t serial = 0;
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) break;
    if (item == wire::RowReader::Item::kSchema) {
      return Error{ErrorCode::kInvalid, "a session's transaction can't change the schema"};
    }
    const wire::Table& table = *reader.row().table;
    if (target == nullptr || table.serial != serial) {
      TRY_ASSIGN(target, local_targets_.find(table));
      serial = table.serial;
    }
    TRY(target->apply(reader.row(), context));
    ++context.row;
  }
  return change_bag_ops(connection_, bag_changes);
}

}  // namespace murmel::store
