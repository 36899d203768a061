// Loading the extension as an application does it. One thread.
#pragma once

#include <string>

#include "tests/capture/db.h"

namespace murmel::capture_test {

// Returns an error message, empty when it worked.
std::string load_extension(sqlite3* db, const std::string& extension);

}  // namespace murmel::capture_test
