#include "agent/io/wake_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "agent/io/fd_watch.h"
#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr int kDatagramsPerRound = 64;  // the rest raises the next event

Error system_error(const std::string& what, const std::string& path) {
  return uv_error(what + " " + path, uv_translate_sys_error(errno));
}

// A socket file outlives its process; any other file is somebody's and stays.
Status remove_stale(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return Ok{};
    return system_error("look at", path);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{ErrorCode::kRefused, path + " is in the way of the wake-up socket; move it elsewhere"};
  }
  if (::unlink(path.c_str()) != 0) return system_error("remove the old socket", path);
  return Ok{};
}

void drain(int fd) {
  char byte = 0;
  for (int i = 0; i < kDatagramsPerRound; ++i) {
    if (::recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC) < 0) return;
  }
}

}  // namespace

struct WakeSocket::State {
  int fd = -1;
  std::string path;
  std::function<void()> on_wake;
  std::optional<FdWatch> watch;

  static void close(State* state) noexcept {
    state->watch.reset();
    if (state->fd >= 0) ::close(state->fd);
    if (!state->path.empty()) ::unlink(state->path.c_str());
    delete state;
  }
};

Result<WakeSocket> WakeSocket::make(Loop& loop, const std::string& path, std::function<void()> on_wake) {
  if (path.empty() || path.size() > kWakePathBytesMax) {
    return Error{ErrorCode::kInvalid, "the wake-up socket's path must have 1 to " +
                                          std::to_string(kWakePathBytesMax) + " bytes: " + path +
                                          "; choose a shorter data directory"};
  }
  TRY(remove_stale(path));
  Handle<State> state(new State);
  state->fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (state->fd < 0) return system_error("make the wake-up socket", path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::bind(state->fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("bind the wake-up socket", path);
  }
  state->path = path;
  // Applications may run as other users. A datagram can do no more than make the agent look.
  if (::chmod(path.c_str(), 0666) != 0) return system_error("open the wake-up socket to applications", path);
  state->on_wake = std::move(on_wake);
  State* raw = state.get();  // the watch is destroyed with the state
  TRY_ASSIGN(auto watch, FdWatch::make(loop, state->fd, [raw] {
               drain(raw->fd);
               raw->on_wake();
             }));
  state->watch.emplace(std::move(watch));
  return WakeSocket(std::move(state));
}

WakeSocket::WakeSocket(Handle<State> state) : state_(std::move(state)) {}
WakeSocket::WakeSocket(WakeSocket&&) noexcept = default;
WakeSocket& WakeSocket::operator=(WakeSocket&&) noexcept = default;
WakeSocket::~WakeSocket() = default;

}  // namespace murmel::io
