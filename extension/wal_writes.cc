#include "extension/wal_writes.h"

#include <linux/magic.h>
#include <pthread.h>
#include <sys/vfs.h>
#include <cstring>

#include "extension/memory.h"

namespace murmel::extension {
namespace {

bool is_plain_file(sqlite3* db, const char* schema) {
  sqlite3_vfs* vfs = nullptr;
  if (sqlite3_file_control(db, schema, SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK || vfs == nullptr)
    return false;
  const char* path = sqlite3_db_filename(db, schema);
  struct statfs system {};
  return std::strcmp(vfs->zName, "unix") == 0 && path != nullptr && statfs(path, &system) == 0 &&
         system.f_type != FUSE_SUPER_MAGIC;
}

// As many bytes as the object has: older versions are shorter.
std::size_t bytes_of(const sqlite3_io_methods& methods) {
  if (methods.iVersion < 2) return offsetof(sqlite3_io_methods, xShmMap);
  return methods.iVersion < 3 ? offsetof(sqlite3_io_methods, xFetch) : sizeof methods;
}

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
WalWrites* first = nullptr;  // of all whose file is open

}  // namespace

WalWrites::WalWrites(const char* database, sqlite3_file* file) noexcept
    : theirs_(file->pMethods), file_(file), behind_(database) {
  std::memcpy(&methods_, theirs_, bytes_of(*theirs_));
  if (methods_.iVersion > 3) methods_.iVersion = 3;
  methods_.xClose = on_close;
  methods_.xRead = on_read;
  methods_.xWrite = on_write;
  methods_.xTruncate = on_truncate;
  methods_.xSync = on_sync;
  methods_.xFileSize = on_size;
  pthread_mutex_lock(&mutex);
  next_ = first;
  first = this;
  pthread_mutex_unlock(&mutex);
  file->pMethods = &methods_;
}

void WalWrites::forget_file() noexcept {
  pthread_mutex_lock(&mutex);
  WalWrites** link = &first;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  pthread_mutex_unlock(&mutex);
  behind_.stop();
  file_ = nullptr;
}

WalWrites* WalWrites::watch(sqlite3* db, const char* schema, sqlite3_file* wal) noexcept {
  if (wal == nullptr || wal->pMethods == nullptr || wal->pMethods->iVersion < 1) return nullptr;
  // Another connection's, with which this one shares its cache: that one keeps enough.
  if (wal->pMethods->xWrite == on_write || !is_plain_file(db, schema)) return nullptr;
  void* place = std::malloc(sizeof(WalWrites));
  return place == nullptr ? nullptr : ::new (place) WalWrites(sqlite3_db_filename(db, schema), wal);
}

void WalWrites::release(WalWrites* writes) noexcept {
  if (writes == nullptr) return;
  writes->end_transaction();
  if (writes->watching()) {
    // Somebody else's methods, which will call ours: these have to stay.
    if (writes->file_->pMethods != &writes->methods_) return;
    writes->file_->pMethods = writes->theirs_;
    writes->forget_file();
  }
  destroy(writes);
}

WalWrites& WalWrites::of(sqlite3_file* file) noexcept {
  if (file->pMethods->xWrite != on_write) return search(file);
  return *reinterpret_cast<WalWrites*>(const_cast<sqlite3_io_methods*>(file->pMethods));
}

// Somebody else has done after us what we do, and calls us.
WalWrites& WalWrites::search(sqlite3_file* file) noexcept {
  pthread_mutex_lock(&mutex);
  WalWrites* found = first;
  while (found->file_ != file) found = found->next_;
  pthread_mutex_unlock(&mutex);
  return *found;
}

int WalWrites::on_close(sqlite3_file* file) noexcept {
  WalWrites& writes = of(file);
  const int kept = writes.stop_keeping();
  if (file->pMethods == &writes.methods_) file->pMethods = writes.theirs_;
  writes.forget_file();
  const int rc = writes.theirs_->xClose(file);
  return kept == SQLITE_OK ? rc : kept;
}

int WalWrites::on_read(sqlite3_file* file, void* out, int n, sqlite3_int64 offset) noexcept {
  WalWrites& writes = of(file);
  // Below what is kept is what was there before. It is read even while a transaction is being rolled back,
  // when the write lock may be gone already: then nothing may be written.
  const bool kept = writes.used_ > 0 && offset + n > writes.offset_;
  const int rc = kept ? writes.write_kept() : SQLITE_OK;
  return rc == SQLITE_OK ? writes.theirs_->xRead(file, out, n, offset) : rc;
}

int WalWrites::on_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept {
  const int rc = of(file).stop_keeping();
  return rc == SQLITE_OK ? of(file).theirs_->xTruncate(file, size) : rc;
}

int WalWrites::on_sync(sqlite3_file* file, int flags) noexcept {
  const int rc = of(file).write_kept();
  return rc == SQLITE_OK ? of(file).theirs_->xSync(file, flags) : rc;
}

int WalWrites::on_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  const int rc = of(file).stop_keeping();
  return rc == SQLITE_OK ? of(file).theirs_->xFileSize(file, size) : rc;
}

int WalWrites::on_write(sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) noexcept {
  WalWrites& writes = of(file);
  if (!writes.keeping_) return writes.theirs_->xWrite(file, data, n, offset);
  const bool ours = pthread_equal(writes.thread_, pthread_self()) != 0;
  if (ours && writes.page_follows_) {
    const bool fits = n >= kPageBytesMin && n <= kKeptMax - writes.used_;
    if (fits && offset == writes.end_) return writes.keep_page(data, n, offset);
  } else if (ours && writes.is_next_header(n, offset)) {
    return writes.keep_header(data, n, offset);
  } else if (ours && writes.is_in_place(n, offset)) {
    const int rc = writes.write_kept();
    return rc == SQLITE_OK ? writes.theirs_->xWrite(file, data, n, offset) : rc;
  }
  const int rc = writes.stop_keeping();
  return rc == SQLITE_OK ? writes.theirs_->xWrite(file, data, n, offset) : rc;
}

bool WalWrites::is_next_header(int n, sqlite3_int64 offset) const {
  return n == kHeaderBytes && (end_ == 0 || offset == end_);
}

// The header of a log that begins, or a page that the transaction has written before.
bool WalWrites::is_in_place(int n, sqlite3_int64 offset) const {
  if (n == kLogHeaderBytes) return offset == 0 && end_ == 0;
  return n >= kPageBytesMin && offset + n <= end_;
}

int WalWrites::keep_header(const void* data, int n, sqlite3_int64 offset) noexcept {
  const int rc = used_ + n + page_bytes_ > kKeptMax ? write_kept() : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  std::uint32_t pages_after_commit = 0;  // big-endian, but only compared with zero
  std::memcpy(&pages_after_commit, static_cast<const unsigned char*>(data) + 4, sizeof pages_after_commit);
  commit_frame_ = pages_after_commit != 0;
  page_follows_ = true;
  append(data, n, offset);
  return SQLITE_OK;
}

int WalWrites::keep_page(const void* data, int n, sqlite3_int64 offset) noexcept {
  page_follows_ = false;
  page_bytes_ = n;
  append(data, n, offset);
  return commit_frame_ ? stop_keeping() : SQLITE_OK;
}

void WalWrites::append(const void* data, int n, sqlite3_int64 offset) noexcept {
  if (used_ == 0) offset_ = offset;
  std::memcpy(kept_ + used_, data, static_cast<std::size_t>(n));
  used_ += n;
  end_ = offset + n;
}

int WalWrites::write_kept() noexcept {
  if (used_ == 0) return SQLITE_OK;
  const int n = used_;
  used_ = 0;
  const int rc = theirs_->xWrite(file_, kept_, n, offset_);
  if (rc == SQLITE_OK) behind_.written(offset_, n);
  return rc;
}

int WalWrites::stop_keeping() noexcept {
  keeping_ = page_follows_ = false;
  return write_kept();
}

}  // namespace murmel::extension
