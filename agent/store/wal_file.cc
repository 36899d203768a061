#include "agent/store/wal_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace murmel::store {

WalFile::~WalFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status WalFile::sync() {
  if (!failure_.empty()) return Error{ErrorCode::kIo, failure_};
  TRY(open_current());
  if (fd_ < 0) return Ok{};  // no WAL: everything is in the database file, synced by the checkpoint
  int code = 0;
  do {
    code = ::fdatasync(fd_);
  } while (code != 0 && errno == EINTR);
  if (code == 0) return Ok{};
  failure_ = fmt::format("{}: fdatasync failed: {}; look at the disk, then restart the agent", path_,
                         std::strerror(errno));
  return Error{ErrorCode::kIo, failure_};
}

std::int64_t WalFile::bytes() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 ? status.st_size : 0;
}

// The file is replaced when the last connection closes and another one opens the database.
Status WalFile::open_current() {
  struct stat held {};
  if (fd_ >= 0 && ::fstat(fd_, &held) == 0 && held.st_nlink > 0) return Ok{};
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (fd_ < 0 && errno != ENOENT) {
    return Error{ErrorCode::kIo, fmt::format("can't open {}: {}", path_, std::strerror(errno))};
  }
  return Ok{};
}

}  // namespace murmel::store
