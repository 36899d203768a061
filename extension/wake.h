// Wakes the agent after a commit: one datagram to the Unix socket named in __murmel_meta ('wake'). Never
// blocks; errors are ignored, because the agent also looks by itself. Belongs to one database of one
// connection.
#pragma once

#include "extension/memory.h"
#include "extension/statement.h"

namespace murmel::extension {

class Wake {
 public:
  Wake() = default;
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Reads the socket's name again if the last time is long enough ago, and says so. Call inside a
  // transaction.
  bool refresh(sqlite3* db, const char* schema) noexcept;
  void send() noexcept;
  void finalize(sqlite3* db) { read_.finalize_if_open(db); }

 private:
  Statement read_;
  Text path_;
  std::int64_t read_at_ms_ = 0;  // monotonic; 0 = never
  int socket_ = -1;
};

}  // namespace murmel::extension
