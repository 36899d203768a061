// AutoCheckpoint: keeps the automatic checkpoints of a capturing connection as far apart as they are without
// capture. SQLite makes one when the WAL has 1000 pages. The log writes about as many pages as the
// application does, so as many commits as before fill twice as many.
//
// Only SQLite's own default is doubled, and once: a threshold or a WAL hook that the application has set
// stays, and so does what it sets later. (A 1000 that it set itself, before its first captured commit, looks
// like the default.) Belongs to one connection.
#pragma once

#include "extension/sqlite.h"

namespace murmel::extension {

class AutoCheckpoint {
 public:
  // To be called before a captured commit; does something at the first one only.
  void adapt(sqlite3* db) noexcept {
    if (!adapted_) adapt_once(db);
  }

 private:
  void adapt_once(sqlite3* db) noexcept;

  bool adapted_ = false;
};

}  // namespace murmel::extension
