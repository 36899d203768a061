#include "agent/store/applier.h"

#include <algorithm>
#include <utility>

#include "agent/store/capture.h"
#include "agent/store/index_settler.h"
#include "agent/store/kept_versions.h"
#include "agent/store/meta.h"
#include "agent/store/schema_history.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"
#include "agent/store/table_names.h"
#include "agent/store/unique_error.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

constexpr std::int64_t kSaveWatermarkMs = 5'000;

// The parts of one transaction: neighbours of one origin, all but the last with `more`.
std::span<const core::ChangeSet> first_group(std::span<const core::ChangeSet> changes) {
  std::size_t size = 1;
  while (size < changes.size() && changes[size - 1].more && changes[size].origin == changes[0].origin) ++size;
  return changes.first(size);
}

}  // namespace

Applier::Applier(Connection& connection, NodeId self, LogState& state, LogWriter& log, ConflictLog& conflicts,
                 const TableFilter& filter, LocalWrites& local, std::function<WallMs()> clock)
    : connection_(connection),
      self_(self),
      state_(state),
      log_(log),
      conflicts_(conflicts),
      filter_(filter),
      local_(local),
      clock_(std::move(clock)),
      versions_(state.versions()),
      targets_(connection, filter),
      local_targets_(connection, everything_),
      foreign_keys_(connection),
      schema_(connection) {}

Result<ApplyReport> Applier::apply(std::span<const core::ChangeSet> changes) {
  for (const Mode mode : {Mode::kFast, Mode::kCareful}) {
    ApplyReport report;
    const Result<bool> applied = apply_all(changes, mode, report);
    if (!applied.ok()) return applied.error();
    if (!*applied) continue;
    report.have = state_.have();
    report.clock = state_.clock();
    return report;
  }
  return Error{ErrorCode::kInternal, "applying with savepoints did not finish"};
}

Status Applier::skip(const core::Position& position) {
  std::set<core::Position> skips = skips_;
  skips.insert(position);
  TRY(keep_skips(connection_, skips));
  skips_ = std::move(skips);
  return Ok{};
}

Status Applier::load_skips() {
  TRY_ASSIGN(skips_, read_skips(connection_));
  return Ok{};
}

// Takes the write lock, and everything that applications have written before.
Result<Transaction> Applier::begin() {
  TRY_ASSIGN(Transaction transaction, local_.begin_after_logging());
  TRY(state_.catch_up());
  TRY(log_.begin());
  TRY_ASSIGN(const std::int64_t schema_version, connection_.schema_version());
  if (schema_version != schema_version_) {
    targets_.forget();
    local_targets_.forget();
    TRY(renames_.load(connection_, self_, state_));
  }
  schema_version_ = schema_version;
  return transaction;
}

// False: one transaction failed and all was rolled back; to be done again in kCareful.
Result<bool> Applier::apply_all(std::span<const core::ChangeSet> changes, Mode mode, ApplyReport& report) {
  TRY_ASSIGN(Transaction transaction, begin());
  staged_ = Staged{state_.have(), {}, {}, false};
  const auto given_up = [&](Error error) -> Result<bool> {
    roll_back();
    if (mode == Mode::kFast && !concerns_whole_batch(error.code)) return false;
    return error;
  };
  while (!changes.empty()) {
    const Group group = first_group(changes);
    changes = changes.subspan(group.size());
    if (!due(group)) continue;
    const Status status = mode == Mode::kFast ? apply_group(group, report) : apply_carefully(group, report);
    if (!status.ok()) return given_up(status.error());
  }
  const Status finished = finish();
  if (!finished.ok()) return given_up(finished.error());
  const Status committed = transaction.commit();
  if (!committed.ok()) return given_up(committed.error());
  note_committed();
  std::erase_if(
      skips_, [this](const core::Position& at) { return core::seq_of(state_.have(), at.origin) >= at.seq; });
  return true;
}

// A snapshot has seen all of the SQLite transaction, or nothing: the last of its records stands for all.
void Applier::note_committed() {
  for (const auto& [key, version] : versions_.staged()) state_.recent().note(key, log_.end().id);
  versions_.commit();
  state_.bags().commit();
  state_.add_committed(staged_.records);
}

Status Applier::apply_carefully(Group group, ApplyReport& report) {
  const std::size_t mark = versions_.mark();
  const std::size_t bag_mark = state_.bags().mark();
  const LogWriter::End end = log_.end();
  const Staged staged = staged_;
  const ApplyReport before = report;
  TRY(connection_.execute("SAVEPOINT one"));
  Status status = apply_group(group, report);
  if (status.ok()) status = finish_schema();
  if (status.ok()) return connection_.execute("RELEASE one");
  if (concerns_whole_batch(status.error().code) || !connection_.in_transaction()) return status.error();
  TRY(connection_.execute("ROLLBACK TO one; RELEASE one"));
  versions_.roll_back_to(mark);
  state_.bags().roll_back_to(bag_mark);
  log_.set_end(end);
  staged_ = staged;
  own_deletes_.clear();
  targets_.forget();
  report = before;
  const core::Position position{group.front().origin, group.front().seq};
  if (skips_.contains(position)) return leave_out(group, status.error(), report);
  report.failures.push_back({position, status.error().code, status.error().message});
  return Ok{};
}

// Its rows count as written, so that what is older does not take their place.
Status Applier::leave_out(Group group, const Error& error, ApplyReport& report) {
  for (const core::ChangeSet& change : group) {
    const core::Version version{change.hlc, change.origin};
    TRY(for_each_row(change, {[&](const core::RowKey& key, bool deletes) {
                                versions_.record(key, {version, change.seq, deletes});
                              },
                              [](const core::RowKey&, const core::BagOp&) {}}));
    TRY(conflicts_.add_unapplied(change, error.message));
    (void)state_.causal().add(change);
    TRY(log(change));
  }
  ++report.skipped;
  return Ok{};
}

// A group whose predecessor failed is not due either, as the failed one did not move `have`.
bool Applier::due(Group group) const {
  if (group.back().more || group.front().origin == self_) return false;
  Seq next = core::seq_of(staged_.have, group.front().origin) + 1;
  for (const core::ChangeSet& change : group) {
    if (change.seq != next++) return false;
    for (const core::Position& position : change.depends) {
      if (core::seq_of(staged_.have, position.origin) < position.seq && waits_for(change, position)) {
        return false;
      }
    }
  }
  return true;
}

// A decided change set may have seen a write at ONE that was lost with its node; core::Sync knows how long it
// is worth waiting for that.
bool Applier::waits_for(const core::ChangeSet& change, const core::Position& position) {
  if (is_decided_origin(change.origin) && !is_decided_origin(position.origin)) return false;
  return position.origin != change.origin;
}

Status Applier::apply_group(Group group, ApplyReport& report) {
  set_aside_.clear();
  for (const core::ChangeSet& change : group) {
    const core::VersionVector& seen = state_.causal().add(change);
    TRY(apply_rows(change, seen, report));
    TRY(log(change));
  }
  TRY(schema_.finish());
  ++report.transactions;
  return own_deletes_.empty() ? Status(Ok{}) : append_own_deletes(report);
}

Status Applier::log(const core::ChangeSet& change) {
  TRY(log_.append_remote(change));
  staged_.records.push_back({log_.end().id, {change.origin, change.seq}, change.hlc});
  staged_.have[change.origin] = change.seq;
  core::Hlc& cursor = staged_.cursors[change.origin];
  cursor = std::max(cursor, change.hlc);
  return Ok{};
}

Status Applier::apply_rows(const core::ChangeSet& change, const core::VersionVector& seen,
                           ApplyReport& report) {
  std::vector<core::BagLedger::Change> bag_changes;
  RowContext context{{{change.hlc, change.origin}, change.seq},
                     seen,
                     versions_,
                     conflicts_,
                     own_deletes_,
                     report,
                     state_.bags(),
                     bag_changes};
  TRY(apply_payload(change, context));
  return change_bag_ops(connection_, bag_changes);
}

Status Applier::apply_payload(const core::ChangeSet& change, RowContext& context) {
  wire::RowReader reader(change.rows.view());
  RowTarget* target = nullptr;
  std::unique_ptr<TableLayout> fitted;  // the table as it is named today, if the author could not know
  std::uint64_t serial = 0;
  bool noted = false;
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kSchema) {
      if (!noted) TRY(note_schema_change(connection_, self_, change));
      noted = true;
      targets_.forget();
      target = nullptr;
      TRY(apply_schema(reader.schema(), context));
      renames_.add({change.origin, change.seq}, reader.schema());
      continue;
    }
    const wire::Table& table = *reader.row().table;
    if (target == nullptr || table.serial != serial) {
      if (!renames_.empty()) {
        TRY_ASSIGN(fitted, renames_.fit(connection_, table, context.seen));
      }
      TRY_ASSIGN(target, targets_.find(fitted ? fitted->table() : table));
      serial = table.serial;
    }
    if (fitted) {
      wire::RowChange row = reader.row();
      row.table = &fitted->table();
      TRY(target->apply(row, context));
    } else {
      TRY(target->apply(reader.row(), context));
    }
    ++context.row;
  }
}

// What a table is called matters for rows that come under another name, also where they are filtered.
Status Applier::apply_schema(const wire::SchemaChange& change, RowContext& context) {
  if (filter_.wants(change.table)) {
    staged_.schema_changed = true;
    TRY(make_schema(change, context));
  }
  const bool renamed = change.op == row_stream::kRename && change.type == "table";
  return renamed ? note_table_rename(connection_, change.name, change.table) : Ok{};
}

Status Applier::make_schema(const wire::SchemaChange& change, RowContext& context) {
  const bool table = change.type == "table";
  if (table && change.op == row_stream::kDrop)
    TRY(set_aside_.take(connection_, change.name, context.versions, context.seen));
  Status applied = schema_.apply(change);
  if (change.type == "index" && !applied.ok() && is_uniqueness_error(connection_, applied.error()))
    return give_way_to_index(change, context);
  if (!applied.ok() || !table || change.op != row_stream::kCreate) return applied;
  return set_aside_.give_back(change.name, [&](const wire::RowChange& row, const core::RowVersion& version) {
    return write_set_aside(row, version, context);
  });
}

// One that has no place in the new table does not hold up the change of the schema.
Status Applier::write_set_aside(const wire::RowChange& row, const core::RowVersion& version,
                                RowContext context) {
  const core::RowVersion winner = std::exchange(context.author, version);
  TRY_ASSIGN(const auto fitted, renames_.fit(connection_, *row.table, context.seen));
  const auto target = targets_.find(fitted ? fitted->table() : *row.table);
  const Status written = target.ok() ? (*target)->apply(row, context) : Status(target.error());
  if (written.ok() || concerns_whole_batch(written.error().code)) return written;
  return conflicts_.add({ConflictReason::kUnapplied, row.table, row.after, winner, version, {}, row.after});
}

// A UNIQUE index that was made where not all rows were known that are here: those that it excludes give way,
// and this node deletes them on all.
Status Applier::give_way_to_index(const wire::SchemaChange& change, RowContext& context) {
  TRY_ASSIGN(const auto layout, capture::describe_table(connection_, change.table));
  const wire::Table& table = layout->table();
  TRY_ASSIGN(const std::vector<CollidingRow> losers,
             rows_in_the_way(connection_, table, change.new_sql,
                             [&](const core::RowKey& key) { return context.versions.lookup(key); }));
  wire::RowWriter writer;
  const std::uint64_t index = writer.table(table);
  for (const CollidingRow& loser : losers) writer.remove(index, loser.image);
  TRY(write_as_told(writer.take()));
  for (const CollidingRow& loser : losers) {
    context.own_deletes.add(table, loser.image, loser.key);
    ++context.report.conflicts;
    TRY(context.conflicts.add(
        {ConflictReason::kUnique, &table, loser.image, context.author, loser.version, {}, loser.image}));
  }
  return schema_.apply(change);
}

Status Applier::append_own_deletes(ApplyReport& report) {
  TRY_ASSIGN(const std::int64_t schema_version, connection_.schema_version());
  TRY_ASSIGN(const core::ChangeSet own,
             log_.append_own(own_deletes_.payload(), clock_(), static_cast<std::uint32_t>(schema_version)));
  for (const core::RowKey& key : own_deletes_.keys()) {
    versions_.record(key, {{own.hlc, own.origin}, own.seq, true});
  }
  own_deletes_.clear();
  staged_.records.push_back({log_.end().id, {own.origin, own.seq}, own.hlc});
  staged_.have[own.origin] = own.seq;
  report.wrote_local = true;
  return Ok{};
}

Status Applier::finish_schema() {
  if (!staged_.schema_changed) return Ok{};
  TRY(local_.renew_triggers());
  return capture::adopt_schema(connection_);
}

Status Applier::finish() {
  TRY(finish_schema());
  // Kept so that the next open needs to read less of the log; a little late is harmless.
  const core::Watermark& watermark = state_.watermark();
  if (watermark.hlc.wall_ms() - saved_watermark_.wall_ms() >= kSaveWatermarkMs) {
    TRY(write_watermark(connection_, watermark));
    saved_watermark_ = watermark.hlc;
  }
  if (!write_cursor_.prepared()) {
    TRY_ASSIGN(write_cursor_, connection_.prepare(sql::kWriteCursor));
  }
  for (const auto& [origin, hlc] : staged_.cursors) {
    write_cursor_.bind(1, std::int64_t{origin});
    write_cursor_.bind(2, core::seq_of(staged_.have, origin));
    write_cursor_.bind(3, hlc.value);
    TRY(write_cursor_.run());
  }
  return Ok{};
}

void Applier::forget_schema() {
  targets_.forget();
  local_targets_.forget();
  renames_ = {};
  schema_version_ = -1;
}

void Applier::roll_back() {
  versions_.roll_back_to(0);
  state_.bags().roll_back_to(0);
  own_deletes_.clear();
  if (staged_.schema_changed) targets_.forget();
  schema_version_ = -1;
}

Status Applier::apply_again(std::span<const core::ChangeSet> transaction, ApplyReport& report) {
  const std::size_t mark = versions_.mark();
  const std::size_t bag_mark = state_.bags().mark();
  TRY(connection_.execute("SAVEPOINT again"));
  for (const core::ChangeSet& change : transaction) {
    Status status = apply_rows(change, state_.causal().add(change), report);
    if (status.ok()) continue;
    if (connection_.in_transaction()) TRY(connection_.execute("ROLLBACK TO again; RELEASE again"));
    versions_.roll_back_to(mark);
    state_.bags().roll_back_to(bag_mark);
    own_deletes_.clear();
    targets_.forget();
    return status;
  }
  return connection_.execute("RELEASE again");
}

void Applier::finish_again() {
  versions_.roll_back_to(0);
  state_.bags().roll_back_to(0);
  own_deletes_.clear();
  targets_.forget();
}

}  // namespace murmel::store
