// WalWrites: hands all pages of a commit to the write-ahead log in one call. SQLite makes two calls per page,
// 24 bytes of frame header and the page, and a captured commit writes about twice the pages of one that is
// not.
//
// The methods of SQLite's own file object are replaced by ours, which keep what is written between the commit
// hook and the commit frame, and then pass it on. What is kept is a run of frames without the commit frame,
// which by the file format nobody may believe before that one is there too
// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log); a frame is a commit frame if bytes 4 to 7 of
// its header are not zero. Any call but the next frame's header or page, and reads of what lies before, ends
// the keeping: first everything kept is written, then the call is made, so the file sees the same bytes in
// the same order. A transaction that is rolled back forgets what is kept.
//
// Only for SQLite's own "unix" VFS on file systems of the kernel: others may take each write for one frame's
// header or page. Belongs to one connection; lives until its file is closed.
#pragma once

#include "extension/sqlite.h"

namespace murmel::extension {

class WalWrites {
 public:
  // Takes its place before the methods of `wal`, the WAL of this database, which is open. nullptr where that
  // must not be, or memory ran out.
  static WalWrites* watch(sqlite3* db, const char* schema, sqlite3_file* wal) noexcept;
  // Gives the file its own methods back, if it is still open; nullptr may be passed.
  static void release(WalWrites* writes) noexcept;
  ~WalWrites() = default;
  WalWrites(const WalWrites&) = delete;
  WalWrites& operator=(const WalWrites&) = delete;

  // Whether the file is still open.
  bool watching() const { return file_ != nullptr; }
  // SQLite is about to write the frames of a transaction.
  void begin_commit() { keeping_ = watching(); }
  // It has been committed or rolled back.
  void end_transaction() {
    keeping_ = page_follows_ = false;
    used_ = 0;
  }

 private:
  static constexpr int kHeaderBytes = 24;
  static constexpr int kPageBytesMin = 512;
  static constexpr int kKeptMax = 32 * 1024;

  explicit WalWrites(sqlite3_file* file) noexcept;
  static WalWrites& of(sqlite3_file* file) noexcept;
  static WalWrites& search(sqlite3_file* file) noexcept;
  static int on_close(sqlite3_file* file) noexcept;
  static int on_read(sqlite3_file* file, void* out, int n, sqlite3_int64 offset) noexcept;
  static int on_write(sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) noexcept;
  static int on_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept;
  static int on_sync(sqlite3_file* file, int flags) noexcept;
  static int on_size(sqlite3_file* file, sqlite3_int64* size) noexcept;
  void forget_file() noexcept;
  int keep_header(const void* data, int n, sqlite3_int64 offset) noexcept;
  int keep_page(const void* data, int n, sqlite3_int64 offset) noexcept;
  void append(const void* data, int n, sqlite3_int64 offset) noexcept;
  int write_kept() noexcept;
  int stop_keeping() noexcept;

  sqlite3_io_methods methods_{};  // first: SQLite knows this object by the address of it
  const sqlite3_io_methods* theirs_;
  sqlite3_file* file_;         // nullptr: closed
  WalWrites* next_ = nullptr;  // of all in this process
  bool keeping_ = false;
  bool page_follows_ = false;  // the header of a frame was the last that was kept
  bool commit_frame_ = false;  // and it is a commit frame's
  int used_ = 0;
  sqlite3_int64 offset_ = 0;  // in the file, of what is kept
  unsigned char kept_[kKeptMax];
};

}  // namespace murmel::extension
