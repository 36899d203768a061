// Checkpoints: writes the WAL of one connection's database back into it, as SQLite's own automatic checkpoint
// does, but not after each commit while somebody still reads an older state, and so that the WAL ends at
// last.
//
// As long as readers overlap, SQLite only ever appends to the WAL, and each new snapshot has to look through
// more of it. So a long one makes its writer wait, for a moment, for those who read: new readers meanwhile
// find all in the database itself. https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
//
// Belongs to the connection's thread; ends before the connection.
#pragma once

struct sqlite3;

namespace murmel::store {

class Checkpoints {
 public:
  static constexpr int kFrames = 4'000;      // of which a checkpoint is made
  static constexpr int kFramesMax = 20'000;  // from which on readers are waited for
  static constexpr int kReaderWaitMs = 100;

  // `lock_wait_ms`: how long the connection waits for locks otherwise (lock_wait.h).
  Checkpoints(sqlite3* handle, int lock_wait_ms);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

 private:
  static int on_commit(void* self, sqlite3* handle, const char* schema, int frames) noexcept;
  void committed(sqlite3* handle, const char* schema, int frames) noexcept;

  int lock_wait_ms_;
  int last_ = 0;  // frames in the WAL
  int next_ = kFrames;
  int next_wait_ = kFramesMax;
};

}  // namespace murmel::store
