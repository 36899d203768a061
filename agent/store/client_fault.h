// What SQLite said last on a connection of clients.
#pragma once

#include <string_view>

#include "agent/store/client_database.h"

namespace murmel::store {

// `sql`: of the statement that was being prepared, for the place of a syntax error.
ClientFault client_fault(sqlite3* handle, std::string_view sql = {});

}  // namespace murmel::store
