// sqlite3_changes() and sqlite3_total_changes() count what we write as if it were the application's, and no
// function sets them. To leave them as they were, they are written back into the connection object, where
// SQLite's own VACUUM saves and restores them for the same reason. Where they lie there is found by counting
// on a scratch connection; if that does not give exactly one place for each, they are left alone.
#pragma once

#include <cstring>

#include "extension/sqlite.h"

namespace murmel::extension {

// Offsets in the connection object of two 64-bit numbers; 0 = unknown.
struct ChangeCountSlots {
  std::size_t changes = 0;
  std::size_t total = 0;

  bool known() const { return changes != 0 && total != 0; }
};

// `scratch` is an in-memory database for this alone.
ChangeCountSlots find_change_counts(sqlite3* scratch) noexcept;

// What is written while this lives is not counted.
class KeepChangeCounts {
 public:
  KeepChangeCounts(sqlite3* db, const ChangeCountSlots& slots) : db_(db), slots_(slots) {
    if (!slots_.known()) return;
    std::memcpy(&changes_, place(slots_.changes), sizeof changes_);
    std::memcpy(&total_, place(slots_.total), sizeof total_);
  }
  ~KeepChangeCounts() {
    if (!slots_.known()) return;
    std::memcpy(place(slots_.changes), &changes_, sizeof changes_);
    std::memcpy(place(slots_.total), &total_, sizeof total_);
  }
  KeepChangeCounts(const KeepChangeCounts&) = delete;
  KeepChangeCounts& operator=(const KeepChangeCounts&) = delete;

 private:
  char* place(std::size_t offset) const { return reinterpret_cast<char*>(db_) + offset; }

  sqlite3* db_;
  const ChangeCountSlots& slots_;
  std::int64_t changes_ = 0;
  std::int64_t total_ = 0;
};

}  // namespace murmel::extension
