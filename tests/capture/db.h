// SQLite handles that close themselves, and values as comparable text. One thread.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace murmel::capture_test {

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct DatabaseCloser {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

// Ends the process with a sentence: the harness itself is broken, not the code it tests.
[[noreturn]] void harness_failure(const std::string& what);

Database open_database(const std::string& path);
Statement prepare(sqlite3* db, std::string_view sql);

// Runs SQL that must work, and returns the rows (columns joined by '|').
std::vector<std::string> query(sqlite3* db, std::string_view sql);

// A value with its type: N, I5, R0.5, T'abc', X'00ff'. Different values give different texts; long ones are
// hashed.
std::string typed_text(sqlite3_stmt* row, int column);
std::string typed_text(int type, const void* bytes, std::size_t size);
std::string typed_real(double value);

// "a" -> "\"a\"", with quotes doubled.
std::string quoted(std::string_view name);

}  // namespace murmel::capture_test
