// Handle<State>: owner of a libuv handle. libuv closes asynchronously, so the memory outlives the owner until
// the loop says that nothing refers to it any more. `close_handle(State*)` is defined beside each State: it
// silences the callbacks and hands the memory to uv_close.
#pragma once

#include <memory>

namespace murmel::io {

template <typename State>
struct HandleCloser {
  void operator()(State* state) const noexcept { State::close(state); }
};

template <typename State>
using Handle = std::unique_ptr<State, HandleCloser<State>>;

}  // namespace murmel::io
