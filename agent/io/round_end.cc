#include "agent/io/round_end.h"

#include <uv.h>

#include <utility>

#include "agent/io/loop.h"

namespace murmel::io {

struct RoundEnd::State {
  uv_check_t handled{};
  uv_prepare_t waits{};
  std::function<void()> on_end;
  int open_handles = 2;

  static void closed(uv_handle_t* handle) noexcept {
    auto* const state = static_cast<State*>(handle->data);
    if (--state->open_handles == 0) delete state;
  }

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->handled), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&state->waits), closed);
  }
};

RoundEnd::RoundEnd(Loop& loop, std::function<void()> on_end) : state_(new State) {
  state_->on_end = std::move(on_end);
  state_->handled.data = state_->waits.data = state_.get();
  uv_check_init(loop.handle(), &state_->handled);  // these four never fail
  uv_prepare_init(loop.handle(), &state_->waits);
  uv_check_start(&state_->handled,
                 [](uv_check_t* check) noexcept { static_cast<State*>(check->data)->on_end(); });
  uv_prepare_start(&state_->waits,
                   [](uv_prepare_t* prepare) noexcept { static_cast<State*>(prepare->data)->on_end(); });
}

RoundEnd::~RoundEnd() = default;

}  // namespace murmel::io
