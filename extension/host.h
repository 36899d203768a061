// What the host's SQLite offers beyond the extension API: the preupdate hook and the session module are not
// in sqlite3_api_routines and have to be found by symbol in the very object the connection belongs to.
//
// Never dlsym(RTLD_DEFAULT): it finds nothing where the library was opened RTLD_LOCAL, and another SQLite's
// function where two of them are in the process.
// Read-only after find_host(); may be shared by all connections of one SQLite.
#pragma once

#include "extension/sqlite.h"

struct sqlite3_session;

namespace murmel::extension {

using PreupdateCallback = void (*)(void*, sqlite3*, int, const char*, const char*, sqlite3_int64,
                                   sqlite3_int64);

struct Host {
  void* (*preupdate_hook)(sqlite3*, PreupdateCallback, void*) = nullptr;
  int (*preupdate_old)(sqlite3*, int, sqlite3_value**) = nullptr;
  int (*preupdate_new)(sqlite3*, int, sqlite3_value**) = nullptr;
  int (*preupdate_count)(sqlite3*) = nullptr;
  int (*preupdate_blobwrite)(sqlite3*) = nullptr;  // may be missing

  int (*session_create)(sqlite3*, const char*, sqlite3_session**) = nullptr;  // all three or none
  void (*session_delete)(sqlite3_session*) = nullptr;
  void (*session_table_filter)(sqlite3_session*, int (*)(void*, const char*), void*) = nullptr;

  const char* found_by = "none";  // "linked", "dlsym", "symtab" or "none"

  bool has_preupdate() const { return preupdate_hook != nullptr; }
  bool has_session() const { return session_create != nullptr; }
};

// Looks the functions up. What can't be found stays nullptr.
Host find_host() noexcept;

}  // namespace murmel::extension
