// SendQueue: frames on their way to one peer, counted in bytes. Bounded: push() refuses above the limit, and
// the marks tell when to stop pushing and when to go on. Bodies are shared with other queues, so a change set
// that goes to ten peers is held once. Pure; one thread.
//
//   writable ──size > high──► congested ──size < low──► writable (told once by drained())
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "agent/base/bytes.h"
#include "agent/wire/frame.h"

namespace murmel::io {

struct QueuedFrame {
  wire::FrameType type = wire::FrameType::kMessage;
  std::uint8_t flags = 0;
  SharedBytes body;
  bool sealed = false;
};

class SendQueue {
 public:
  struct Marks {
    std::size_t high = 0;
    std::size_t low = 0;
    std::size_t max = 0;
  };
  explicit SendQueue(const Marks& marks) : marks_(marks) {}

  // False: it does not fit. Below the low mark any frame fits: the largest ones must get through beside
  // others.
  [[nodiscard]] bool push(QueuedFrame frame);
  bool empty() const { return frames_.empty(); }
  // Takes the first frame for writing; its bytes count until written().
  QueuedFrame pop();
  // What was popped is with the kernel. True: the queue has just become writable again.
  bool written();

  bool writable() const { return !congested_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Marks marks_;
  std::deque<QueuedFrame> frames_;
  std::size_t bytes_ = 0;          // queued and being written
  std::size_t writing_bytes_ = 0;  // of those, popped
  bool congested_ = false;
};

}  // namespace murmel::io
