// A SQLite extension for tests: half(x).
#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT1

extern "C" int sqlite3_half_init(sqlite3* db, char**, const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api);
  return sqlite3_create_function(
      db, "half", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
      [](sqlite3_context* context, int, sqlite3_value** values) {
        sqlite3_result_double(context, sqlite3_value_double(values[0]) / 2);
      },
      nullptr, nullptr);
}
