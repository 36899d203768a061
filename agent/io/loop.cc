#include "agent/io/loop.h"

#include <uv.h>

#include <csignal>
#include <mutex>
#include <vector>

#include "agent/base/check.h"
#include "agent/io/uv_error.h"

namespace murmel::io {

struct Loop::State {
  uv_loop_t loop{};
  uv_async_t wake{};
  uv_timer_t deadline{};  // of run_for
  std::mutex mutex;
  std::vector<Task> waiting;  // guarded by mutex
  std::uint64_t refused = 0;  // guarded by mutex
  std::vector<Task> running;  // loop thread only; kept for its memory

  void run_posted() {
    {
      const std::lock_guard lock(mutex);
      running.swap(waiting);
    }
    for (Task& task : running) task();
    running.clear();
  }
};

namespace {

void stop_on_timeout(uv_timer_t* timer) noexcept {
  uv_stop(timer->loop);
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::make() {
  // A write to a connection that the peer has closed is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  auto state = std::make_unique<State>();
  if (const int status = uv_loop_init(&state->loop); status != 0)
    return uv_error("make an event loop", status);
  state->wake.data = state.get();
  const auto on_wake = [](uv_async_t* wake) noexcept { static_cast<State*>(wake->data)->run_posted(); };
  if (const int status = uv_async_init(&state->loop, &state->wake, on_wake); status != 0) {
    uv_loop_close(&state->loop);
    return uv_error("make the wake-up of the event loop", status);
  }
  uv_timer_init(&state->loop, &state->deadline);  // never fails
  return std::unique_ptr<Loop>(new Loop(std::move(state)));
}

Loop::Loop(std::unique_ptr<State> state) : state_(std::move(state)) {}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->wake), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->deadline), nullptr);
  uv_run(&state_->loop, UV_RUN_DEFAULT);  // lets every closed handle go
  INVARIANT(uv_loop_close(&state_->loop) == 0);
}

void Loop::run() {
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  state_->run_posted();
}

void Loop::run_for(Duration wait) {
  uv_update_time(&state_->loop);
  uv_timer_start(&state_->deadline, stop_on_timeout, static_cast<std::uint64_t>(wait.ms()), 0);
  uv_run(&state_->loop, UV_RUN_ONCE);
  uv_timer_stop(&state_->deadline);
}

void Loop::stop() {
  uv_stop(&state_->loop);
}

Instant Loop::now() const {
  return {static_cast<std::int64_t>(uv_now(&state_->loop)) * 1'000'000};
}

bool Loop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= kPostedTasksMax) {
      ++state_->refused;
      return false;
    }
    first = state_->waiting.empty();
    state_->waiting.push_back(std::move(task));
  }
  if (first) uv_async_send(&state_->wake);
  return true;
}

std::uint64_t Loop::posts_refused() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused;
}

uv_loop_s* Loop::handle() {
  return &state_->loop;
}

}  // namespace murmel::io
