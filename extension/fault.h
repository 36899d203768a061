// Fault: why something failed, as an SQLite result code for programs and a sentence for people. Functions
// here return an SQLite result code and, when it is not SQLITE_OK, have said the reason in the Fault they
// were given. The first reason is kept: what follows is usually its consequence.
#pragma once

#include "extension/sqlite.h"

namespace murmel::extension {

struct Fault {
  int code = 0;  // SQLITE_OK: none
  char text[400] = {};

  bool set() const { return code != 0; }
  void clear() { code = 0; }
  // Records `code` and a printf-like sentence (sqlite3_mprintf's formats), prefixed "murmel: ". Returns code.
  int fail(int code, const char* format, ...) noexcept;
  // "murmel: <what>: <the connection's last error>". Returns code, or SQLITE_ERROR if that is SQLITE_OK.
  int fail_with(sqlite3* db, int code, const char* what) noexcept;
};

}  // namespace murmel::extension
