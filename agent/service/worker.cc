#include "agent/service/worker.h"

#include <pthread.h>
#include <signal.h>

#include "agent/base/check.h"

namespace murmel::service {

Worker::Worker(std::string name) : name_(std::move(name)), thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_one();
  thread_.join();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !running_; });
}

void Worker::post(io::Task job) {
  {
    const std::lock_guard lock(mutex_);
    INVARIANT(jobs_.size() < kWorkerJobsMax);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

bool Worker::run_here(const std::function<void()>& job) {
  {
    const std::lock_guard lock(mutex_);
    if (running_ || stopping_ || !jobs_.empty()) return false;
    running_ = true;
  }
  job();
  // Under the lock: whoever waits for this may be about to destroy the worker.
  const std::lock_guard lock(mutex_);
  running_ = false;
  idle_.notify_all();
  if (!jobs_.empty()) wake_.notify_one();
  return true;
}

std::size_t Worker::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

bool Worker::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ || !jobs_.empty();
}

void Worker::run() {
  // Signals belong to the loop thread.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  constexpr std::size_t kThreadNameMax = 15;
  pthread_setname_np(pthread_self(), name_.substr(0, kThreadNameMax).c_str());

  while (true) {
    io::Task job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || (!jobs_.empty() && !running_); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      running_ = true;
    }
    job();
    const std::lock_guard lock(mutex_);
    running_ = false;
    idle_.notify_all();
  }
}

}  // namespace murmel::service
