// Translates SQLite's result codes: the one place where they become ErrorCode.
#pragma once

#include <string_view>

#include "agent/base/result.h"

struct sqlite3;

namespace murmel::store {

// The error of the call that just failed on `db` with `code`; `doing` says what was tried.
// kBusy and kFull pass by themselves; kConflict is a violated constraint; kInvalid is SQL that does not fit
// the schema; kCorrupt is a damaged file; kIo is the rest of what disks and operating systems do.
Error sqlite_error(sqlite3* db, int code, std::string_view doing);

// The database as a whole is in trouble: nothing of a batch can be applied now.
bool concerns_whole_batch(ErrorCode code);

}  // namespace murmel::store
