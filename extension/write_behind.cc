#include "extension/write_behind.h"

#include <fcntl.h>
#include <unistd.h>
#include <climits>
#include <cstdio>

namespace murmel::extension {

namespace {

int open_log(const char* database) {
  char path[PATH_MAX];
  const int length = std::snprintf(path, sizeof path, "%s-wal", database);
  return length < static_cast<int>(sizeof path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

}  // namespace

WriteBehind::WriteBehind(const char* database) noexcept : descriptor_(open_log(database)) {}

void WriteBehind::stop() noexcept {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

void WriteBehind::written(std::int64_t offset, std::int64_t bytes) noexcept {
  if (descriptor_ < 0) return;
  if (offset < begun_) begun_ = offset;
  const std::int64_t end = offset + bytes;
  if (end - begun_ < kStepBytes) return;
  // It fails where a file system or a sandbox has no such thing, and the checkpoint then writes it all.
  (void)sync_file_range(descriptor_, begun_, end - begun_, SYNC_FILE_RANGE_WRITE);
  begun_ = end;
}

}  // namespace murmel::extension
