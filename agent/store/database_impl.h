// The parts of a Database and how they hang together. Private to database*.cc.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/store/applier.h"
#include "agent/store/commit_audit.h"
#include "agent/store/conflict_log.h"
#include "agent/store/connection.h"
#include "agent/store/database.h"
#include "agent/store/local_writes.h"
#include "agent/store/log_reader.h"
#include "agent/store/log_state.h"
#include "agent/store/log_writer.h"
#include "agent/store/settled_log.h"
#include "agent/store/speculative_vfs.h"
#include "agent/store/table_filter.h"
#include "agent/store/trimmer.h"
#include "agent/store/wal_file.h"

namespace murmel::store {

class Database::Impl {
 public:
  Impl(std::string path, Options options, Connection connection);

  // The parts that need the tables of the log; after enable().
  Status enable();
  Status make_added_tables();
  Status create_parts();
  Status load();

  Status set_up_capture();
  Result<bool> fresh();
  // Keeps how far the log is settled, for the next open.
  Status save_settled();

  std::string path;
  Options options;
  TableFilter filter;
  Connection connection;
  LocalWrites local;
  WalFile wal;
  std::optional<WalVersion> synced;  // of the WAL, when it was last made durable
  Trimmer trimmer;
  CommitAudit audit;
  SettledLogKeeper settled;
  std::int64_t audited_transactions = 0;
  // In the order of their dependence.
  std::optional<LogState> state;
  std::optional<LogWriter> log;
  std::optional<ConflictLog> conflicts;
  std::optional<LogReader> reader;
  std::optional<Applier> applier;
};

}  // namespace murmel::store
