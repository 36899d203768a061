// SignalWatch: a Unix signal as an event of the loop. Loop thread only; the callback must not throw.
#pragma once

#include <functional>

#include "agent/base/result.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

class SignalWatch {
 public:
  // Watches from now on, until destroyed. Errors: kIo.
  static Result<SignalWatch> make(Loop& loop, int signal_number, std::function<void()> on_signal);

 private:
  struct State;
  explicit SignalWatch(Handle<State> state);
  Handle<State> state_;

 public:
  SignalWatch(SignalWatch&&) noexcept;
  SignalWatch& operator=(SignalWatch&&) noexcept;
  ~SignalWatch();
};

}  // namespace murmel::io
