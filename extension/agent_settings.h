// What the agent has left in a database for writers at QUORUM (__murmel_meta). Belongs to one database of one
// connection.
#pragma once

#include "extension/consistency.h"
#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

struct AgentSettings {
  CommitLevel level = CommitLevel::kOne;  // of connections that did not choose
  bool away_is_one = false;               // without an agent: commit at ONE rather than refuse
  bool schema_at_quorum = false;          // schema changes are decided, also where rows are at ONE
  std::uint32_t node = 0;                 // 0: no agent has been here
  Text commit_path;                       // null: no agent has been here

  // Reads them anew if the last time is a second ago. SQLITE_OK or the code in `fault`.
  int refresh(sqlite3* db, const char* schema, Fault& fault) noexcept;

  void expire() { read_at_ms_ = 0; }

 private:
  int read(sqlite3* db, const char* schema, Fault& fault) noexcept;

  std::int64_t read_at_ms_ = 0;
};

}  // namespace murmel::extension
