// SQLite has one slot for each hook and tells, when one is set, the argument of the hook that was there, but
// not its function. To leave an application's hooks in force - to call the ones that were there before us, to
// keep our own log writes from them, to see that ours has been replaced - the function has to be read from
// the connection object. Where it lies there is found by setting known hooks on a scratch connection and
// looking for them; if that does not give exactly one place, the slot counts as unknown and is left alone.
#pragma once

#include <cstring>

#include "extension/host.h"

namespace murmel::extension {

struct Hook {
  void* argument = nullptr;
  void* function = nullptr;
};

// Offset of an (argument, function) pair in the connection object; 0 = unknown.
struct HookSlots {
  std::size_t preupdate = 0;
  std::size_t update = 0;
  std::size_t commit = 0;
  std::size_t trace = 0;             // the function comes first here
  void* session_function = nullptr;  // the preupdate hook that sessions install
};

// What is in a slot now; all null if the slot is unknown.
inline Hook read_slot(sqlite3* db, std::size_t offset) {
  Hook hook;
  if (offset == 0) return hook;
  const auto* slot = reinterpret_cast<const char*>(db) + offset;
  std::memcpy(&hook.argument, slot, sizeof hook.argument);
  std::memcpy(&hook.function, slot + sizeof(void*), sizeof hook.function);
  return hook;
}

// `scratch` is an in-memory database without hooks; it has none afterwards.
HookSlots find_hook_slots(sqlite3* scratch, const Host& host) noexcept;

// While this lives, the hooks given (update and preupdate; those that are the application's, and sessions)
// don't see what is written. A hook without function is left alone.
class HideWrites {
 public:
  HideWrites(sqlite3* db, const Host& host, Hook update, Hook preupdate);
  ~HideWrites();
  HideWrites(const HideWrites&) = delete;
  HideWrites& operator=(const HideWrites&) = delete;

 private:
  sqlite3* db_;
  const Host& host_;
  Hook update_;
  Hook preupdate_;
};

}  // namespace murmel::extension
