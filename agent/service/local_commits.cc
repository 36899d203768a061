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
  return wait_for(local, nullptr);
}

Status LocalCommits::wait_for(const store::LocalTransaction& local, store::Certified* certified) {
  Waiting waiting{&local, certified};
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

// A node may propose only what has seen all that it has told of. What was committed here since the snapshot
// left the transaction's rows alone, so it is as if made on that.
Status LocalCommits::decide(const store::LocalTransaction& local, core::CommitLevel level, Duration timeout,
                            bool* overtaken) {
  if (local.bytes() > commit_socket::kPayloadBytesMax) {
    return Error{ErrorCode::kRefused, "a transaction at QUORUM may have 16 MiB of changes at most; split it"};
  }
  CommitRequest request;
  request.schema_version = local.schema_version;
  TRY_ASSIGN(request.indexes, parse_indexes(as_bytes(local.unique_indexes)));
  for (const SharedBytes& payload : local.payloads) request.payloads.emplace_back(as_text(payload.view()));
  store::Certified certified;
  const Status free = wait_for(local, &certified);
  *overtaken = !free.ok();
  if (!free.ok()) return free;
  request.hlc = certified.clock;
  request.seen = std::move(certified.have);
  core::commit_input::Propose proposal;
  proposal.level = level;
  proposal.timeout = timeout;
  TRY_ASSIGN(proposal.transaction, transaction_of(request, node_, filter_));
  return propose(std::move(proposal));
}

Status LocalCommits::propose(core::commit_input::Propose proposal) {
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

bool LocalCommits::run_group(const std::function<Result<std::vector<Status>>(Group)>& write,
                             const Certify& certify) {
  std::vector<Waiting*> group;
  {
    const std::lock_guard lock(mutex_);
    asked_ = false;
    group = std::exchange(waiting_, {});
  }
  std::vector<const store::LocalTransaction*> transactions;
  std::vector<Status> outcomes(group.size(), Ok{});
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i]->certified == nullptr) {
      transactions.push_back(group[i]->local);
      continue;
    }
    auto certified = certify(*group[i]->local);
    if (certified.ok()) *group[i]->certified = std::move(*certified);
    if (!certified.ok()) outcomes[i] = certified.error();
  }
  Result<std::vector<Status>> written = std::vector<Status>();
  if (!transactions.empty()) written = write(transactions);
  INVARIANT(!written.ok() || written->size() == transactions.size());
  const std::lock_guard lock(mutex_);
  std::size_t next = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    Waiting& one = *group[i];
    if (one.certified == nullptr) {
      outcomes[i] = written.ok() ? std::move((*written)[next++]) : Status(written.error());
    }
    one.outcome = std::move(outcomes[i]);
    one.done = true;
    one.arrived.notify_one();
  }
  return !transactions.empty();
}

}  // namespace murmel::service
