// Loop: the one event loop of a process, a thin owner of uv_loop_t.
//
// Everything in agent/io lives on the thread that calls run(); only post() may be called from elsewhere.
// Invariant: whatever was made on a loop (timers, watches, links) is destroyed before the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/task.h"

struct uv_loop_s;

namespace murmel::io {

// Tasks that wait for the loop thread. Writers bound their own work, so the limit is met only when the loop
// is stuck; post() then refuses.
inline constexpr std::size_t kPostedTasksMax = 65'536;

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> make();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Handles events until stop(). Tasks posted before stop() was called are run; those that are left when the
  // loop is destroyed are dropped, for what they would act on is gone.
  void run();
  // Handles what is ready now, waiting at most `wait` for something. For tests and for the last steps of a
  // stop.
  void run_for(Duration wait);
  void stop();

  // The loop's monotonic clock, as of the current round of events.
  Instant now() const;

  // Any thread: runs `task` on the loop thread, in the order of posting. False when kPostedTasksMax are
  // waiting (the task is dropped and counted).
  [[nodiscard]] bool post(Task task);
  std::uint64_t posts_refused() const;

  // Questions to the resolver under way. Nothing interrupts them, and a silent name server makes each take
  // many seconds: the loop's destructor and the end of the process wait for them.
  int look_ups() const { return look_ups_; }

  uv_loop_s* handle();                                     // for agent/io only
  void count_look_up(int change) { look_ups_ += change; }  // for agent/io only

 private:
  struct State;
  explicit Loop(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  int look_ups_ = 0;
};

}  // namespace murmel::io
