// Applies change sets of other nodes: rows, log records and cursors in one SQLite transaction for many.
//
// First it reads, under the write lock, what applications have written meanwhile, so that no local write is
// overwritten before it is known. Then everything goes in without savepoints. If one transaction can't be
// applied, all is rolled back and done again, each in a savepoint of its own, so that only the bad one is
// left out and named; its origin's later ones wait for it. Belongs to the database's thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/store/column_renames.h"
#include "agent/store/conflict_log.h"
#include "agent/store/connection.h"
#include "agent/store/foreign_keys.h"
#include "agent/store/local_transaction.h"
#include "agent/store/local_writes.h"
#include "agent/store/log_state.h"
#include "agent/store/log_writer.h"
#include "agent/store/row_target.h"
#include "agent/store/schema_applier.h"
#include "agent/store/set_aside.h"
#include "agent/store/staged_versions.h"
#include "agent/store/table_difference.h"
#include "agent/store/table_filter.h"
#include "agent/store/table_list.h"
#include "agent/store/target_cache.h"
#include "agent/store/types.h"

namespace murmel::store {

class Applier {
 public:
  // Everything given must outlive the applier.
  Applier(Connection& connection, NodeId self, LogState& state, LogWriter& log, ConflictLog& conflicts,
          const TableFilter& filter, LocalWrites& local, std::function<WallMs()> clock);

  Result<ApplyReport> apply(std::span<const core::ChangeSet> changes);

  // Commits transactions of this node's sessions, in the order given, in one SQLite transaction, with a
  // record each (or several, if it is large). Says of each what became of it: kConflict: begin again, as
  // somebody has changed its rows, or what they refer to, since its snapshot. An error: none is committed.
  Result<std::vector<Status>> commit(std::span<const LocalTransaction* const> group);

  // Whether somebody has changed a row of it since its snapshot. In a transaction of the caller, caught up.
  Result<bool> is_overtaken(const LocalTransaction& local);
  // Whether it could be written now, UNIQUE keys and foreign keys included; it is not. Errors: as of
  // commit().
  Status try_out(const LocalTransaction& local);

  // Applies the rows of a transaction again, own or not, by the same rules, inside the caller's transaction;
  // log records and cursor are the caller's. For a snapshot that took the place of the content. After an
  // error nothing of it is applied, and if it concerns this transaction alone the caller may go on with
  // others.
  Status apply_again(std::span<const core::ChangeSet> transaction, ApplyReport& report);
  // After the caller's transaction that used apply_again, before versions are loaded anew.
  void finish_again();

  // A person has decided to do without this transaction (of which this is the first change set): if it can't
  // be applied when it comes again, it is logged as if it had been, and its rows are kept as a conflict.
  // Kept in the database until it is applied or logged.
  Status skip(const core::Position& position);
  Status load_skips();

  // Makes the rows of these buckets as they are at the other node, and keeps what gives way among the
  // conflicts. Only rows that were not written since the other node read them; they are no writes themselves.
  // kBusy: not all that the other node has is here yet. kInvalid: the table is another one there.
  Result<RepairReport> repair(const BucketRows& theirs);

  // Makes the schema as it is at the other node, with no record of it; what gives way for lack of a place is
  // kept among the conflicts. kBusy: not the same changes of it are here and there yet. kRefused: that would
  // lose too much. Only of the tables that are replicated here; `theirs` has all.
  Result<SchemaRepairReport> repair_schema(const SchemaState& theirs);

  // The schema may have changed under the prepared statements.
  void forget_schema();

 private:
  using Group = std::span<const core::ChangeSet>;  // the parts of one transaction

  // What a transaction adds to `state_` once it is committed.
  struct Staged {
    core::VersionVector have;
    std::map<NodeId, core::Hlc> cursors;
    std::vector<LogState::Committed> records;
    bool schema_changed = false;
  };
  enum class Mode { kFast, kCareful };
  using LocalGroup = std::span<const LocalTransaction* const>;

  Result<Transaction> begin();
  Result<bool> apply_all(std::span<const core::ChangeSet> changes, Mode mode, ApplyReport& report);
  Status apply_carefully(Group group, ApplyReport& report);
  Status leave_out(Group group, const Error& error, ApplyReport& report);
  bool due(Group group) const;
  static bool waits_for(const core::ChangeSet& change, const core::Position& position);
  Status apply_group(Group group, ApplyReport& report);
  Status apply_rows(const core::ChangeSet& change, const core::VersionVector& seen, ApplyReport& report);
  Status apply_payload(const core::ChangeSet& change, RowContext& context);
  Result<bool> commit_all(LocalGroup group, Mode mode, std::vector<Status>& outcomes);
  Result<bool> is_overtaken(const LocalTransaction& local, std::int64_t schema_version, std::int64_t end);
  Status write_local(const LocalTransaction& local);
  Status write_local_carefully(const LocalTransaction& local);
  Status write_local_rows(const core::ChangeSet& change);
  void note_committed();
  Status apply_schema(const wire::SchemaChange& change, RowContext& context);
  Status make_schema(const wire::SchemaChange& change, RowContext& context);
  Status give_way_to_index(const wire::SchemaChange& change, RowContext& context);
  Status write_set_aside(const wire::RowChange& row, const core::RowVersion& version, RowContext context);
  Status write_as_told(std::string rows);
  Status keep_rows(const SchemaObject& table, const std::vector<std::string>& columns,
                   SchemaRepairReport& report);
  Status drop_what_is_not_in(const SchemaState& theirs, SchemaRepairReport& report);
  Status make_as(const SchemaText& wanted, SchemaRepairReport& report);
  Status append_own_deletes(ApplyReport& report);
  Status log(const core::ChangeSet& change);
  Status finish_schema();
  Status finish();
  void roll_back();

  Connection& connection_;
  NodeId self_;
  LogState& state_;
  LogWriter& log_;
  ConflictLog& conflicts_;
  const TableFilter& filter_;
  LocalWrites& local_;
  std::function<WallMs()> clock_;
  StagedVersions versions_;
  TargetCache targets_;
  TableFilter everything_;
  TargetCache local_targets_;  // also for tables that are filtered
  ForeignKeys foreign_keys_;
  SchemaApplier schema_;
  ColumnRenames renames_;
  SetAside set_aside_;
  OwnDeletes own_deletes_;
  Staged staged_;
  std::set<core::Position> skips_;
  Statement write_cursor_;
  core::Hlc saved_watermark_;
  std::int64_t schema_version_ = -1;  // that targets_ stand for
};

}  // namespace murmel::store
