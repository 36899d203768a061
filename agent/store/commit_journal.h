// Commit journal: what this node has promised to others about transactions that several nodes decide, on
// stable storage before it is said. One SQLite file of the agent for all its databases, apart from the
// application's files, whose write lock may be held by somebody who waits for a decision.
//
// A batch, of whatever databases, is one SQLite transaction and so one fsync (durability kFsync). Records are
// read back in the order in which they were written. Forget takes away what it covers and stays itself, the
// last one of each origin, as do the last two Reserve. Beside them stands what the node has promised about
// the next set of voters (core::EpochState), for all databases together.
//
// Of a database that the cluster has dropped nothing is kept but its id (drop()): nobody waits for its
// transactions any more, and with what was promised forgotten it must never be voted on here again.
//
// Invariant: after write() has returned Ok, read() in whatever process returns the records, also after a
// power failure (kFsync). After a failed fsync nothing is certain any more: every later write fails (kIo),
// until the agent is restarted. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/commit.h"
#include "agent/core/epoch.h"
#include "agent/store/connection.h"

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

  // Errors: kCorrupt, kRefused (written by a newer release), and as SQLite says.
  static Result<CommitJournal> open(const std::string& path, Durability durability);

  // kCorrupt: a record can't be read; nothing of this database is to be decided here then. kRefused: it was
  // dropped.
  Result<std::vector<core::journal::Record>> read(const Uuid& database);
  // Greatest slot per decided origin that any record of each database is about, for all databases.
  Result<core::Tips> known();
  // Nothing: none was written. kCorrupt: this node must not vote.
  Result<std::optional<core::EpochState>> read_epoch();
  // All or nothing; `epoch` replaces the last one. kFull and kBusy pass, and it may be called again.
  Status write(std::span<const Batch> batches, const core::EpochState* epoch = nullptr);

  // Forgets the database for good; what is written of it later is ignored.
  Status drop(const Uuid& database);
  const std::set<Uuid>& dropped() const { return dropped_; }

  std::int64_t transactions() const { return transactions_; }  // written since open

 private:
  CommitJournal(std::string path, Connection connection)
      : path_(std::move(path)), connection_(std::move(connection)) {}
  Status set_up(Durability durability);
  Status prepare_statements();
  Status read_dropped();
  Result<std::optional<std::int64_t>> find(const Uuid& database);
  Result<std::int64_t> find_or_add(const Uuid& database);
  Status write_all(std::span<const Batch> batches, const core::EpochState* epoch);
  Status write_record(std::int64_t database, const core::journal::Record& record);

  std::string path_;
  Connection connection_;
  Statement find_database_;
  Statement add_database_;
  Statement read_;
  Statement add_;
  Statement remove_;
  Statement remove_reserves_;
  Statement write_epoch_;
  std::set<Uuid> dropped_;
  std::int64_t transactions_ = 0;
  std::string failure_;
};

}  // namespace murmel::store
