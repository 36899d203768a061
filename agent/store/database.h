// One replicated SQLite database: reads what its applications wrote (tail), applies what other nodes wrote
// (apply), serves the log to peers (read_range), and keeps log, versions and schema copies in step.
//
// Invariants: rows, log records and cursors of an applied change set move in one SQLite transaction; nothing
// is applied twice; no write of an application is overwritten before it is known; a failed call changes
// nothing. Belongs to one thread at a time. Expected errors: kBusy (a writer held the lock for too long) and
// kFull (disk) pass and the call may be repeated; kIo and kCorrupt need a person.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"
#include "agent/store/local_transaction.h"
#include "agent/store/table_difference.h"
#include "agent/store/types.h"

namespace murmel::store {

class Database {
 public:
  // Opens (or creates) the file, enables capture in it, and rebuilds the version index from the log.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<State> state();

  // Local change sets that are new since the last call (or since open: what was in the log then is served by
  // read_range), in order, at most about `bytes_max` bytes; call again until it returns none. Also turns rows
  // that triggers recorded into log records, logs schema changes that came without rows, and counts commits
  // that nobody captured. Not yet durable: see sync_wal().
  Result<std::vector<core::ChangeSet>> tail(std::size_t bytes_max);

  // Makes everything that was committed before the call durable (fdatasync of the WAL).
  Status sync_wal();

  // Applies whole transactions, in the order given, in one SQLite transaction. Change sets that are here
  // already are skipped; so are those whose predecessor or dependency is missing. One that can't be applied
  // is named in the report, the rest goes in. An error means that nothing was applied and all may be tried
  // again.
  Result<ApplyReport> apply(std::span<const core::ChangeSet> changes);

  // Transactions of this node's sessions, in one SQLite transaction: Applier::commit. Not yet durable: see
  // sync_wal(). What it logs comes with tail() as well.
  Result<std::vector<Status>> commit(std::span<const LocalTransaction* const> group);

  // For transactions of sessions that other nodes are to decide on.
  Result<Certified> certify(std::span<const ToCertify> group);

  // Do without the transaction that begins at this change set if it can't be applied when it comes again: it
  // is logged as if it had been, and kept among the conflicts ('unapplied') with its rows. Written to the
  // database; durable after sync_wal().
  Status skip(const core::Position& position);

  // See Applier::repair.
  Result<RepairReport> repair(const BucketRows& theirs);

  // Change sets of `origin` from seq `from` on, at most about `bytes_max` bytes but at least one if there is
  // one.
  Result<RangeRead> read_range(NodeId origin, Seq from, std::size_t bytes_max);

  // No change set with a stamp at or below `watermark` is still to come: versions up to there are forgotten.
  // A lower watermark than before rebuilds the versions from the log.
  Status set_watermark(const core::Watermark& watermark);

  // Deletes a batch of records from the old end of the log; for idle times. Never the last record.
  Result<TrimReport> trim(const TrimRule& rule);

  // Takes part in another history: the database with this id, of which this one has all or nothing yet.
  Status adopt_database_id(const Uuid& id);

  // Writes a consistent copy of the database to `file` (replaced if present). See snapshot.h for doing it in
  // another thread.
  Result<SnapshotInfo> make_snapshot(const std::string& file, const Progress& progress = {});

  // Replaces content, schema and log by those of a snapshot, in one transaction, and applies again what this
  // node wrote and the donor had not seen: as it was if the donor has the same history (database id), else as
  // new change sets with the next numbers and fresh stamps. Applications need not reopen.
  Result<State> install_snapshot(const std::string& file, const Progress& progress = {});

  // What `sql` (CREATE, ALTER and DROP only) would do to the schema, and the rows of tables it would make;
  // changes nothing. kInvalid: another statement, or one that SQLite refuses.
  Result<SchemaPlan> plan_schema(const std::string& sql);
  // The schema as nodes compare it. kBusy: it has just been changed and that is not logged yet.
  Result<SchemaState> schema_state();
  // See Applier::repair_schema.
  Result<SchemaRepairReport> repair_schema(const SchemaState& theirs);
  // Keeps a setting that applications look up (__murmel_meta); empty: takes it back.
  Status keep_setting(std::string_view key, const std::string& value);

  // The cluster has dropped the database: from now on applications that still write to the file are refused.
  Status retire();

  Result<DatabaseHash> table_hashes();
  Result<std::vector<Conflict>> conflicts(std::int64_t limit);
  // One log record as JSON text. kNotFound if the log does not hold it.
  Result<std::string> dump_record(NodeId origin, Seq seq);
  Result<DatabaseStatus> status();
  // Commits since open() that nobody captured, as far as tail() has looked.
  std::int64_t uncaptured_commits() const;
  // Why the WAL could not be written back into the database; empty: nothing was in the way.
  std::string checkpoint_failure() const;
  // PRAGMA integrity_check, first finding; empty: sound.
  Result<std::string> integrity_check();

 private:
  class Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Takes Murmel out of the file: log, settings, triggers. kNotFound if there is no such file.
Status detach(const std::string& path);

}  // namespace murmel::store
