#include "extension/capture_api.h"

namespace murmel::extension {

int install_triggers(sqlite3*, const char*, Fault& fault) {
  return fault.fail(SQLITE_ERROR, "trigger mode is not built in");
}
int remove_triggers(sqlite3*, const char*, Fault&) {
  return SQLITE_OK;
}
int convert_wide_rows(sqlite3*, const char*, std::int64_t* rows, Fault&) {
  *rows = 0;
  return SQLITE_OK;
}

}  // namespace murmel::extension
