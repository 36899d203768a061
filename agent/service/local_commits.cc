#include "agent/service/local_commits.h"

#include <utility>

#include "agent/base/check.h"

namespace murmel::service {
namespace {

Error closed_error() {
  return {ErrorCode::kUnavailable, "the database is not open now"};
}

}  // namespace

Status LocalCommits::commit(const store::LocalTransaction& local) {
  Waiting waiting{&local};
  std::unique_lock lock(mutex_);
  if (!ask_) return closed_error();
  if (waiting_.size() >= kWaitingMax) return Error{ErrorCode::kBusy, "too many transactions wait"};
  waiting_.push_back(&waiting);
  if (!std::exchange(asked_, true)) {
    const std::function<void()> ask = ask_;
    ++asking_;
    lock.unlock();
    ask();
    lock.lock();
    if (--asking_ == 0) settled_.notify_all();
  }
  waiting.arrived.wait(lock, [&waiting] { return waiting.done; });
  return waiting.outcome;
}

void LocalCommits::open(std::function<void()> ask) {
  const std::lock_guard lock(mutex_);
  ask_ = std::move(ask);
  asked_ = false;
}

void LocalCommits::close() {
  const std::lock_guard lock(mutex_);
  ask_ = nullptr;
  for (Waiting* const one : std::exchange(waiting_, {})) {
    one->outcome = closed_error();
    one->done = true;
    one->arrived.notify_one();
  }
}

void LocalCommits::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return asking_ == 0; });
}

void LocalCommits::run_group(const std::function<Result<std::vector<Status>>(Group)>& write) {
  std::vector<Waiting*> group;
  {
    const std::lock_guard lock(mutex_);
    asked_ = false;
    group = std::exchange(waiting_, {});
  }
  if (group.empty()) return;
  std::vector<const store::LocalTransaction*> transactions;
  transactions.reserve(group.size());
  for (const Waiting* const one : group) transactions.push_back(one->local);
  auto outcomes = write(transactions);
  INVARIANT(!outcomes.ok() || outcomes->size() == group.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->outcome = outcomes.ok() ? std::move((*outcomes)[i]) : Status(outcomes.error());
    group[i]->done = true;
    group[i]->arrived.notify_one();
  }
}

}  // namespace murmel::service
