// WakeSocket: the Unix datagram socket on which applications say "I have committed". The extension sends one
// empty, non-blocking datagram and ignores errors, so a full or missing socket never slows an application;
// FileWatch finds what a lost datagram did not tell. Any number of waiting datagrams becomes one callback.
// Loop thread only; the callback must not throw and must not destroy the socket.
#pragma once

#include <functional>
#include <string>

#include "agent/base/result.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

// Longest path a Unix socket address can hold (sockaddr_un, without its final zero).
inline constexpr std::size_t kWakePathBytesMax = 107;

class WakeSocket {
 public:
  // Binds `path`, replacing a socket left there by a dead process, but never another kind of file. Every user
  // may write to it: a datagram can do no more than make the agent look. Errors: kInvalid (length of the
  // path), kRefused (something that is no socket lies there), kIo.
  static Result<WakeSocket> make(Loop& loop, const std::string& path, std::function<void()> on_wake);

  // Removes the file.
  ~WakeSocket();
  WakeSocket(WakeSocket&&) noexcept;
  WakeSocket& operator=(WakeSocket&&) noexcept;

 private:
  struct State;
  explicit WakeSocket(Handle<State> state);
  Handle<State> state_;
};

}  // namespace murmel::io
