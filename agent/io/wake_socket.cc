#include "agent/io/wake_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "agent/io/fd_watch.h"
#include "agent/io/local_socket.h"
#include "agent/io/loop.h"

namespace murmel::io {
namespace {

constexpr char kWakeWhat[] = "wake-up socket";
constexpr int kDatagramsPerRound = 64;  // the rest raises the next event

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
  TRY_ASSIGN(const sockaddr_un address, local_address(path, kWakeWhat));
  TRY(remove_stale_socket(path, kWakeWhat));
  Handle<State> state(new State);
  state->fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (state->fd < 0) return local_error("make the wake-up socket", path);
  if (::bind(state->fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return local_error("bind the wake-up socket", path);
  }
  state->path = path;
  // Applications may run as other users. A datagram can do no more than make the agent look.
  if (::chmod(path.c_str(), 0666) != 0) return local_error("open the wake-up socket to applications", path);
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
