// WalWrites: hands the pages of a transaction to the write-ahead log in few calls, and has them written to
// the disk early (write_behind.h). SQLite makes two calls per page, 24 bytes of frame header and the page,
// and a captured transaction writes about twice the pages of one that is not.
//
// The methods of SQLite's own file object are replaced by ours, which keep the frames that a transaction adds
// at the end and pass them on together: with the commit frame, or before a call that could tell the
// difference, so the file sees the same bytes in the same order. Until the commit frame is in the file nobody
// may believe the frames before it, by the file format
// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log): it is the last of its transaction, and the
// only one whose header has other bytes than zero from 4 to 7. What is kept is forgotten with a transaction
// that is rolled back; its write lock may be gone a little earlier, and then nothing is written.
//
// What is neither a frame at the end nor a page in place ends the keeping for the transaction. Only for
// SQLite's own "unix" VFS on file systems of the kernel: others may take each write for one frame's header or
// page. Belongs to one connection, and keeps nothing for other threads (which may share its cache); lives
// until its file is closed.
#pragma once

#include <pthread.h>

#include "extension/sqlite.h"
#include "extension/write_behind.h"

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
  // What this thread writes until end_transaction() belongs to one transaction. May be called again in it.
  void begin_transaction() {
    keeping_ = watching();
    thread_ = pthread_self();
  }
  // It has been committed or rolled back.
  void end_transaction() {
    keeping_ = page_follows_ = false;
    used_ = 0;
    end_ = 0;
  }

 private:
  static constexpr int kLogHeaderBytes = 32;
  static constexpr int kHeaderBytes = 24;
  static constexpr int kPageBytesMin = 512;
  static constexpr int kKeptMax = 128 * 1024;  // memory that is touched only as far as it is used

  WalWrites(const char* database, sqlite3_file* file) noexcept;
  static WalWrites& of(sqlite3_file* file) noexcept;
  static WalWrites& search(sqlite3_file* file) noexcept;
  static int on_close(sqlite3_file* file) noexcept;
  static int on_read(sqlite3_file* file, void* out, int n, sqlite3_int64 offset) noexcept;
  static int on_write(sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) noexcept;
  static int on_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept;
  static int on_sync(sqlite3_file* file, int flags) noexcept;
  static int on_size(sqlite3_file* file, sqlite3_int64* size) noexcept;
  void forget_file() noexcept;
  bool is_next_header(int n, sqlite3_int64 offset) const;
  bool is_in_place(int n, sqlite3_int64 offset) const;
  int keep_header(const void* data, int n, sqlite3_int64 offset) noexcept;
  int keep_page(const void* data, int n, sqlite3_int64 offset) noexcept;
  void append(const void* data, int n, sqlite3_int64 offset) noexcept;
  int write_kept() noexcept;
  int stop_keeping() noexcept;

  sqlite3_io_methods methods_{};  // first: SQLite knows this object by the address of it
  const sqlite3_io_methods* theirs_;
  sqlite3_file* file_;  // nullptr: closed
  WriteBehind behind_;
  WalWrites* next_ = nullptr;  // of all in this process
  pthread_t thread_{};
  bool keeping_ = false;
  bool page_follows_ = false;  // the header of a frame was the last that was kept
  bool commit_frame_ = false;  // and it is a commit frame's
  int page_bytes_ = 0;         // of the last page
  int used_ = 0;
  sqlite3_int64 offset_ = 0;  // in the file, of what is kept
  sqlite3_int64 end_ = 0;     // of the transaction's frames so far
  unsigned char kept_[kKeptMax];
};

}  // namespace murmel::extension
