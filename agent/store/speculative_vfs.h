// A SQLite VFS for connections that write without ever committing (speculative.h): a layer over "unix" that
// gives a connection to a database in WAL mode a wal-index of its own.
//
//   wal-index       private memory, filled by refresh(); its locks are granted to everybody
//   database, WAL   are read; writes are refused (SQLITE_IOERR_WRITE), locks above SHARED are busy
//   other files     (temporary ones) as "unix" has them
//
// The wal-index has to be private even for a transaction that is only rolled back: rolling back clears the
// entries of frames that other writers may just be adding. https://www.sqlite.org/walformat.html has the
// format. Registering is for any thread; a file belongs to its connection's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/base/result.h"

struct sqlite3;

namespace murmel::store {

// Its name; registers it at the first call.
const char* speculative_vfs();

// Which state of a database a private wal-index stands for: what the header of the shared one said.
struct WalVersion {
  static constexpr int kBytes = 48;
  unsigned char header[kBytes] = {};
  bool operator==(const WalVersion&) const = default;
};

// Of a database that is open by SQLite's own VFS; nothing if it is not in WAL mode, or just being changed.
std::optional<WalVersion> wal_version(sqlite3* ordinary);

// Copies the shared wal-index to the private one of `speculative`, which was opened with this VFS and is in
// no transaction. Another connection must hold a read transaction on the same database, begun before, for as
// long as the copy is used: that keeps the WAL from being begun anew and pages from being overwritten.
// kBusy: others kept changing it; kInvalid: the database is not in WAL mode.
Result<WalVersion> refresh_wal_index(sqlite3* speculative);
// Whether nothing was committed since. False if it can't be told.
bool is_current(sqlite3* speculative, const WalVersion& version);

}  // namespace murmel::store
