// The entry point of the library, for a program that has it linked in (extension_capture_static) instead of
// loading it: captures what the connection writes, exactly as in an application. `api` is not used then and
// may be nullptr. `error` is to be freed by sqlite3_free(). Thread rule: as for the connection.
#pragma once

#include "extension/sqlite.h"

struct sqlite3_api_routines;

extern "C" int sqlite3_murmel_init(sqlite3* db, char** error, const sqlite3_api_routines* api);
