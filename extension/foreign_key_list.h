// The foreign keys of a database as a commit request lists them (schemas/commit_socket.h).
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

// u32 count, then the foreign keys. SQLITE_OK or the code in `fault`.
int list_foreign_keys(sqlite3* db, const char* schema, Vec<std::uint8_t>& bytes, Fault& fault) noexcept;

}  // namespace murmel::extension
