// A disk that forgets: loaded by LD_PRELOAD into the agent and the applications of one node, it keeps beside
// each of their files a copy of what the file held when it was last synced. What a power failure would leave
// is then made from the two (tests/e2e/power.py). Several processes may sync one file.
//
//   POWER_ROOT   files below this folder are followed
//   POWER_COPIES folder of the copies; a file's copy has its path below the root, with '%' for '/'
//   POWER_LIES   if set, a sync makes nothing durable: to show that a test would notice
//
// Making, renaming and removing a file count as durable at once; its content does not.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace {

constexpr off_t kChunk = 1 << 20;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Where the copy of a file is; empty if the file is none of ours.
std::string copy_of(const std::string& path) {
  static const std::string root = setting("POWER_ROOT") + "/", copies = setting("POWER_COPIES") + "/";
  if (root.size() == 1 || copies.size() == 1 || path.compare(0, root.size(), root) != 0) return "";
  std::string name = path.substr(root.size());
  std::replace(name.begin(), name.end(), '/', '%');
  return copies + name;
}

std::string path_of(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "";
}

// Files that were given their size before they are written, and how far they are.
class Preallocated {
 public:
  void add(int fd) {
    const std::lock_guard lock(mutex_);
    written_[key_of(fd)] = 0;
    any_ = true;
  }
  void wrote(int fd, off_t end) {
    if (!any_) return;
    const std::lock_guard lock(mutex_);
    const auto found = written_.find(key_of(fd));
    if (found != written_.end()) found->second = std::max(found->second, end);
  }
  off_t used(int fd, off_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = written_.find(key_of(fd));
    return found != written_.end() ? std::min(found->second, size) : size;
  }

 private:
  static std::pair<dev_t, ino_t> key_of(int fd) {
    struct stat about {};
    fstat(fd, &about);
    return {about.st_dev, about.st_ino};
  }

  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  std::map<std::pair<dev_t, ino_t>, off_t> written_;  // guarded by mutex_
};

Preallocated& preallocated() {
  static Preallocated files;
  return files;
}

bool copy_content(int from, int to, off_t size) {
  for (off_t at = 0; at < size;) {
    off_t in = at;
    off_t out = at;
    const ssize_t done =
        copy_file_range(from, &in, to, &out, static_cast<std::size_t>(std::min(kChunk, size - at)), 0);
    if (done == 0) break;  // it became shorter meanwhile
    if (done < 0) return false;
    at += done;
  }
  return true;
}

// A descriptor to read the file by. Files of SQLite are never opened anew: closing them would drop its locks;
// but SQLite opens none for writing only.
int readable(int fd) {
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY) return fd;
  return open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
}

bool keep(int fd) {
  static const bool lies = !setting("POWER_LIES").empty();
  struct stat about {};
  if (lies || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return true;
  const std::string copy = copy_of(path_of(fd));
  if (copy.empty()) return true;
  const int lock = open((copy + "%lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) return false;
  // Whoever had the lock may have kept a longer file.
  if (fstat(fd, &about) != 0) {
    close(lock);
    return false;
  }
  const std::string partial = copy + "%partial";
  const int to = open(partial.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  const int from = readable(fd);
  const bool good = to >= 0 && from >= 0 && ftruncate(to, about.st_size) == 0 &&
                    copy_content(from, to, preallocated().used(fd, about.st_size)) &&
                    std::rename(partial.c_str(), copy.c_str()) == 0;
  if (to >= 0) close(to);
  if (from >= 0 && from != fd) close(from);
  close(lock);
  return good;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int sync(int fd) {
  if (keep(fd)) return 0;
  errno = EIO;
  return -1;
}

}  // namespace

extern "C" {

int fallocate(int fd, int mode, off_t offset, off_t length) {
  static const auto real = next<int (*)(int, int, off_t, off_t)>("fallocate");
  const int code = real(fd, mode, offset, length);
  if (code == 0) preallocated().add(fd);
  return code;
}
ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
  static const auto real = next<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite");
  const ssize_t written = real(fd, bytes, size, offset);
  if (written > 0) preallocated().wrote(fd, offset + written);
  return written;
}
int fsync(int fd) {
  return sync(fd);
}
int fdatasync(int fd) {
  return sync(fd);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  const int result = real(from, to);
  if (result != 0) return result;
  const std::string old_copy = copy_of(from);
  const std::string new_copy = copy_of(to);
  if (new_copy.empty()) return result;
  if (old_copy.empty() || real(old_copy.c_str(), new_copy.c_str()) != 0) ::unlink(new_copy.c_str());
  return result;
}

int unlink(const char* path) noexcept {
  static const auto real = next<int (*)(const char*)>("unlink");
  const int result = real(path);
  if (result == 0) {
    if (const std::string copy = copy_of(path); !copy.empty()) real(copy.c_str());
  }
  return result;
}

}  // extern "C"
