// What applications wrote without the extension's making a log record of it: rows that triggers put into
// __murmel_wide, and schema changes that came without rows. Both become local records here, always in a
// transaction of their own: the log in memory must never know a record that a rollback may still take back.
// Belongs to the database's thread.
#pragma once

#include <cstdint>

#include "agent/base/result.h"
#include "agent/store/connection.h"

namespace murmel::store {

class LocalWrites {
 public:
  explicit LocalWrites(Connection& connection) : connection_(connection) {}

  // Whether the database is to have capture or guard triggers.
  void use_triggers(bool triggers) { triggers_ = triggers; }

  // Whether there may be something to log. Needs no lock.
  Result<bool> pending();
  // Makes records of all of it. True: there was something. kBusy: another writer held the lock for too long.
  Result<bool> log_all();
  // The write lock, with nothing left unlogged.
  Result<Transaction> begin_after_logging();
  // How often records were made here, or the schema was found changed: commits and records don't correspond
  // then.
  std::int64_t rounds() const { return rounds_; }
  // Makes the triggers fit the schema again, in the caller's transaction.
  Status renew_triggers();

 private:
  Result<bool> log_in_transaction();
  Result<bool> has_wide_rows(std::int64_t schema);

  Connection& connection_;
  bool triggers_ = false;
  Statement any_wide_;
  std::int64_t rounds_ = 0;
  std::int64_t logged_schema_ = -1;        // schema cookie that was compared last
  std::int64_t schema_without_wide_ = -1;  // schema cookie under which there was no table of wide rows
};

}  // namespace murmel::store
