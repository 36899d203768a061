#include "tests/capture/load_extension.h"

namespace murmel::capture_test {

std::string load_extension(sqlite3* db, const std::string& extension) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* error = nullptr;
  std::string message;
  if (sqlite3_load_extension(db, extension.c_str(), nullptr, &error) != SQLITE_OK) {
    message = error == nullptr ? "unknown error" : error;
  }
  sqlite3_free(error);
  return message;
}

}  // namespace murmel::capture_test
