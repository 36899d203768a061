#include "agent/service/reply_channel.h"

#include <utility>

namespace murmel::service {

bool ReplyChannel::write(std::string packets) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return abandoned_ || waiting_.packets.size() < kBytesMax; });
    if (abandoned_) return false;
    waiting_.packets += packets;
    if (std::exchange(told_, true)) return true;
  }
  wake_();
  return true;
}

void ReplyChannel::finish(const mysql::Session::Finish& finish) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.finish = finish;
    if (std::exchange(told_, true)) return;
  }
  wake_();
}

ReplyChannel::Piece ReplyChannel::take() {
  Piece piece;
  {
    const std::lock_guard lock(mutex_);
    told_ = false;
    piece = std::exchange(waiting_, {});
  }
  room_.notify_one();
  return piece;
}

void ReplyChannel::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  room_.notify_one();
}

}  // namespace murmel::service
