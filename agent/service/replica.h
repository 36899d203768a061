// Replica: one database of this node in the replication flow. The decisions are core::Sync's; here is what
// carries them out: the worker thread with the store, the wake-up watch on the file, timers, the snapshot.
//
//   commit ─► datagram / inotify ─► wake() ─► worker: tail, sync WAL ─► Sync ─► peers
//   peers ─► received() ─► Sync ─► worker: apply ─► Sync (Applied) ─► worker: sync ─► Sync (Durable)
//
//   kOpening ──open ok──► kOpen ──close()/detach()──► kClosing ──worker done──► kClosed
//      │  ▲ retry timer                                   ▲
//      ▼  │                                               │
//    kFailed ─────────────────────────────────────────────┘
//
// Transactions that several nodes decide are CommitHost's. It begins before Sync does, with what the journal
// holds, and begins anew whenever the database takes another history.
//
// A replica that fails begins again with a new core; results of jobs from before carry an older epoch and are
// dropped.
//
// Loop thread only. A job's result is posted to the loop and names `this`; it arrives before the kClosed
// notice, after which the owner may destroy the Replica.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/commit_messages.h"
#include "agent/core/sync.h"
#include "agent/io/file_watch.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/io/wake_socket.h"
#include "agent/service/commit_host.h"
#include "agent/service/database_jobs.h"
#include "agent/service/local_commits.h"
#include "agent/service/outbox.h"
#include "agent/service/settings.h"
#include "agent/service/worker.h"
#include "agent/store/table_filter.h"
#include "agent/store/wal_file.h"

namespace murmel::service {

class Replica;

// For a database of this name.
CommitHostOptions commit_options(const std::string& database, NodeId node, const Settings& settings);

class ReplicaHost {
 public:
  virtual ~ReplicaHost() = default;
  // To be answered by Replica::snapshot_fetched or snapshot_failed.
  virtual void fetch_snapshot(Replica& replica, NodeId donor) = 0;
  // Something that readiness or the operator may care about has changed.
  virtual void replica_changed(Replica& replica) = 0;
  // The lag of each change set just applied: milliseconds from its stamp to its commit here.
  virtual void applied(Replica& replica, const ApplyResult& result) = 0;
};

enum class ReplicaState { kOpening, kOpen, kFailed, kClosing, kClosed };
const char* replica_state_name(ReplicaState state);

struct ReplicaCounters {
  std::int64_t local_records = 0;
  std::int64_t local_bytes = 0;
  std::int64_t applied_transactions = 0;
  std::int64_t applied_rows = 0;
  std::int64_t overruled_rows = 0;
  std::int64_t conflicts = 0;
  std::int64_t apply_failures = 0;
  bool checkpoint_failed = false;  // the last one
  std::int64_t skipped_transactions = 0;
  std::int64_t repaired_rows = 0;
  std::int64_t snapshots_installed = 0;
  std::int64_t uncaptured_commits = 0;
  std::int64_t last_lag_ms = 0;
};

struct ReplicaOptions {
  DatabaseSettings database;
  NodeId node = 0;
  std::string wake_path;    // empty: applications can't wake us, the file watch does
  std::string commit_path;  // where applications ask for decisions; empty: nowhere
  const Settings* settings = nullptr;
};

class Replica final : private CommitHost::Store {
 public:
  Replica(io::Loop& loop, ReplicaOptions options, PeerOutbox& outbox, JournalThread& journal,
          const VoterSource& voters, ReplicaHost& host);
  ~Replica() override;
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void start();
  // Stops the worker after the job under way; `done` is called when this may be destroyed.
  void close(std::function<void()> done);
  // Takes Murmel out of the file, then closes.
  void detach(std::function<void(Status)> done);
  // Refuses writers of the file from now on, then closes. After an error it goes on as before.
  void retire(std::function<void(Status)> done);

  void wake();
  void peer_up(NodeId node);
  void peer_down(NodeId node);
  void members(const std::vector<NodeId>& nodes);
  void voters_changed();  // commit() knows already
  void received(NodeId node, core::Message message);
  void received(NodeId node, core::CommitMessage message) { commit_.received(node, std::move(message)); }
  void snapshot_fetched(const std::string& file);
  void snapshot_failed(const std::string& reason);

  CommitHost& commit() { return commit_; }
  const CommitHost& commit() const { return commit_; }

  // Transactions of this node's sessions. Any thread may hold it, for as long as it likes.
  const std::shared_ptr<LocalCommits>& local_commits() const { return local_commits_; }

  NodeId node() const { return options_.node; }
  const store::TableFilter& filter() const { return filter_; }
  const std::string& name() const { return options_.database.name; }
  const std::string& path() const { return options_.database.path; }
  const DatabaseSettings& settings() const { return options_.database; }
  ReplicaState state() const { return state_; }
  bool caught_up() const { return state_ == ReplicaState::kOpen && sync_->caught_up(); }
  core::SyncStatus sync_status() const { return sync_->status(); }
  const ReplicaCounters& counters() const { return counters_; }
  const std::string& error() const { return error_; }  // of opening or tailing; empty: none
  // All own changes are known here and durable at every connected peer.
  bool flushed() const;

  // Tries everything in quarantine (SyncStatus) again now; without a transaction there if it fails once more.
  void retry_now();
  // Replied when it is on disk that it is. kNotFound: it is not in quarantine.
  void skip(const core::Position& position, std::function<void(const Status&)> reply);

  // Questions to the store, answered on the loop thread. kUnavailable while the database is not open.
  using StatusReply = std::function<void(Result<store::DatabaseStatus>)>;
  using ConflictsReply = std::function<void(Result<std::vector<store::Conflict>>)>;
  using PlanReply = std::function<void(Result<store::SchemaPlan>)>;
  using DumpReply = std::function<void(Result<std::string>)>;
  using RecordReply = std::function<void(Result<core::ChangeSet>)>;
  void store_status(StatusReply reply);
  void conflicts(std::int64_t limit, ConflictsReply reply);
  void dump_record(NodeId origin, Seq seq, DumpReply reply);
  void read_record(const core::Position& position, RecordReply reply);  // kNotFound: not in the log any more
  // Takes another node's rows: store::Database::repair.
  void repair(store::BucketRows theirs, std::function<void(Result<store::RepairReport>)> reply);
  void plan_schema(std::string sql, PlanReply reply);
  void schema_state(std::function<void(Result<store::SchemaState>)> reply);
  // Takes another node's schema: store::Database::repair_schema.
  void repair_schema(store::SchemaState theirs, std::function<void(Result<store::SchemaRepairReport>)> reply);

 private:
  template <typename Job, typename Done>
  void run_on(Worker& worker, Job job, Done done);
  template <typename Job, typename Done>
  void run(Job job, Done done);
  template <typename T, typename Job>
  void ask(Job job, std::function<void(Result<T>)> reply);

  void open();
  void fail(const std::string& what, const Error& error);
  void opened(Result<core::StoreState> state);
  // The store has this history now, which `input` tells Sync.
  void begin_history(const core::StoreState& state, core::SyncInput input);
  void begun(core::SyncInput input);
  void watch_file();
  void step(core::SyncInput input);
  void perform(core::SyncEffects& effects);
  // CommitHost::Store
  void decided(std::vector<core::ChangeSet> changes) override;
  void pending(const core::sync_input::Pending& pending) override;
  void authors(std::vector<NodeId> nodes) override;
  void tell_members();
  void send(const std::vector<NodeId>& to, core::Message message);
  void perform_store_work(core::SyncEffects& effects);
  void read_range(const core::SyncEffects::ReadRange& range);
  void tail();
  void tailed(Result<TailResult> result);
  void note_uncaptured(std::int64_t commits);
  void apply(std::vector<core::ChangeSet> changes);
  void apply_done(ApplyResult result);
  void sync_wal();
  void open_local_commits();
  void propose_local(core::commit_input::Propose proposal, LocalCommits::Reply reply);
  void decided_local(const core::CommitEffects::Reply& decision, const LocalCommits::Reply& reply);
  void answer_applied(bool all);
  void trim();
  void note_checkpoints(const std::string& failure);
  core::Time time() const;

  io::Loop& loop_;
  ReplicaOptions options_;
  PeerOutbox& outbox_;
  const VoterSource& voters_;
  ReplicaHost& host_;
  store::TableFilter filter_;
  ReplicaState state_ = ReplicaState::kOpening;
  std::uint64_t epoch_ = 0;
  std::uint64_t histories_ = 0;
  bool beginning_ = false;         // between begin_history() and its input
  bool schema_at_quorum_ = false;  // the setting is in the database, or on its way
  std::string error_;
  ReplicaCounters counters_;
  std::unique_ptr<core::Sync> sync_;
  CommitHost commit_;
  core::SyncEffects effects_;
  std::vector<NodeId> members_;
  std::vector<NodeId> authors_;  // of decided slots that have still to come
  std::vector<NodeId> peers_;    // linked, for when the database opens

  bool tail_running_ = false;
  bool tail_again_ = false;
  std::optional<Result<TailResult>> early_tail_;
  bool trim_running_ = false;
  int ranges_running_ = 0;
  Instant uncaptured_log_after_;
  bool sync_failed_ = false;
  std::optional<core::SyncEffects::Trim> trim_positions_;

  io::Timer step_timer_;   // core::Sync wants to be asked again
  io::Timer retry_timer_;  // opening or tailing failed
  io::Timer sync_retry_timer_;
  io::Timer trim_timer_;
  std::optional<io::FileWatch> file_watch_;
  std::optional<io::WakeSocket> wake_socket_;

  const std::shared_ptr<LocalCommits> local_commits_;
  // Decided for sessions, which are told when it is in the database here.
  std::vector<std::pair<core::Position, LocalCommits::Reply>> not_applied_;

  // Used on the worker thread; outlives it.
  DatabaseJobs jobs_;
  store::WalFile wal_;  // the same, of wal_worker_
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<Worker> wal_worker_;  // null until something is to be synced
};

}  // namespace murmel::service
