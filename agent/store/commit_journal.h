// Commit journal: what this node has promised to others about transactions that several nodes decide, on
// stable storage before it is said. One log of the agent for all its databases (segment_log.h), apart from
// the application's files, whose write lock may be held by somebody who waits for a decision.
//
// A batch, of whatever databases, is one frame and so one fsync (durability kFsync). Records are read back in
// the order in which they were written. Forget takes away what it covers and stays itself, the last one of
// each origin, as do the last two Reserve. Beside them stands what the node has promised about the next set
// of voters (core::EpochState), for all databases together.
//
// Of a database that the cluster has dropped nothing is kept but its id (drop()): nobody waits for its
// transactions any more, and with what was promised forgotten it must never be voted on here again.
//
//   segment   state (Forgets, Reserves, epoch, dropped ids) | batch | batch | ...
//   removed   when every record in it is forgotten; of one that is mostly so the others are written anew, if
//             there are many segments
//
// Invariant: after write() has returned Ok, read() in whatever process returns the records, also after a
// power failure (kFsync). After a failed fsync nothing is certain any more: every later write fails (kIo),
// until the agent is restarted. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/commit.h"
#include "agent/core/epoch.h"
#include "agent/store/journal_items.h"
#include "agent/store/segment_log.h"

namespace murmel::store {

class CommitJournal {
 public:
  enum class Durability {
    kFsync,       // survives a power failure
    kReplicated,  // survives the end of the process; a power failure may take the last records
  };

  struct Batch {
    Uuid database;
    std::vector<core::journal::Record> records;
  };

  // `folder` is made if there is none; commit.db beside it, the journal of earlier builds, is taken over.
  // Errors: kCorrupt, kRefused (written by a newer release), and as the system says.
  static Result<CommitJournal> open(const std::string& folder, Durability durability);
  static Result<CommitJournal> open(const std::string& folder, SegmentLog::Options options);

  // kCorrupt: a record can't be read; nothing of this database is to be decided here then. kRefused: it was
  // dropped.
  Result<std::vector<core::journal::Record>> read(const Uuid& database) const;
  // Greatest slot per decided origin that any record of each database is about, for all databases.
  core::Tips known() const;
  // Nothing: none was written. kCorrupt: this node must not vote.
  Result<std::optional<core::EpochState>> read_epoch() const;
  // All or nothing; `epoch` replaces the last one. kFull passes, and it may be called again.
  Status write(std::span<const Batch> batches, const core::EpochState* epoch = nullptr);

  // Forgets the database for good; what is written of it later is ignored.
  Status drop(const Uuid& database);
  const std::set<Uuid>& dropped() const { return dropped_; }

  std::int64_t transactions() const { return transactions_; }  // written since open

 private:
  // What every segment begins with.
  struct Kept {
    std::uint64_t number = 0;
    Seq seq = 0;
    std::string body;
  };
  struct Promises {
    std::map<NodeId, Kept> forgets;  // by origin
    std::deque<Kept> reserves;       // the last two
  };
  struct Entry {
    Uuid database;
    NodeId origin = 0;
    Seq seq = 0;
    std::int64_t bytes = 0;
  };
  struct Contents {  // of a segment
    std::map<std::pair<Uuid, NodeId>, Seq> greatest;
    std::vector<Entry> records;
  };

  explicit CommitJournal(std::string folder) : folder_(std::move(folder)) {}
  static Result<CommitJournal> open_log(const std::string& folder, SegmentLog::Options options);
  // commit_journal_import.cc
  static Status take_over(const std::string& folder, const SegmentLog::Options& options);
  Status import(const std::string& old_file);
  Status note(SegmentLog::Number segment, const JournalItem& item);
  bool is_forgotten(const Uuid& database, NodeId origin, Seq seq) const;
  Status append();
  Status put(std::string& frame, const JournalItem& item);
  Status flush(std::string& frame);
  Status write_all(std::span<const Batch> batches, const core::EpochState* epoch);
  Status begin_segment();
  std::string state() const;
  void remove_forgotten();
  Status clean();
  std::int64_t live_bytes(SegmentLog::Number segment) const;
  Status rewrite(SegmentLog::Number segment);
  Status failed(Status status);

  std::string folder_;
  std::optional<SegmentLog> log_;
  std::map<Uuid, Promises> promises_;
  std::optional<Kept> epoch_;
  std::set<Uuid> dropped_;
  std::map<SegmentLog::Number, Contents> contents_;
  SegmentLog::Number cleaned_ = 0;  // the last one that was looked at
  std::uint64_t last_number_ = 0;   // of an item
  std::int64_t transactions_ = 0;
  std::string failure_;
};

}  // namespace murmel::store
