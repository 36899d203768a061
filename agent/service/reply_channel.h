// ReplyChannel: the answer to one client's command on its way from the thread that makes it to the loop.
//
// Bounded: a writer that is kBytesMax ahead of the loop (and so of the client, which may read slowly) waits;
// when the client is gone it is told to stop. `wake` runs in the writer's thread, once until the next take().
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "agent/mysql/session.h"

namespace murmel::service {

class ReplyChannel {
 public:
  static constexpr std::size_t kBytesMax = 1 << 20;

  explicit ReplyChannel(std::function<void()> wake) : wake_(std::move(wake)) {}

  // The writer's thread. False: nobody wants it any more.
  [[nodiscard]] bool write(std::string packets);
  void finish(const mysql::Session::Finish& finish);

  // The loop.
  struct Piece {
    std::string packets;
    std::optional<mysql::Session::Finish> finish;
  };
  Piece take();
  void abandon();

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable room_;
  Piece waiting_;           // guarded by mutex_
  bool told_ = false;       // guarded by mutex_
  bool abandoned_ = false;  // guarded by mutex_
};

}  // namespace murmel::service
