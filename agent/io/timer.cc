#include "agent/io/timer.h"

#include <uv.h>

#include "agent/io/loop.h"

namespace murmel::io {

struct Timer::State {
  uv_timer_t timer{};
  std::function<void()> on_fire;

  static void fire(uv_timer_t* timer) noexcept { static_cast<State*>(timer->data)->on_fire(); }

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->timer),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Timer::Timer(Loop& loop, std::function<void()> on_fire) : loop_(&loop), state_(new State) {
  state_->on_fire = std::move(on_fire);
  uv_timer_init(loop.handle(), &state_->timer);  // never fails
  state_->timer.data = state_.get();
}

Timer::~Timer() = default;
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;

void Timer::start(Duration after) {
  const std::int64_t ms = after.ns <= 0 ? 0 : (after.ns + 999'999) / 1'000'000;
  uv_timer_start(&state_->timer, State::fire, static_cast<std::uint64_t>(ms), 0);
}

void Timer::start_at(Instant at) {
  if (at == kNever) {
    stop();
    return;
  }
  start(at - loop_->now());
}

void Timer::stop() {
  uv_timer_stop(&state_->timer);
}

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&state_->timer)) != 0;
}

}  // namespace murmel::io
