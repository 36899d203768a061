// Replays the log of a database on a copy of what it was before, as simply as possible: no versions, no
// conflicts, no shortcuts. The oracle of the capture tests. Before a row is changed its old image must be
// there, value for value.
#pragma once

#include <string>
#include <vector>

#include "tests/capture/db.h"

namespace murmel::capture_test {

struct ReplayReport {
  std::vector<std::string> failures;  // a record that cannot be applied
  std::vector<std::string> before;    // an old image that is not what the copy has
  std::size_t records = 0;
};

// Applies the records of origin 0 in `source`, in the order of their ids, to `copy`.
ReplayReport replay(sqlite3* source, sqlite3* copy);

}  // namespace murmel::capture_test
