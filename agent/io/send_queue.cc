#include "agent/io/send_queue.h"

#include <utility>

#include "agent/base/check.h"

namespace murmel::io {
namespace {

// What a frame costs besides its body: header, seal, and the queue's own memory.
constexpr std::size_t kQueuedOverheadBytes = 64;

std::size_t cost(const QueuedFrame& frame) {
  return frame.body.size() + kQueuedOverheadBytes;
}

}  // namespace

bool SendQueue::push(QueuedFrame frame) {
  const std::size_t size = cost(frame);
  if (bytes_ > marks_.low && bytes_ + size > marks_.max) return false;
  bytes_ += size;
  frames_.push_back(std::move(frame));
  if (bytes_ > marks_.high) congested_ = true;
  return true;
}

QueuedFrame SendQueue::pop() {
  INVARIANT(!frames_.empty());
  QueuedFrame frame = std::move(frames_.front());
  frames_.pop_front();
  writing_bytes_ += cost(frame);
  return frame;
}

bool SendQueue::written() {
  bytes_ -= writing_bytes_;
  writing_bytes_ = 0;
  if (!congested_ || bytes_ >= marks_.low) return false;
  congested_ = false;
  return true;
}

}  // namespace murmel::io
