#include "agent/io/fd_watch.h"

#include <fcntl.h>
#include <uv.h>

#include <utility>

#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {

struct FdWatch::State {
  uv_poll_t poll{};
  std::function<void()> on_event;
  bool once = false;

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->poll),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Result<FdWatch> FdWatch::make(Loop& loop, int fd, std::function<void()> on_readable) {
  return start(loop, fd, UV_READABLE, std::move(on_readable));
}

Result<FdWatch> FdWatch::for_hang_up(Loop& loop, int fd, std::function<void()> on_hang_up) {
  return start(loop, fd, UV_DISCONNECT, std::move(on_hang_up));
}

Result<FdWatch> FdWatch::start(Loop& loop, int fd, int events, std::function<void()> on_event) {
  auto fresh = std::make_unique<State>();
  const int flags = ::fcntl(fd, F_GETFL);
  // A handle that failed to start belongs to nobody's loop, so it must not be closed through one.
  if (const int status = uv_poll_init(loop.handle(), &fresh->poll, fd); status != 0) {
    return uv_error("watch a file descriptor", status);
  }
  Handle<State> state(fresh.release());
  if (flags != -1) (void)::fcntl(fd, F_SETFL, flags);  // uv_poll_init() has made it non-blocking
  state->poll.data = state.get();
  state->on_event = std::move(on_event);
  state->once = events == UV_DISCONNECT;
  // An error on the descriptor is for its owner to find when it reads.
  const auto ready = [](uv_poll_t* poll, int, int) noexcept {
    auto* const watch = static_cast<State*>(poll->data);
    if (watch->once) uv_poll_stop(poll);
    watch->on_event();
  };
  if (const int status = uv_poll_start(&state->poll, events, ready); status != 0) {
    return uv_error("watch a file descriptor", status);
  }
  return FdWatch(std::move(state));
}

FdWatch::FdWatch(Handle<State> state) : state_(std::move(state)) {}
FdWatch::FdWatch(FdWatch&&) noexcept = default;
FdWatch& FdWatch::operator=(FdWatch&&) noexcept = default;
FdWatch::~FdWatch() = default;

}  // namespace murmel::io
