#include "extension/spill_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace murmel::extension {
namespace {

int open_unlinked(const char* folder) {
  if (folder == nullptr || *folder == 0) return -1;
  int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  char name[4096];  // file systems without O_TMPFILE: make a name and remove it at once
  const int n = std::snprintf(name, sizeof name, "%s/murmel-XXXXXX", folder);
  if (n < 0 || n >= static_cast<int>(sizeof name)) return -1;
  file = mkostemp(name, O_CLOEXEC);
  if (file >= 0) unlink(name);
  return file;
}

}  // namespace

int open_spill_file() {
  const char* folders[] = {std::getenv("SQLITE_TMPDIR"), std::getenv("TMPDIR"), "/var/tmp", "/tmp"};
  for (const char* folder : folders) {
    const int file = open_unlinked(folder);
    if (file >= 0) return file;
  }
  return -1;
}

bool write_fully(int file, const void* data, std::size_t n, std::int64_t offset) {
  const auto* at = static_cast<const char*>(data);
  while (n > 0) {
    const ssize_t done = pwrite(file, at, n, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    offset += done;
    n -= static_cast<std::size_t>(done);
  }
  return true;
}

bool read_fully(int file, void* data, std::size_t n, std::int64_t offset) {
  auto* at = static_cast<char*>(data);
  while (n > 0) {
    const ssize_t done = pread(file, at, n, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    offset += done;
    n -= static_cast<std::size_t>(done);
  }
  return true;
}

}  // namespace murmel::extension
