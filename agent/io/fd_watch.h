// FdWatch: tells when somebody else's file descriptor is readable (an epoll set, a socket), or that the other
// side of a socket has hung up. The descriptor stays its owner's, blocking if it was, and must outlive the
// watch. Loop thread only; the callback must not throw.
#pragma once

#include <functional>

#include "agent/base/result.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

class FdWatch {
 public:
  // Level-triggered: called again in every round for as long as there is something to read. Errors: kIo.
  static Result<FdWatch> make(Loop& loop, int fd, std::function<void()> on_readable);
  // Called once, whatever waits to be read. Errors: kIo.
  static Result<FdWatch> for_hang_up(Loop& loop, int fd, std::function<void()> on_hang_up);

 private:
  struct State;
  static Result<FdWatch> start(Loop& loop, int fd, int events, std::function<void()> on_event);
  explicit FdWatch(Handle<State> state);
  Handle<State> state_;

 public:
  FdWatch(FdWatch&&) noexcept;
  FdWatch& operator=(FdWatch&&) noexcept;
  ~FdWatch();
};

}  // namespace murmel::io
