// LocalCommits: where sessions of this node have a database's transactions committed that they made on a
// snapshot (store/speculative.h).
//
//   session: commit() ──► queue ──► database's worker: all that wait, in one SQLite transaction, one fsync
//      ▲                                                   │
//      └───────────── each its own outcome ◄───────────────┘
//
// What arrives while one group is being committed is the next group, so groups grow with the load, and nobody
// waits for others to come. Sessions call commit() in their threads, and hold this beyond the life of the
// replica; the rest is the replica's.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/core/commit.h"
#include "agent/service/row_locks.h"
#include "agent/store/local_transaction.h"
#include "agent/store/table_filter.h"

namespace murmel::service {

class LocalCommits {
 public:
  static constexpr std::size_t kWaitingMax = 16'384;

  LocalCommits(NodeId node, const store::TableFilter& filter, core::CommitLevel level)
      : node_(node), filter_(filter), level_(level) {}

  // Any thread; waits until it is known what has become of the transaction. When it is good, the transaction
  // is durable, and whoever begins to read here sees it. Errors: kConflict (begin again on a new snapshot),
  // kBusy (somebody else has held the database for too long), kFull, kIo, kUnavailable (the database is
  // closed).
  Status commit(const store::LocalTransaction& local);

  // The same, decided with other nodes. Also kBusy: another one is being decided, and it may be asked again
  // as it is; kUnavailable: no majority, or not all; kTimeout: the outcome is not known. `*thorough`: this
  // node makes sure that it could be made on what is here now, instead of asking others whether they know of
  // anything that it has not seen. Set, with kConflict, where they have forgotten that: then it may be asked
  // again so.
  Status decide(const store::LocalTransaction& local, core::CommitLevel level, Duration timeout,
                bool* thorough);
  // The level that the database asks for.
  core::CommitLevel level() const { return level_; }
  RowLocks& locks() { return locks_; }

  // The replica's. `ask` is called in sessions' threads, when something waits and nobody was asked: it calls
  // run_group() if the worker is idle, or has the worker call it.
  // `behind`: as core::CommitEffects::Reply has it.
  using Reply = std::function<void(Status, bool behind)>;
  using Propose = std::function<void(core::commit_input::Propose proposal, Reply reply)>;
  void open(std::function<void()> ask, Propose propose);
  // Whoever waits is told that it is unavailable, but for those whose group has begun.
  void close();
  // After close() and the worker's last job: until no session is inside `ask` any more, which is soon.
  void settle();
  // In the worker: `write` commits a group, `certify` looks at those that are to be decided, which are
  // proposed at once. True: something may have been written.
  using Group = std::span<const store::LocalTransaction* const>;
  using Certify = std::function<Result<store::Certified>(std::span<const store::ToCertify>)>;
  bool run_group(const std::function<Result<std::vector<Status>>(Group)>& write, const Certify& certify);

 private:
  struct Waiting {
    const store::LocalTransaction* local;
    core::commit_input::Propose* proposal = nullptr;  // null: it is to be committed
    bool thorough = false;                            // of a proposal, as for decide()
    bool behind = false;                              // it was refused so
    bool done = false;
    Status outcome = Ok{};
    std::condition_variable arrived;
  };
  void wait_for(Waiting& waiting);
  void finish(Waiting& waiting, Status outcome, bool behind = false);
  void write_all(const std::vector<Waiting*>& group,
                 const std::function<Result<std::vector<Status>>(Group)>& write);
  void propose_all(const std::vector<Waiting*>& group, const Certify& certify);

  const NodeId node_;
  const store::TableFilter filter_;
  const core::CommitLevel level_;
  RowLocks locks_;
  std::mutex mutex_;
  Propose propose_;            // guarded by mutex_
  std::function<void()> ask_;  // guarded by mutex_; empty: closed
  bool asked_ = false;         // guarded by mutex_
  int asking_ = 0;             // guarded by mutex_; sessions inside `ask`
  std::condition_variable settled_;
  std::vector<Waiting*> waiting_;  // guarded by mutex_; each lives in its session's stack until it is done
};

}  // namespace murmel::service
