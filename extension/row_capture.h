// The preupdate hook: one row that is about to be written becomes one item of the row stream.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// Callback for sqlite3_preupdate_hook. `connection` is a Connection.
void capture_row(Connection& connection, int operation, const char* schema, const char* table,
                 std::int64_t rowid, std::int64_t new_rowid) noexcept;

}  // namespace murmel::extension
