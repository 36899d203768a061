#include "agent/service/local_commits.h"

#include <memory>
#include <optional>
#include <utility>

#include "agent/base/check.h"
#include "agent/service/commit_request.h"
#include "schemas/commit_socket.h"

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

Status LocalCommits::decide(const store::LocalTransaction& local, core::CommitLevel level, Duration timeout) {
  if (local.bytes() > commit_socket::kPayloadBytesMax) {
    return Error{ErrorCode::kRefused, "a transaction at QUORUM may have 16 MiB of changes at most; split it"};
  }
  CommitRequest request;
  request.hlc = local.clock;
  request.schema_version = local.schema_version;
  request.seen = local.seen;
  TRY_ASSIGN(request.indexes, parse_indexes(as_bytes(local.unique_indexes)));
  for (const SharedBytes& payload : local.payloads) request.payloads.emplace_back(as_text(payload.view()));
  core::commit_input::Propose proposal;
  proposal.level = level;
  proposal.timeout = timeout;
  TRY_ASSIGN(proposal.transaction, transaction_of(request, node_, filter_));
  struct Answer {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Status> outcome;
  };
  const auto answer = std::make_shared<Answer>();
  {
    std::unique_lock lock(mutex_);
    if (!propose_) return closed_error();
    const Propose propose = propose_;
    ++asking_;
    lock.unlock();
    propose(std::move(proposal), [answer](Status outcome) {
      const std::lock_guard guard(answer->mutex);
      answer->outcome = std::move(outcome);
      answer->arrived.notify_one();
    });
    lock.lock();
    if (--asking_ == 0) settled_.notify_all();
  }
  std::unique_lock lock(answer->mutex);
  answer->arrived.wait(lock, [&answer] { return answer->outcome.has_value(); });
  return *answer->outcome;
}

void LocalCommits::open(std::function<void()> ask, Propose propose) {
  const std::lock_guard lock(mutex_);
  ask_ = std::move(ask);
  propose_ = std::move(propose);
  asked_ = false;
}

void LocalCommits::close() {
  const std::lock_guard lock(mutex_);
  ask_ = nullptr;
  propose_ = nullptr;
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
