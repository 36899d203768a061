// Values of keys as bytes that are equal exactly when SQLite takes the values for equal: REAL values without
// fraction count as INTEGER, ASCII case is folded where the collation is NOCASE, and spaces at the end are
// left out where it is RTRIM. What row keys (row_key.h) and claims (claims.h) are hashes of. Any thread.
#pragma once

#include <string>

#include "agent/wire/row_reader.h"

namespace murmel::store {

// Appends one value. False, with nothing appended: it is NULL. (A collation of the application's own can't be
// computed here; such values are compared byte by byte.)
bool append_key_bytes(std::string& buffer, const wire::Value& value, row_stream::Collation collation);

}  // namespace murmel::store
