#include "extension/auto_checkpoint.h"

#include "extension/statement.h"

namespace murmel::extension {
namespace {

constexpr int kDefaultPages = 1000;  // https://www.sqlite.org/c3ref/wal_autocheckpoint.html

}  // namespace

void AutoCheckpoint::adapt_once(sqlite3* db) noexcept {
  adapted_ = true;
  Statement threshold;
  Fault ignored;  // not known, so left as it is
  if (threshold.prepare(db, ignored, 0, "PRAGMA wal_autocheckpoint") != SQLITE_OK) return;
  // It answers 0 when the WAL hook is not SQLite's.
  if (threshold.step(ignored) != SQLITE_ROW || threshold.integer(0) != kDefaultPages) return;
  threshold.finalize();
  sqlite3_wal_autocheckpoint(db, 2 * kDefaultPages);
}

}  // namespace murmel::extension
