#include "agent/io/round_end.h"

#include <uv.h>

#include <utility>

#include "agent/io/loop.h"

namespace murmel::io {

struct RoundEnd::State {
  uv_check_t handled{};
  uv_prepare_t waits{};
  uv_idle_t busy{};  // while it is active the loop does not wait
  std::function<bool()> on_end;
  int open_handles = 3;

  static void closed(uv_handle_t* handle) noexcept {
    auto* const state = static_cast<State*>(handle->data);
    if (--state->open_handles == 0) delete state;
  }

  void end_round() {
    if (on_end()) {
      uv_idle_start(&busy, [](uv_idle_t*) noexcept {});
    } else {
      uv_idle_stop(&busy);
    }
  }

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->handled), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&state->waits), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&state->busy), closed);
  }
};

RoundEnd::RoundEnd(Loop& loop, std::function<bool()> on_end) : state_(new State) {
  state_->on_end = std::move(on_end);
  state_->handled.data = state_->waits.data = state_->busy.data = state_.get();
  uv_check_init(loop.handle(), &state_->handled);  // none of these fails
  uv_prepare_init(loop.handle(), &state_->waits);
  uv_idle_init(loop.handle(), &state_->busy);
  uv_check_start(&state_->handled,
                 [](uv_check_t* check) noexcept { (void)static_cast<State*>(check->data)->on_end(); });
  uv_prepare_start(&state_->waits,
                   [](uv_prepare_t* prepare) noexcept { static_cast<State*>(prepare->data)->end_round(); });
}

RoundEnd::~RoundEnd() = default;

}  // namespace murmel::io
