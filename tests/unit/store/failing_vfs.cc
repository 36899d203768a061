#include "tests/unit/store/failing_vfs.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <climits>
#include <cstring>

namespace murmel::store::test {
namespace {

std::atomic<int> writes_left = INT_MAX;
std::atomic<int> failure_code = SQLITE_OK;
std::atomic<int> sync_code = SQLITE_OK;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs vfs;

// The real file follows this header in the same memory.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real();
}
const sqlite3_io_methods* methods_of(sqlite3_file* file) {
  return real_of(file)->pMethods;
}

bool fails() {
  if (failure_code == SQLITE_OK) return false;
  return writes_left-- <= 0;
}

int file_write(sqlite3_file* f, const void* data, int n, sqlite3_int64 at) {
  return fails() ? failure_code.load() : methods_of(f)->xWrite(real_of(f), data, n, at);
}
int file_truncate(sqlite3_file* f, sqlite3_int64 size) {
  return methods_of(f)->xTruncate(real_of(f), size);
}
int file_close(sqlite3_file* f) {
  return methods_of(f)->xClose(real_of(f));
}
int file_read(sqlite3_file* f, void* data, int n, sqlite3_int64 at) {
  return methods_of(f)->xRead(real_of(f), data, n, at);
}
int file_sync(sqlite3_file* f, int flags) {
  return sync_code != SQLITE_OK ? sync_code.load() : methods_of(f)->xSync(real_of(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return methods_of(f)->xFileSize(real_of(f), size);
}
int file_lock(sqlite3_file* f, int level) {
  return methods_of(f)->xLock(real_of(f), level);
}
int file_unlock(sqlite3_file* f, int level) {
  return methods_of(f)->xUnlock(real_of(f), level);
}
int file_reserved(sqlite3_file* f, int* out) {
  return methods_of(f)->xCheckReservedLock(real_of(f), out);
}
int file_control(sqlite3_file* f, int op, void* arg) {
  return methods_of(f)->xFileControl(real_of(f), op, arg);
}
int file_sector(sqlite3_file* f) {
  return methods_of(f)->xSectorSize(real_of(f));
}
int file_traits(sqlite3_file* f) {
  return methods_of(f)->xDeviceCharacteristics(real_of(f));
}
int file_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return methods_of(f)->xShmMap(real_of(f), page, size, extend, out);
}
int file_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return methods_of(f)->xShmLock(real_of(f), offset, n, flags);
}
void file_shm_barrier(sqlite3_file* f) {
  methods_of(f)->xShmBarrier(real_of(f));
}
int file_shm_unmap(sqlite3_file* f, int remove) {
  return methods_of(f)->xShmUnmap(real_of(f), remove);
}

const sqlite3_io_methods kMethods = {
    2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,   file_reserved,    file_control,   file_sector,
    file_traits, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr,
    nullptr};

int vfs_open(sqlite3_vfs* /*self*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* wrapper = reinterpret_cast<File*>(file);
  wrapper->base.pMethods = nullptr;
  const int code = real_vfs->xOpen(real_vfs, name, wrapper->real(), flags, out_flags);
  if (code == SQLITE_OK) wrapper->base.pMethods = &kMethods;
  return code;
}

}  // namespace

FailingVfs::FailingVfs() {
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs = *real_vfs;
  vfs.pNext = nullptr;
  vfs.zName = "failing";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  vfs.xOpen = vfs_open;
  REQUIRE(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

FailingVfs::~FailingVfs() {
  heal();
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void FailingVfs::fail_after(int writes, int code) {
  writes_left = writes;
  failure_code = code;
}

void FailingVfs::fail_syncs(int code) {
  sync_code = code;
}

void FailingVfs::heal() {
  failure_code = SQLITE_OK;
  sync_code = SQLITE_OK;
}

}  // namespace murmel::store::test
