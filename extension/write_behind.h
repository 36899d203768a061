// WriteBehind: has the system begin to write a growing write-ahead log to the disk while the application goes
// on. Otherwise all of it is written when a checkpoint syncs the log, and the commit that makes the
// checkpoint waits for that; what was begun before has mostly ended by then. Nothing is promised by it: what
// must be durable is synced by SQLite, as ever.
//
// Uses a descriptor of its own, which is no danger to SQLite's locks: none is on the log itself. Belongs to
// one connection. https://man7.org/linux/man-pages/man2/sync_file_range.2.html
#pragma once

#include <cstdint>

namespace murmel::extension {

class WriteBehind {
 public:
  // Of the database file with this path. Where the log can't be opened, nothing is ever begun.
  explicit WriteBehind(const char* database) noexcept;
  ~WriteBehind() { stop(); }
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // These bytes have been written. A log that has begun again at its start is known by the offset.
  void written(std::int64_t offset, std::int64_t bytes) noexcept;
  // Closes its descriptor. May be called again.
  void stop() noexcept;

 private:
  static constexpr std::int64_t kStepBytes = 512 * 1024;

  int descriptor_;
  std::int64_t begun_ = 0;  // up to here
};

}  // namespace murmel::extension
