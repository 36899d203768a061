#include "extension/fault.h"

#include <cstdarg>

namespace murmel::extension {

int Fault::fail(int result, const char* format, ...) noexcept {
  if (set()) return code;
  code = result == SQLITE_OK ? SQLITE_ERROR : result;
  constexpr char kPrefix[] = "murmel: ";
  constexpr int kPrefixBytes = sizeof kPrefix - 1;
  __builtin_memcpy(text, kPrefix, kPrefixBytes);
  va_list arguments;
  va_start(arguments, format);
  sqlite3_vsnprintf(static_cast<int>(sizeof text) - kPrefixBytes, text + kPrefixBytes, format, arguments);
  va_end(arguments);
  return code;
}

int Fault::fail_with(sqlite3* db, int result, const char* what) noexcept {
  return fail(result, "%s: %s", what, sqlite3_errmsg(db));
}

}  // namespace murmel::extension
