// Timer: calls back once, at or after the time it was started for. Loop thread only.
// The callback may start the timer again, stop it, or destroy it. It must not throw.
#pragma once

#include <functional>
#include <memory>

#include "agent/base/time.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  // Starts, or starts anew. A span is rounded up to whole milliseconds; zero or less fires in the next round.
  void start(Duration after);
  // Fires at `at` on the loop's clock; kNever stops the timer.
  void start_at(Instant at);
  void stop();
  bool active() const;

 private:
  struct State;
  Loop* loop_;
  Handle<State> state_;
};

}  // namespace murmel::io
