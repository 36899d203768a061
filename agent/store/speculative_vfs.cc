#include "agent/store/speculative_vfs.h"

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "agent/base/check.h"

namespace murmel::store {
namespace {

// As SQLite's own; ThreadSanitizer refuses std::atomic_thread_fence.
void full_barrier() {
  __sync_synchronize();
}

constexpr int kRegionBytes = 32 << 10;
// Frames that the first region has places for, beside the header, and every other one.
constexpr std::uint32_t kFirstFrames = 4'062;
constexpr std::uint32_t kFrames = 4'096;
constexpr int kRegionsMax = 4'096;  // a WAL of 64 GiB
constexpr int kCopiesMax = 1'000;   // attempts to copy between two commits of others
constexpr int kCopiesAtOnce = 20;   // before each next one the others get some time
constexpr std::chrono::milliseconds kCopyPause(1);
// In the header: two copies of 48 bytes, then how far checkpoints have come, and marks of readers.
constexpr int kHeaderBytes = 136;
constexpr int kHeaderCopyBytes = WalVersion::kBytes;
constexpr int kLastFrameOffset = 16;
constexpr int kSaltOffset = 32;  // new with each new WAL
constexpr int kSaltBytes = 8;

using Region = std::unique_ptr<unsigned char[]>;

// The private wal-index of one connection.
struct PrivateIndex {
  std::array<Region, kRegionsMax> regions;
  WalVersion copied;  // last

  unsigned char* region(int number) {
    Region& region = regions[static_cast<std::size_t>(number)];
    if (region == nullptr) region = std::make_unique<unsigned char[]>(kRegionBytes);
    return region.get();
  }
};

// Behind it stands the file of the layer below.
struct File {
  sqlite3_file base;
  sqlite3_file* below;
  PrivateIndex* index;  // of a database; nullptr: any other file
  bool refuses_writes;
};

File& of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
  return of(file).below;
}

int on_close(sqlite3_file* file) noexcept {
  delete of(file).index;
  of(file).index = nullptr;
  return below(file)->pMethods != nullptr ? below(file)->pMethods->xClose(below(file)) : SQLITE_OK;
}
int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) noexcept {
  return below(file)->pMethods->xRead(below(file), out, size, offset);
}
int on_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) noexcept {
  if (of(file).refuses_writes) return SQLITE_IOERR_WRITE;
  return below(file)->pMethods->xWrite(below(file), data, size, offset);
}
int on_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept {
  if (of(file).refuses_writes) return SQLITE_IOERR_TRUNCATE;
  return below(file)->pMethods->xTruncate(below(file), size);
}
int on_sync(sqlite3_file* file, int flags) noexcept {
  return of(file).refuses_writes ? SQLITE_OK : below(file)->pMethods->xSync(below(file), flags);
}
int on_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  return below(file)->pMethods->xFileSize(below(file), size);
}
int on_lock(sqlite3_file* file, int level) noexcept {
  if (of(file).refuses_writes && level > SQLITE_LOCK_SHARED) return SQLITE_BUSY;
  return below(file)->pMethods->xLock(below(file), level);
}
int on_unlock(sqlite3_file* file, int level) noexcept {
  return below(file)->pMethods->xUnlock(below(file), level);
}
int on_check_lock(sqlite3_file* file, int* reserved) noexcept {
  return below(file)->pMethods->xCheckReservedLock(below(file), reserved);
}
int on_control(sqlite3_file* file, int operation, void* argument) noexcept {
  return below(file)->pMethods->xFileControl(below(file), operation, argument);
}
int on_sector_size(sqlite3_file* file) noexcept {
  return below(file)->pMethods->xSectorSize(below(file));
}
int on_characteristics(sqlite3_file* file) noexcept {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}
int on_shm_map(sqlite3_file* file, int number, int size, int /*extend*/, void volatile** region) noexcept {
  if (of(file).index == nullptr || size != kRegionBytes || number >= kRegionsMax) return SQLITE_IOERR_SHMMAP;
  *region = of(file).index->region(number);
  return SQLITE_OK;
}
int on_shm_lock(sqlite3_file* /*file*/, int /*offset*/, int /*count*/, int /*flags*/) noexcept {
  return SQLITE_OK;
}
void on_shm_barrier(sqlite3_file* /*file*/) noexcept {
  full_barrier();
}
// Never deletes the shared one.
int on_shm_unmap(sqlite3_file* file, int /*remove*/) noexcept {
  return below(file)->pMethods->xShmUnmap(below(file), 0);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         on_close,
                                         on_read,
                                         on_write,
                                         on_truncate,
                                         on_sync,
                                         on_size,
                                         on_lock,
                                         on_unlock,
                                         on_check_lock,
                                         on_control,
                                         on_sector_size,
                                         on_characteristics,
                                         on_shm_map,
                                         on_shm_lock,
                                         on_shm_barrier,
                                         on_shm_unmap,
                                         nullptr,
                                         nullptr};

sqlite3_vfs* vfs_below() {
  static sqlite3_vfs* const below = sqlite3_vfs_find("unix");
  return below;
}

int on_open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) noexcept {
  auto* const opened = new (file) File{};
  opened->below = reinterpret_cast<sqlite3_file*>(opened + 1);
  opened->refuses_writes = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  const int code = vfs_below()->xOpen(vfs_below(), name, opened->below, flags, out_flags);
  if (code != SQLITE_OK) return code;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) opened->index = new PrivateIndex;
  opened->base.pMethods = &kMethods;
  return SQLITE_OK;
}

File* file_of(sqlite3* speculative) {
  File* file = nullptr;
  if (sqlite3_file_control(speculative, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
    return nullptr;
  return file != nullptr && file->base.pMethods == &kMethods ? file : nullptr;
}

// A part of the shared wal-index; nullptr: there is no such one.
const unsigned char* shared_region(sqlite3_file* file, int number) {
  void volatile* region = nullptr;
  const int code = file->pMethods->xShmMap(file, number, kRegionBytes, 0, &region);
  return code == SQLITE_OK ? const_cast<const unsigned char*>(static_cast<unsigned char volatile*>(region))
                           : nullptr;
}

void read_header(const unsigned char* shared, unsigned char (&header)[kHeaderBytes]) {
  full_barrier();
  std::memcpy(header, shared, sizeof header);
  full_barrier();
}

bool is_whole(const unsigned char* header) {
  return std::memcmp(header, header + kHeaderCopyBytes, kHeaderCopyBytes) == 0;
}

int regions_in_use(const unsigned char* header) {
  std::uint32_t last = 0;
  std::memcpy(&last, header + kLastFrameOffset, sizeof last);
  return last <= kFirstFrames ? 1 : 1 + static_cast<int>((last - kFirstFrames + kFrames - 1) / kFrames);
}

bool same_log(const unsigned char* header, const unsigned char* other) {
  return std::memcmp(header + kSaltOffset, other + kSaltOffset, kSaltBytes) == 0;
}

// Entries for frames that `had` speaks of are as they were copied then, until the WAL is begun anew. False: a
// region that the header speaks of is not there.
bool copy_regions(File& file, const unsigned char* header, const WalVersion& had) {
  const int count = regions_in_use(header);
  const int first = same_log(header, had.header) ? regions_in_use(had.header) - 1 : 0;
  for (int number = first; number < count && number < kRegionsMax; ++number) {
    const unsigned char* const shared = shared_region(file.below, number);
    if (shared == nullptr) return false;
    std::memcpy(file.index->region(number), shared, kRegionBytes);
  }
  return count <= kRegionsMax;
}

}  // namespace

const char* speculative_vfs() {
  static constexpr char kName[] = "murmel-speculative";
  static std::once_flag once;
  std::call_once(once, [] {
    static sqlite3_vfs vfs = *vfs_below();
    vfs.zName = kName;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + vfs_below()->szOsFile;
    vfs.xOpen = on_open;
    vfs.pNext = nullptr;
    INVARIANT(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
  });
  return kName;
}

// What is committed while regions are copied adds entries for frames behind the header's last one, which
// nobody believes. A WAL that is begun anew changes the header. Who writes the header, twice, may have to
// wait for the processor between the two.
Result<WalVersion> refresh_wal_index(sqlite3* speculative) {
  File* const file = file_of(speculative);
  const unsigned char* const shared = file != nullptr ? shared_region(file->below, 0) : nullptr;
  if (shared == nullptr) return Error{ErrorCode::kInvalid, "the database has no wal-index"};
  for (int attempt = 0; attempt < kCopiesMax; ++attempt) {
    if (attempt >= kCopiesAtOnce) std::this_thread::sleep_for(kCopyPause);
    unsigned char before[kHeaderBytes];
    unsigned char after[kHeaderBytes];
    read_header(shared, before);
    if (!is_whole(before) || !copy_regions(*file, before, file->index->copied)) continue;
    read_header(shared, after);
    file->index->copied = {};
    if (std::memcmp(before, after, 2 * kHeaderCopyBytes) != 0) continue;
    std::memcpy(file->index->region(0), after, sizeof after);
    WalVersion version;
    std::memcpy(version.header, after, sizeof version.header);
    file->index->copied = version;
    return version;
  }
  return Error{ErrorCode::kBusy, "others keep changing the wal-index"};
}

std::optional<WalVersion> wal_version(sqlite3* ordinary) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(ordinary, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const bool has_index = code == SQLITE_OK && file != nullptr && file->pMethods != nullptr &&
                         file->pMethods->iVersion >= 2 && file->pMethods->xShmMap != nullptr;
  const unsigned char* const shared = has_index ? shared_region(file, 0) : nullptr;
  if (shared == nullptr) return std::nullopt;
  unsigned char header[kHeaderBytes];
  read_header(shared, header);
  if (!is_whole(header)) return std::nullopt;
  WalVersion version;
  std::memcpy(version.header, header, sizeof version.header);
  return version;
}

bool is_current(sqlite3* speculative, const WalVersion& version) {
  File* const file = file_of(speculative);
  const unsigned char* const shared = file != nullptr ? shared_region(file->below, 0) : nullptr;
  if (shared == nullptr) return false;
  unsigned char header[kHeaderBytes];
  read_header(shared, header);
  return is_whole(header) && std::memcmp(header, version.header, sizeof version.header) == 0;
}

}  // namespace murmel::store
