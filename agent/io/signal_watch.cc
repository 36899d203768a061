#include "agent/io/signal_watch.h"

#include <uv.h>

#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {

struct SignalWatch::State {
  uv_signal_t signal{};
  std::function<void()> on_signal;

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->signal),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Result<SignalWatch> SignalWatch::make(Loop& loop, int signal_number, std::function<void()> on_signal) {
  Handle<State> state(new State);
  state->on_signal = std::move(on_signal);
  uv_signal_init(loop.handle(), &state->signal);  // never fails
  state->signal.data = state.get();
  const auto caught = [](uv_signal_t* signal, int) noexcept {
    static_cast<State*>(signal->data)->on_signal();
  };
  if (const int status = uv_signal_start(&state->signal, caught, signal_number); status != 0) {
    return uv_error("watch signal " + std::to_string(signal_number), status);
  }
  return SignalWatch(std::move(state));
}

SignalWatch::SignalWatch(Handle<State> state) : state_(std::move(state)) {}
SignalWatch::SignalWatch(SignalWatch&&) noexcept = default;
SignalWatch& SignalWatch::operator=(SignalWatch&&) noexcept = default;
SignalWatch::~SignalWatch() = default;

}  // namespace murmel::io
