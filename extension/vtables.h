// Two eponymous virtual tables, which exist without any schema object.
//
// __murmel_enlist  takes part in transactions: SQLite tells it of savepoints, rollback and commit, and lets
// its
//                  xSync write, inside the transaction, before it becomes durable (as full-text search does).
// __murmel_life    owns the connection's cached statements. No statement refers to it, so SQLite disconnects
// it
//                  at the start of sqlite3_close(), early enough to finalize them.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// Registers both. The connection object belongs to SQLite from here on, also on failure.
int register_vtables(sqlite3* db, Connection* connection) noexcept;

}  // namespace murmel::extension
