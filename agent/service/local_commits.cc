#include "agent/service/local_commits.h"

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
  wait_for(waiting);
  return waiting.outcome;
}

void LocalCommits::wait_for(Waiting& waiting) {
  std::unique_lock lock(mutex_);
  if (!ask_ || waiting_.size() >= kWaitingMax) {
    waiting.outcome = ask_ ? Error{ErrorCode::kBusy, "too many transactions wait"} : closed_error();
    return;
  }
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
}

// Under the lock: who waits may destroy what it waits for as soon as it is free.
void LocalCommits::finish(Waiting& waiting, Status outcome, bool behind) {
  const std::lock_guard lock(mutex_);
  waiting.behind = behind;
  waiting.outcome = std::move(outcome);
  waiting.done = true;
  waiting.arrived.notify_one();
}

// All of it that takes time is done here, in the session's thread.
Status LocalCommits::decide(const store::LocalTransaction& local, core::CommitLevel level, Duration timeout,
                            bool* thorough) {
  if (local.bytes() > commit_socket::kPayloadBytesMax) {
    return Error{ErrorCode::kRefused, "a transaction at QUORUM may have 16 MiB of changes at most; split it"};
  }
  CommitRequest request;
  request.schema_version = local.schema_version;
  request.seen = local.seen;
  TRY_ASSIGN(request.constraints, parse_constraints(as_bytes(local.key_constraints)));
  if (!local.foreign_keys) request.constraints.foreign_keys.clear();
  for (const SharedBytes& payload : local.payloads) request.payloads.emplace_back(as_text(payload.view()));
  core::commit_input::Propose proposal;
  proposal.level = level;
  proposal.timeout = timeout;
  const LockedRows locked{local.locked, local.shared};
  TRY_ASSIGN(proposal.transaction, transaction_of(request, node_, filter_, locked));
  Waiting waiting{&local, &proposal, *thorough};
  wait_for(waiting);
  *thorough = *thorough || waiting.behind;
  return waiting.outcome;
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
  std::vector<Waiting*> to_write;
  std::vector<Waiting*> to_propose;
  {
    const std::lock_guard lock(mutex_);
    asked_ = false;
    for (Waiting* const one : std::exchange(waiting_, {})) {
      (one->proposal == nullptr ? to_write : to_propose).push_back(one);
    }
  }
  if (!to_propose.empty()) propose_all(to_propose, certify);
  if (!to_write.empty()) write_all(to_write, write);
  return !to_write.empty();
}

void LocalCommits::write_all(const std::vector<Waiting*>& group,
                             const std::function<Result<std::vector<Status>>(Group)>& write) {
  std::vector<const store::LocalTransaction*> transactions;
  for (const Waiting* const one : group) transactions.push_back(one->local);
  auto written = write(transactions);
  INVARIANT(!written.ok() || written->size() == transactions.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    finish(*group[i], written.ok() ? std::move((*written)[i]) : Status(written.error()));
  }
}

// A node may propose only what comes after all that it has told of, so the transaction depends on what is
// here now. Its snapshot may be older, which is what `seen` says, and by which voters judge; only where
// nothing that was written since can be in its way, it is as if made on what is here now. The loop hears of
// the proposal before it hears of anything that the worker does later.
void LocalCommits::propose_all(const std::vector<Waiting*>& group, const Certify& certify) {
  Propose propose;
  {
    const std::lock_guard lock(mutex_);
    propose = propose_;
  }
  std::vector<store::ToCertify> transactions;
  for (const Waiting* const one : group) transactions.push_back({one->local, one->thorough});
  const auto certified = propose ? certify(transactions) : Result<store::Certified>(closed_error());
  for (std::size_t i = 0; i < group.size(); ++i) {
    Waiting* const one = group[i];
    Status fits = certified.ok() ? certified->fits[i] : Status(certified.error());
    if (!fits.ok()) {
      finish(*one, std::move(fits));
      continue;
    }
    core::commit_input::Propose proposal = std::move(*one->proposal);
    core::Transaction& transaction = proposal.transaction;
    if (one->thorough) transaction.seen = own_positions(certified->have, node_);
    transaction.change.depends = depends_on(certified->have, node_);
    transaction.change.hlc = certified->clock;
    propose(std::move(proposal),
            [this, one](Status outcome, bool behind) { finish(*one, std::move(outcome), behind); });
  }
}

}  // namespace murmel::service
