#include "agent/session/named_locks.h"

#include <algorithm>
#include <chrono>

namespace murmel::session {
namespace {

using Clock = std::chrono::steady_clock;

// Between two looks whether the statement was interrupted.
constexpr auto kLook = std::chrono::milliseconds(20);
constexpr double kLongestS = 1e9;

Clock::time_point in(double seconds) {
  const auto patience = std::chrono::duration<double>(std::min(seconds, kLongestS));
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
}

}  // namespace

NamedLocks::Outcome NamedLocks::lock(std::uint64_t owner, const std::string& name, double seconds,
                                     const std::function<bool()>& interrupted) {
  const auto deadline = in(seconds < 0 ? kLongestS : seconds);
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto found = held_.find(name);
    if (found == held_.end()) {
      held_.emplace(name, Held{owner, 1});
      return Outcome::kGranted;
    }
    if (found->second.owner == owner) {
      ++found->second.times;
      return Outcome::kGranted;
    }
    if (would_wait_for_itself(owner, name)) return Outcome::kDeadlock;
    const auto now = Clock::now();
    if (now >= deadline) return Outcome::kTimeout;
    if (interrupted && interrupted()) return Outcome::kInterrupted;
    waiting_[owner] = name;
    released_.wait_until(lock, std::min<Clock::time_point>(deadline, now + kLook));
    waiting_.erase(owner);
  }
}

// Follows who holds what the holder waits for.
bool NamedLocks::would_wait_for_itself(std::uint64_t owner, const std::string& name) const {
  auto held = held_.find(name);
  for (std::size_t steps = 0; held != held_.end() && steps <= waiting_.size(); ++steps) {
    if (held->second.owner == owner) return true;
    const auto next = waiting_.find(held->second.owner);
    if (next == waiting_.end()) return false;
    held = held_.find(next->second);
  }
  return false;
}

bool NamedLocks::unlock(std::uint64_t owner, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  if (found == held_.end() || found->second.owner != owner) return false;
  if (--found->second.times == 0) {
    held_.erase(found);
    released_.notify_all();
  }
  return true;
}

std::int64_t NamedLocks::unlock_all(std::uint64_t owner) {
  const std::lock_guard lock(mutex_);
  std::int64_t times = 0;
  std::erase_if(held_, [&](const auto& named) {
    if (named.second.owner != owner) return false;
    times += named.second.times;
    return true;
  });
  if (times != 0) released_.notify_all();
  return times;
}

bool NamedLocks::sleep(double seconds, const std::function<bool()>& interrupted) {
  const auto deadline = in(seconds);
  std::unique_lock lock(mutex_);
  for (auto now = Clock::now(); now < deadline; now = Clock::now()) {
    if (interrupted && interrupted()) return false;
    released_.wait_until(lock, std::min<Clock::time_point>(deadline, now + kLook));
  }
  return true;
}

std::optional<std::uint64_t> NamedLocks::owner(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  if (found == held_.end()) return std::nullopt;
  return found->second.owner;
}

}  // namespace murmel::session
