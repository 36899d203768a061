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
  std::size_t trace_mask = 0;        // of a byte: which events are traced
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

// While this lives, the hooks whose slots are known (update and preupdate; ours, the application's,
// sessions') don't see what is written. They are not taken out by SQLite's functions, which cost ten times as
// much as the row they would hide in a small transaction.
class HideWrites {
 public:
  HideWrites(sqlite3* db, const HookSlots& slots)
      : preupdate_(function_slot(db, slots.preupdate)), update_(function_slot(db, slots.update)) {
    hide(preupdate_, preupdate_function_);
    hide(update_, update_function_);
  }
  ~HideWrites() {
    if (preupdate_ != nullptr) std::memcpy(preupdate_, &preupdate_function_, sizeof preupdate_function_);
    if (update_ != nullptr) std::memcpy(update_, &update_function_, sizeof update_function_);
  }
  HideWrites(const HideWrites&) = delete;
  HideWrites& operator=(const HideWrites&) = delete;

 private:
  static char* function_slot(sqlite3* db, std::size_t offset) {
    return offset == 0 ? nullptr : reinterpret_cast<char*>(db) + offset + sizeof(void*);
  }
  static void hide(char* slot, void*& function) {
    if (slot == nullptr) return;
    std::memcpy(&function, slot, sizeof function);
    std::memset(slot, 0, sizeof function);
  }

  char* preupdate_;
  char* update_;
  void* preupdate_function_ = nullptr;
  void* update_function_ = nullptr;
};

}  // namespace murmel::extension
