#include "extension/wal_index.h"

#include <strings.h>
#include <cstring>

#include "extension/statement.h"

namespace murmel::extension {
namespace {

// Wal-index header, https://www.sqlite.org/walformat.html#the_wal_index_file_format: version, unused,
// iChange.
constexpr int kChangeOffset = 8;
constexpr int kRegionBytes = 32 * 1024;

bool pragma_is(sqlite3* db, const char* schema, const char* format, const char* expected) {
  Statement pragma;
  Fault ignored;  // no answer means "not known to be so"
  if (pragma.prepare(db, ignored, 0, format, schema) != SQLITE_OK) return false;
  if (pragma.step(ignored) != SQLITE_ROW || pragma.text(0) == nullptr) return false;
  return strcasecmp(pragma.text(0), expected) == 0;
}

}  // namespace

std::int64_t WalIndex::change_counter(sqlite3* db, const char* schema) noexcept {
  sqlite3_file* journal = nullptr;
  if (sqlite3_file_control(db, schema, SQLITE_FCNTL_JOURNAL_POINTER, &journal) != SQLITE_OK) return -1;
  if (journal == nullptr) return -1;
  if (journal_ != journal) {
    // In exclusive locking mode the wal-index may be private memory; asking for the shared one would create
    // it.
    shared_wal_ = pragma_is(db, schema, "PRAGMA \"%w\".journal_mode", "wal") &&
                  pragma_is(db, schema, "PRAGMA \"%w\".locking_mode", "normal");
    file_ = nullptr;
    sqlite3_file_control(db, schema, SQLITE_FCNTL_FILE_POINTER, &file_);
    journal_ = journal;
  }
  if (!shared_wal_) return -1;
  sqlite3_file* file = file_;
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 2) return -1;
  if (file->pMethods->xShmMap == nullptr) return -1;
  volatile void* region = nullptr;
  if (file->pMethods->xShmMap(file, 0, kRegionBytes, 0, &region) != SQLITE_OK || region == nullptr) return -1;
  counter_ = reinterpret_cast<const volatile std::uint32_t*>(static_cast<const volatile char*>(region) +
                                                             kChangeOffset);
  return *counter_;
}

std::int64_t read_wal_change_counter(sqlite3* db, const char* schema) noexcept {
  return WalIndex().change_counter(db, schema);
}

}  // namespace murmel::extension
