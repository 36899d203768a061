// A statement that reads SQLite's schema or sizes, and is finalized when it goes. The connection's thread.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

namespace murmel::session {

using ReadStatement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

// Null: the text can't be prepared; the connection says why.
inline ReadStatement prepared(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  return {statement, &sqlite3_finalize};
}

}  // namespace murmel::session
