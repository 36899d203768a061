// WalWatch: what a connection has to do with the write-ahead log of one of its databases: the change counter,
// and frames that are handed to the log together (wal_writes.h). Belongs to the connection's thread, and is
// released before the connection is closed.
#pragma once

#include "extension/sqlite.h"
#include "extension/wal_index.h"
#include "extension/wal_writes.h"

namespace murmel::extension {

class WalWatch {
 public:
  WalWatch() = default;
  ~WalWatch() { WalWrites::release(writes_); }
  WalWatch(const WalWatch&) = delete;
  WalWatch& operator=(const WalWatch&) = delete;

  // A write transaction has begun; may be called again in it. Returns the change counter: -1 when the
  // database is not in WAL mode, or its wal-index is not shared memory.
  std::int64_t begin_transaction(sqlite3* db, const char* schema) noexcept;
  // It has been committed or rolled back.
  void end_transaction() noexcept {
    if (writes_ != nullptr) writes_->end_transaction();
  }
  // As begin_transaction() returns it.
  std::int64_t change_counter(sqlite3* db, const char* schema) noexcept;
  // Under the same name there is another file now.
  void forget() noexcept;

 private:
  WalIndex index_;
  WalWrites* writes_ = nullptr;
  sqlite3_file* unwatched_ = nullptr;  // a log that can't be watched
};

}  // namespace murmel::extension
