#include "agent/store/checkpoints.h"

#include <sqlite3.h>

#include "agent/store/lock_wait.h"

namespace murmel::store {

Checkpoints::Checkpoints(sqlite3* handle, int lock_wait_ms) : lock_wait_ms_(lock_wait_ms) {
  sqlite3_wal_hook(handle, on_commit, this);
}

int Checkpoints::on_commit(void* self, sqlite3* handle, const char* schema, int frames) noexcept {
  static_cast<Checkpoints*>(self)->committed(handle, schema, frames);
  return SQLITE_OK;
}

// What fails is tried again later: the WAL has everything.
void Checkpoints::committed(sqlite3* handle, const char* schema, int frames) noexcept {
  if (frames < last_) {
    next_ = kFrames;
    next_wait_ = kFramesMax;
  }
  last_ = frames;
  if (frames < next_) return;
  next_ = frames + kFrames;
  const bool wait = frames >= next_wait_;
  if (wait) {
    next_wait_ = frames + kFramesMax;
    wait_for_locks(handle, kReaderWaitMs);
  }
  sqlite3_wal_checkpoint_v2(handle, schema, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  if (wait) wait_for_locks(handle, lock_wait_ms_);
}

}  // namespace murmel::store
