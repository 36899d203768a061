// The one way SQLite is included here. In the loadable library every sqlite3_* call goes through the host's
// table of functions (sqlite3ext.h); with SQLITE_CORE, as in the agent's static variant, they are plain
// calls.
#pragma once

#ifdef SQLITE_CORE
#include <sqlite3.h>
#else
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#endif

#include <cstddef>
#include <cstdint>
