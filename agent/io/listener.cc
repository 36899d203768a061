#include "agent/io/listener.h"

#include <string>

#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr int kBacklog = 128;

}  // namespace

struct Listener::State {
  uv_tcp_t tcp{};
  std::function<void(uv_stream_t*)> on_waiting;

  static void close(State* state) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->tcp),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Result<Listener> Listener::make(Loop& loop, const Endpoint& endpoint,
                                std::function<void(uv_stream_t*)> on_waiting) {
  Handle<State> state(new State);
  uv_tcp_init(loop.handle(), &state->tcp);  // without a socket yet, it can't fail
  state->tcp.data = state.get();
  state->on_waiting = std::move(on_waiting);
  const std::string what = "listen on " + endpoint.to_string();
  if (const int status = uv_tcp_bind(&state->tcp, endpoint.raw(), 0); status != 0)
    return uv_error(what, status);
  const auto waiting = [](uv_stream_t* stream, int status) noexcept {
    if (status == 0) static_cast<State*>(stream->data)->on_waiting(stream);
  };
  auto* stream = reinterpret_cast<uv_stream_t*>(&state->tcp);
  if (const int status = uv_listen(stream, kBacklog, waiting); status != 0) return uv_error(what, status);
  Endpoint bound;
  int size = sizeof bound.address;
  if (const int status = uv_tcp_getsockname(&state->tcp, reinterpret_cast<sockaddr*>(&bound.address), &size);
      status != 0) {
    return uv_error(what, status);
  }
  return Listener(std::move(state), bound.port());
}

Listener::Listener(Handle<State> state, std::uint16_t port) : state_(std::move(state)), port_(port) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;
Listener::~Listener() = default;

}  // namespace murmel::io
