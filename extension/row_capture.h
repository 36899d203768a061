// The preupdate hook: one row that is about to be written becomes one item of the row stream.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

// What the preupdate hook was called with.
void capture_row(Connection& connection, int operation, const char* schema, const char* table,
                 std::int64_t rowid, std::int64_t new_rowid) noexcept;

// The same when only the table is known, because a session told of the row: what happens to it is found out.
void capture_session_row(Connection& connection, const char* schema, const char* table) noexcept;

// A row has been written while another preupdate hook kept it from us.
void capture_missed_row(Connection& connection, int operation, const char* schema, const char* table,
                        std::int64_t rowid) noexcept;

}  // namespace murmel::extension
