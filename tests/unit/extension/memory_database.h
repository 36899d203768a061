// An in-memory database for tests of the extension's static variant.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>

namespace murmel::extension::test {

class MemoryDatabase {
 public:
  MemoryDatabase() { REQUIRE(sqlite3_open(":memory:", &db_) == SQLITE_OK); }
  ~MemoryDatabase() { sqlite3_close(db_); }
  MemoryDatabase(const MemoryDatabase&) = delete;
  MemoryDatabase& operator=(const MemoryDatabase&) = delete;

  sqlite3* get() const { return db_; }
  void run(const std::string& sql) const {
    char* error = nullptr;
    const int rc = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error);
    INFO(sql, ": ", error == nullptr ? "" : error);
    REQUIRE(rc == SQLITE_OK);
  }
  // First column of the first row as text; empty for NULL or no row.
  std::string value(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::string text;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
      text.assign(reinterpret_cast<const char*>(sqlite3_column_blob(statement, 0)),
                  static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
    }
    sqlite3_finalize(statement);
    return text;
  }

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace murmel::extension::test
