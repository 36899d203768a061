// Speculative: a connection on which a write transaction can run beside any number of others, and beside the
// database's real writer, because it is never committed. It sees one snapshot and its own writes; what it
// has written is taken from the capture (extension/capture_api.h) and written for real by somebody else.
//
//   begin() ──► statements, savepoints ──► end(): always a rollback
//
// The connection has a private copy of the wal-index (speculative_vfs.h). The companion, an ordinary
// connection to the same file, holds a read transaction meanwhile: that pins the WAL and the pages below it
// against checkpoints, a new WAL, VACUUM and a change of the journal mode by anybody.
//
// Changed pages stay in memory until the end. Belongs to one thread, with its companion.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/store/speculative_vfs.h"
#include "agent/store/statement_pool.h"

struct sqlite3;
struct sqlite3_stmt;

namespace murmel::store {

class Speculative {
 public:
  // The database must be in WAL mode. `companion`: a connection to it that lives longer.
  static Result<std::unique_ptr<Speculative>> open(const std::string& path, sqlite3* companion);
  ~Speculative();
  Speculative(const Speculative&) = delete;
  Speculative& operator=(const Speculative&) = delete;

  sqlite3* handle() const { return handle_; }
  bool active() const { return active_; }
  // Begins a transaction here and a reading one on the companion, which must be in none. kBusy, kIo: neither
  // is begun.
  Status begin();
  // Ends both. Statements that are still running are ended by that.
  void end();
  // Whether the snapshot is what a transaction that begins now would see.
  bool is_current() const { return store::is_current(handle_, version_); }
  // Our own statements, as opposed to clients', of handle().
  StatementPool& own_statements() { return statements_; }
  // Memory that pages take, changed ones and others.
  std::int64_t page_bytes() const;

 private:
  Speculative(sqlite3* handle, sqlite3* companion) : handle_(handle), companion_(companion) {}
  Status begin_reading();

  sqlite3* handle_;
  sqlite3* companion_;
  StatementPool statements_;  // of handle_
  StatementPool companions_;  // of companion_
  WalVersion version_;
  bool active_ = false;
  bool configured_ = false;  // which reads the database, so only with a wal-index
};

}  // namespace murmel::store
