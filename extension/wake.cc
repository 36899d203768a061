#include "extension/wake.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstring>
#include <ctime>

namespace murmel::extension {
namespace {

constexpr std::int64_t kReadAgainMs = 1000;

std::int64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000 + 1;
}

}  // namespace

Wake::~Wake() {
  if (socket_ >= 0) close(socket_);
}

bool Wake::refresh(sqlite3* db, const char* schema) noexcept {
  const std::int64_t now = monotonic_ms();
  if (read_at_ms_ != 0 && now - read_at_ms_ < kReadAgainMs) return false;
  read_at_ms_ = now;
  Fault ignored;  // without the name nobody is woken, which only costs time
  if (!read_.prepared()) {
    read_.prepare(db, ignored, kPersistent, "SELECT value FROM \"%w\".__murmel_meta WHERE key='wake'",
                  schema);
  }
  const bool found = read_.prepared() && read_.step(ignored) == SQLITE_ROW && !read_.is_null(0);
  const char* path = found ? read_.text(0) : nullptr;
  if (!path_.assign(path)) path = nullptr;
  if (read_.prepared()) read_.reset();
  return true;
}

void Wake::send() noexcept {
  if (path_.size() == 0 || path_.size() >= sizeof(sockaddr_un::sun_path)) return;
  sockaddr_un address{};
  if (socket_ < 0) socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  const char byte = 1;
  // A full queue means the agent has been told already; any other failure means it is not there.
  const ssize_t sent = sendto(socket_, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (sent < 0) return;
}

}  // namespace murmel::extension
