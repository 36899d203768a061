// What goes in and out of a store::Database: plain values, free of SQLite, that may cross threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"
#include "agent/core/sync.h"

namespace murmel::store {

// What happens to writers that did not load the extension.
enum class OutOfBand {
  kCapture,  // persistent triggers record their rows
  kRefuse,   // guard triggers make their writes fail
  kWarn,     // their commits are noticed and counted
};

struct Options {
  NodeId node = 0;  // this node, 1 .. kNodeIdMax
  OutOfBand out_of_band = OutOfBand::kWarn;
  std::vector<std::string> include;  // table globs, see table_filter.h
  std::vector<std::string> exclude;
  std::string wake_path;  // Unix datagram socket that writers poke after a commit; empty: none
  // For writers at QUORUM (schemas/commit_socket.h), kept in the database where they find it.
  std::string commit_path;            // Unix stream socket of the agent; empty: none
  std::string consistency = "one";    // of connections that did not choose: 'one', 'quorum' or 'all'
  std::string agent_away = "refuse";  // 'refuse', or 'async': then such a transaction is made at ONE
  // 'quorum': schema changes are decided by the cluster, whatever the level of rows; 'one': not; empty: as
  // the database says already.
  std::string schema_changes;
  bool create = true;  // create the file if it is missing
  int busy_timeout_ms = 5'000;
  std::int64_t conflicts_max = 10'000;  // rows kept in __murmel_conflicts; the oldest go first
  std::function<WallMs()> wall_clock;   // for stamps of own change sets; default: the system's clock
};

// Where this database stands. `have` has an entry for this node.
using State = core::StoreState;

// A schema change as it would be made here now, for others to decide on.
struct SchemaPlan {
  std::string rows;  // row stream; empty: nothing would change
  core::VersionVector seen;
  core::Hlc clock;
  std::uint32_t schema_version = 0;
};

// An object of the application's schema.
struct SchemaText {
  std::string type;  // 'table', 'index', 'trigger' or 'view'
  std::string name;
  std::string sql;
  std::string table;  // that it belongs to; its own name if it is a table or a view

  bool operator==(const SchemaText&) const = default;
};

// The schema as nodes compare it. Two that have the same changes of it, or the same positions, ought to have
// the same digest.
struct SchemaState {
  std::int64_t version = 0;  // decided schema changes that are in here
  std::string history;       // hash of all schema changes, decided or not: 16 hexadecimal digits
  std::string digest;        // of the normalised texts: 32 hexadecimal digits
  core::VersionVector have;
  bool filtered = false;  // replicates only some of the tables
  // Of each of these, with its indexes and triggers, and of each view: what a node that filters can be
  // compared by.
  std::map<std::string, std::string> tables;  // folded name -> digest
  std::vector<SchemaText> objects;            // that are replicated, in the order in which they were made
};

// What was done to make the schema as it is at another node.
struct SchemaRepairReport {
  std::vector<std::string> done;  // sentences
  std::int64_t rows_kept = 0;     // of tables that are gone, among the conflicts
};

// A change set that can't be applied here, and why. Its origin's later ones wait behind it.
struct ApplyFailure {
  core::Position position;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

struct ApplyReport {
  core::VersionVector have;
  core::Hlc clock;
  std::int64_t transactions = 0;
  std::int64_t rows = 0;       // rows written
  std::int64_t overruled = 0;  // rows skipped because a later write was here already
  std::int64_t filtered = 0;   // rows of tables that are filtered or not (any longer) here
  std::int64_t conflicts = 0;  // concurrent writes to one row, or collisions in a UNIQUE key
  bool wrote_local = false;    // own change sets were added (tail() returns them)
  std::int64_t skipped = 0;    // transactions that were logged without being applied: see Database::skip
  std::vector<ApplyFailure> failures;
};

struct RepairReport {
  std::int64_t rows = 0;   // made as they are at the other node
  std::int64_t newer = 0;  // left alone: written here since
};

struct RangeRead {
  std::vector<core::ChangeSet> changes;
  bool gone = false;   // the range begins below what the log still holds
  Seq first_kept = 0;  // if gone: where it begins now
};

// What may leave the log: a record that every member has, that is below the watermark and older than min_age;
// and any record older than max_age that every reachable member has. Versions of records trimmed above the
// watermark must outlive them, across restarts too (see core::SyncEffects::Trim).
struct TrimRule {
  core::VersionVector all_have;
  core::VersionVector reachable_have;
  Duration min_age;
  Duration max_age;
};

struct TrimReport {
  std::int64_t records = 0;
  bool more = false;  // there is more to trim; call again when idle
};

struct Conflict {
  std::int64_t id = 0;
  WallMs at = 0;
  std::string table;
  std::string reason;  // 'concurrent', 'unique', 'unapplied' or 'repaired'
  std::string key;     // JSON
  core::Position winner;
  core::Hlc winner_hlc;
  core::Position loser;
  core::Hlc loser_hlc;
  std::string winner_row;  // JSON, empty if the row was deleted
  std::string loser_row;
};

// 128-bit sum of the hashes of all rows: equal for equal content, whatever the order of rows.
struct TableHash {
  std::string table;
  std::int64_t rows = 0;
  std::array<std::uint64_t, 2> hash{};

  bool operator==(const TableHash&) const = default;
  std::string to_string() const;  // 32 hexadecimal digits
};

// All tables in one read snapshot, and the positions that it contains.
struct DatabaseHash {
  core::VersionVector have;
  std::vector<TableHash> tables;  // in order of name
  std::string schema_digest;      // of all application objects' SQL
};

struct DatabaseStatus {
  std::string path;
  std::string mode;  // capture mode in the database: 'hook' or 'trigger'
  std::int64_t log_records = 0;
  std::int64_t log_first_id = 0;
  std::int64_t log_last_id = 0;
  std::int64_t file_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::int64_t version_entries = 0;  // rows in the version index
  std::int64_t version_bytes = 0;
  std::string checkpoint_failure;       // of the last checkpoint; empty: none
  std::int64_t uncaptured_commits = 0;  // seen since open
  std::int64_t conflicts_kept = 0;
  core::Hlc watermark;
  std::vector<std::string> not_captured;  // virtual tables and the like that are not replicated
};

struct SnapshotInfo {
  Uuid database_id;
  NodeId donor = 0;
  core::VersionVector have;
  core::Hlc clock;
  std::int64_t bytes = 0;
};

// Called now and then during long work, in the thread that does it. Rows done, and rows in all (0: not
// known).
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

}  // namespace murmel::store
