// Compares two databases as an application would see them: schema and rows, typed, without our tables. Both
// files are opened by plain connections without the extension.
#pragma once

#include <string>
#include <vector>

#include "tests/capture/db.h"

namespace murmel::capture_test {

// Differences in words; empty when equal. Shadow tables and the sqlite_* tables are compared by what they
// stand for.
std::vector<std::string> compare_schema(sqlite3* expected, sqlite3* actual);
std::vector<std::string> compare_rows(sqlite3* expected, sqlite3* actual);

// Differences of two lists of lines, the first few of them.
std::vector<std::string> compare_lines(const std::vector<std::string>& expected,
                                       const std::vector<std::string>& actual);

}  // namespace murmel::capture_test
