// Listener: a listening TCP socket. Says when somebody waits to be accepted. Internal to agent/io; loop
// thread only.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

#include "agent/base/result.h"
#include "agent/io/endpoint.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

class Listener {
 public:
  // `on_waiting` gets the stream to accept from; it must not throw. Errors: kIo, kRefused (no permission).
  static Result<Listener> make(Loop& loop, const Endpoint& endpoint,
                               std::function<void(uv_stream_t*)> on_waiting);
  std::uint16_t port() const { return port_; }

 private:
  struct State;
  Listener(Handle<State> state, std::uint16_t port);
  Handle<State> state_;
  std::uint16_t port_;

 public:
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();
};

}  // namespace murmel::io
