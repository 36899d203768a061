// Which Connection belongs to an sqlite3*, for callbacks whose argument is not ours to choose (see hooks.cc).
// May be used from any thread. The look-up is on the path of every row: the connection a thread asked for
// last is remembered, and believed until any connection goes.
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

[[nodiscard]] bool register_connection(sqlite3* db, Connection* connection) noexcept;
void unregister_connection(sqlite3* db) noexcept;
// nullptr when it is not registered.
Connection* find_connection(sqlite3* db) noexcept;

}  // namespace murmel::extension
