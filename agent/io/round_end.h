// RoundEnd: calls back at the end of each round of the loop: when the events of the round have been handled,
// and again before the loop waits, behind timers. So what many events of a round want done can be done once
// for all of them. Cheap, but it runs in every round. Loop thread only; the callback must not throw and must
// not destroy it. It says whether something is left to be done: then the loop does not wait for events.
#pragma once

#include <functional>

#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

class RoundEnd {
 public:
  RoundEnd(Loop& loop, std::function<bool()> on_end);
  ~RoundEnd();
  RoundEnd(const RoundEnd&) = delete;
  RoundEnd& operator=(const RoundEnd&) = delete;

 private:
  struct State;
  Handle<State> state_;
};

}  // namespace murmel::io
