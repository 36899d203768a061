// Replays a schema change on the copy: create, drop, rename, or change of a table by rebuilding it.
#pragma once

#include <string>

#include "agent/wire/row_reader.h"
#include "tests/capture/db.h"

namespace murmel::capture_test {

// Returns a sentence when it cannot be done, else nothing.
std::string apply_schema(sqlite3* copy, const wire::SchemaChange& change);

}  // namespace murmel::capture_test
