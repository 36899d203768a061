// Worker: one thread that runs jobs in order. Each database has one, in which its store::Database lives; the
// node has one more for long work on connections of its own (snapshots, hashes).
//
// A caller who would wait for its job anyway runs it itself if the worker is idle: two changes of threads
// less. So "in the worker" means: alone, in order, not always in one thread.
//
// The loop posts jobs; a job posts its result back with io::Loop::post, so results arrive in the order of the
// jobs. The queue is bounded: the loop keeps at most a few jobs of each kind under way, so a full queue is a
// mistake of ours and not a matter of load.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "agent/io/task.h"

namespace murmel::service {

inline constexpr std::size_t kWorkerJobsMax = 4'096;

class Worker {
 public:
  explicit Worker(std::string name);  // of the thread, for ps and debuggers
  // Finishes the job under way and drops the rest.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread. INVARIANT: fewer than kWorkerJobsMax are waiting.
  void post(io::Task job);
  // Any thread but the loop's. Runs `job` here and now, as the worker would, if nothing is under way and
  // nothing waits. False: it was not run.
  bool run_here(const std::function<void()>& job);
  std::size_t waiting() const;
  bool busy() const;  // a job is under way or waits

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<io::Task> jobs_;  // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
  bool running_ = false;       // guarded by mutex_; a job is, here or elsewhere
  std::string name_;
  std::thread thread_;
};

}  // namespace murmel::service
