#include "agent/io/fd_watch.h"

#include <uv.h>

#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {

struct FdWatch::State {
  uv_poll_t poll{};
  std::function<void()> on_readable;

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->poll),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Result<FdWatch> FdWatch::make(Loop& loop, int fd, std::function<void()> on_readable) {
  auto fresh = std::make_unique<State>();
  // A handle that failed to start belongs to nobody's loop, so it must not be closed through one.
  if (const int status = uv_poll_init(loop.handle(), &fresh->poll, fd); status != 0) {
    return uv_error("watch a file descriptor", status);
  }
  Handle<State> state(fresh.release());
  state->poll.data = state.get();
  state->on_readable = std::move(on_readable);
  // An error on the descriptor is for its owner to find when it reads.
  const auto ready = [](uv_poll_t* poll, int, int) noexcept {
    static_cast<State*>(poll->data)->on_readable();
  };
  if (const int status = uv_poll_start(&state->poll, UV_READABLE, ready); status != 0) {
    return uv_error("watch a file descriptor", status);
  }
  return FdWatch(std::move(state));
}

FdWatch::FdWatch(Handle<State> state) : state_(std::move(state)) {}
FdWatch::FdWatch(FdWatch&&) noexcept = default;
FdWatch& FdWatch::operator=(FdWatch&&) noexcept = default;
FdWatch::~FdWatch() = default;

}  // namespace murmel::io
