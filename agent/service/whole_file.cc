#include "agent/service/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace murmel::service {
namespace {

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Error system_error(const std::string& what) {
  const ErrorCode code = errno == ENOSPC || errno == EDQUOT ? ErrorCode::kFull : ErrorCode::kIo;
  return {code, fmt::format("{}: {}", what, std::strerror(errno))};
}

Status write_whole_file(const std::string& path, const std::string& text, Sync sync) {
  const std::string draft = path + ".new";
  {
    const OwnedFd file(open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.fd() < 0) return system_error("can't create " + draft);
    const bool written = write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written || (sync == Sync::kYes && fsync(file.fd()) != 0))
      return system_error("can't write " + draft);
  }
  if (rename(draft.c_str(), path.c_str()) != 0) return system_error("can't rename " + draft);
  if (sync == Sync::kNo) return Ok{};
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const OwnedFd folder(open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || fsync(folder.fd()) != 0) return system_error("can't sync " + directory);
  return Ok{};
}

}  // namespace murmel::service
