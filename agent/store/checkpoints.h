// Checkpoints: writes the WAL of one connection's database back into it. SQLite's automatic checkpoint does
// so in the commit that finds the WAL long enough, which waits for it, and from then on in each commit, as
// long as somebody reads an older state. Here a thread of its own does it, for each part of the WAL once.
//
// Where readers overlap without a pause SQLite only ever appends to the WAL, and each new snapshot has to
// look through more of it. So of a long one checkpoints are made until next to nothing is left, and the
// commit that comes then waits, for a moment, for those who read: new readers meanwhile find all in the
// database itself.
// https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
//
// Belongs to the connection's thread; ends before the connection. What fails is tried again later: the WAL
// has everything. But once the database could not be synced nothing tells whether its pages were ever
// written, so from then on the WAL only grows, until the database is opened anew.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

struct sqlite3;

namespace murmel::store {

class Checkpoints {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kFrames = 4'000;           // of which a checkpoint is made
  static constexpr int kFramesMax = 32'000;       // from which on readers are waited for
  static constexpr int kFramesUnsynced = 12'000;  // after so many the database is synced
  static constexpr int kFramesLeft = 200;         // that the commit which begins anew may write back itself
  static constexpr int kReaderWaitMs = 30;        // times the length of the WAL in kFramesMax
  static constexpr int kReaderWaitMostMs = 240;

  // `lock_wait_ms`: how long the connection waits for locks otherwise (lock_wait.h).
  Checkpoints(sqlite3* handle, int lock_wait_ms);
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  // Why the last checkpoint failed; empty: it did not. Any thread.
  std::string failure() const;

 private:
  static int on_commit(void* self, sqlite3* handle, const char* schema, int frames) noexcept;
  void committed(int frames);
  void begin_anew();
  static int still_waiting(void* self, int calls) noexcept;
  void order();
  void run();
  void write_back(sqlite3* own);
  // False, and it is noted: this failed, for another reason than that somebody was in the way.
  bool went_well(int code, sqlite3* where);
  void note(std::string failure);

  sqlite3* handle_;
  std::string path_;
  int lock_wait_ms_;
  std::atomic<int> last_ = 0;  // frames in the WAL
  int next_ = kFrames;
  int next_wait_ = kFramesMax;
  Clock::time_point give_up_;

  std::thread thread_;  // from the first checkpoint on
  int synced_ = 0;      // frames of this WAL that are in the database on disk; the thread's
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ordered_ = false;
  bool stopping_ = false;
  std::string failure_;
  std::atomic<bool> given_up_ = false;
  std::atomic<bool> caught_up_ = false;  // a checkpoint has ended, and no commit has looked since
};

}  // namespace murmel::store
