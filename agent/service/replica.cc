#include "agent/service/replica.h"

#include <algorithm>

#include "agent/service/log.h"
#include "agent/service/seed.h"
#include "agent/service/wall_clock.h"
#include "agent/wire/messages.h"
#include "schemas/row_stream.h"

namespace murmel::service {
namespace {

using namespace core::sync_input;

constexpr Duration kRetryInterval = seconds(1);
constexpr Duration kUncapturedLogInterval = seconds(10);
constexpr std::size_t kChangesInMessage = 16'384;
static_assert(kChangesInMessage <= wire::kChangeSetsMax);
constexpr int kRangesMax = 256;  // log ranges being read for peers
constexpr Duration kForEver = seconds(100LL * 366 * 24 * 3'600);

store::OutOfBand out_of_band_of(const std::string& text) {
  if (text == "capture") return store::OutOfBand::kCapture;
  if (text == "refuse") return store::OutOfBand::kRefuse;
  return store::OutOfBand::kWarn;
}

core::CommitLevel level_of(const std::string& consistency) {
  if (consistency == "quorum") return core::CommitLevel::kQuorum;
  if (consistency == "all") return core::CommitLevel::kAll;
  if (consistency == "two") return core::CommitLevel::kTwo;
  if (consistency == "three") return core::CommitLevel::kThree;
  return core::CommitLevel::kOne;
}

store::Options store_options(const ReplicaOptions& options) {
  store::Options result;
  result.node = options.node;
  result.out_of_band = out_of_band_of(options.database.out_of_band);
  result.include = options.database.include;
  result.exclude = options.database.exclude;
  result.wake_path = options.wake_path;
  result.commit_path = options.commit_path;
  result.consistency = options.database.consistency;
  result.agent_away = options.database.agent_away;
  const bool automatic = options.database.schema_changes == kSchemaChangesAuto;
  result.schema_changes = automatic ? "" : options.database.schema_changes;
  if (automatic && !options.settings->cluster.seeds.empty()) result.schema_changes = "quorum";
  return result;
}

DatabaseLimits database_limits(const Settings& settings) {
  return {.tail_bytes = settings.limits.tail_bytes,
          .disk_free_bytes_min = settings.limits.disk_free_bytes_min,
          .sync_before_send = settings.replication.durability == "fsync"};
}

core::SyncOptions sync_options(NodeId node, const Settings& settings) {
  core::SyncOptions options;
  options.self = node;
  options.max_clock_offset = milliseconds(settings.replication.max_clock_offset_ms);
  options.push_window_bytes = settings.peer.push_bytes_max;
  options.apply_bytes = settings.limits.apply_bytes;
  options.hold_back_bytes = settings.limits.hold_back_bytes;
  options.have_interval = milliseconds(settings.replication.durable_interval_ms);
  return options;
}

}  // namespace

CommitHostOptions commit_options(const std::string& database, NodeId node, const Settings& settings) {
  CommitHostOptions result;
  result.database = database;
  result.message_bytes_max = settings.peer.frame_bytes_max / 2;
  result.core.self = node;
  result.core.random_seed = random_seed();
  result.core.max_clock_offset = milliseconds(settings.replication.max_clock_offset_ms);
  result.core.vote_timeout = milliseconds(settings.commit.vote_timeout_ms);
  result.core.recovery_timeout = milliseconds(settings.commit.recovery_timeout_ms);
  result.core.no_rows = SharedBytes(std::string(1, static_cast<char>(row_stream::kVersion)));
  return result;
}

const char* replica_state_name(ReplicaState state) {
  switch (state) {
    case ReplicaState::kOpening: return "opening";
    case ReplicaState::kOpen: return "open";
    case ReplicaState::kFailed: return "failed";
    case ReplicaState::kClosing: return "closing";
    case ReplicaState::kClosed: return "closed";
  }
  return "unknown";
}

Replica::Replica(io::Loop& loop, ReplicaOptions options, PeerOutbox& outbox, JournalThread& journal,
                 const VoterSource& voters, ReplicaHost& host)
    : loop_(loop),
      options_(std::move(options)),
      outbox_(outbox),
      voters_(voters),
      host_(host),
      filter_(options_.database.include, options_.database.exclude),
      sync_(std::make_unique<core::Sync>(sync_options(options_.node, *options_.settings))),
      commit_(loop, commit_options(options_.database.name, options_.node, *options_.settings), outbox,
              journal, *this, voters),
      step_timer_(loop, [this] { step(Tick{}); }),
      retry_timer_(loop, [this] { state_ == ReplicaState::kFailed ? open() : tail(); }),
      sync_retry_timer_(loop, [this] { sync_wal(); }),
      trim_timer_(loop, [this] { trim(); }),
      local_commits_(
          std::make_shared<LocalCommits>(options_.node, filter_, level_of(options_.database.consistency))),
      jobs_(options_.database.path, store_options(options_), database_limits(*options_.settings)),
      wal_(options_.database.path),
      worker_(std::make_unique<Worker>("db-" + options_.database.name)) {}

Replica::~Replica() {
  local_commits_->close();
  local_commits_->settle();
}

// Runs job() on the worker and, unless the replica has begun again since, done(result) on the loop.
template <typename Job, typename Done>
void Replica::run_on(Worker& worker, Job job, Done done) {
  worker.post([this, epoch = epoch_, job = std::move(job), done = std::move(done)]() mutable {
    auto finish = [this, epoch, result = job(), done = std::move(done)]() mutable {
      if (epoch == epoch_) done(std::move(result));
    };
    INVARIANT(loop_.post(std::move(finish)));
  });
}

// The same with job(jobs_), on the database's worker.
template <typename Job, typename Done>
void Replica::run(Job job, Done done) {
  run_on(
      *worker_, [this, job = std::move(job)]() mutable { return job(jobs_); }, std::move(done));
}

core::Time Replica::time() const {
  return {loop_.now(), wall_clock_ms()};
}

// --- opening and closing ----------------------------------------------------------------------------------

void Replica::start() {
  if (!options_.wake_path.empty()) {
    auto socket = io::WakeSocket::make(loop_, options_.wake_path, [this] { wake(); });
    if (socket.ok()) {
      wake_socket_.emplace(std::move(socket).value());
    } else {
      log_warn("no wake-up socket; commits are found by watching the file",
               {{"database", name()}, {"error", socket.error().message}});
    }
  }
  open();
}

void Replica::open() {
  state_ = ReplicaState::kOpening;
  run([](DatabaseJobs& jobs) { return jobs.open(); },
      [this](Result<core::StoreState> state) { opened(std::move(state)); });
}

void Replica::opened(Result<core::StoreState> state) {
  if (state_ != ReplicaState::kOpening) return;
  if (!state.ok()) return fail("database can't be opened", state.error());
  begin_history(*state, Opened{*state});
}

// Own changes that are read meanwhile belong to it already, so they come after `input`.
void Replica::begin_history(const core::StoreState& state, core::SyncInput input) {
  beginning_ = true;
  commit_.open(state.database_id, state.have, [this, input = std::move(input)](const Status& status) mutable {
    beginning_ = false;
    ++histories_;
    if (!status.ok()) return fail("the commit journal can't be read", status.error());
    if (state_ == ReplicaState::kOpening) return begun(std::move(input));
    step(std::move(input));
    if (early_tail_) tailed(*std::exchange(early_tail_, std::nullopt));
    wake();
  });
}

void Replica::begun(core::SyncInput input) {
  const core::StoreState& state = std::get<Opened>(input).state;
  error_.clear();
  state_ = ReplicaState::kOpen;
  log_info("database open", {{"database", name()},
                             {"path", path()},
                             {"id", state.database_id.to_string()},
                             {"own_seq", core::seq_of(state.have, options_.node)}});
  watch_file();
  step(std::move(input));
  tell_members();
  for (const NodeId node : peers_) step(PeerUp{node});
  schema_at_quorum_ = false;
  voters_changed();
  open_local_commits();
  wake();
  trim_timer_.start(milliseconds(options_.settings->replication.gc_interval_ms));
  host_.replica_changed(*this);
}

void Replica::fail(const std::string& what, const Error& error) {
  const bool news = error_ != error.message;
  error_ = error.message;
  state_ = ReplicaState::kFailed;
  ++epoch_;
  commit_.close();
  local_commits_->close();
  answer_applied(true);
  sync_ = std::make_unique<core::Sync>(sync_options(options_.node, *options_.settings));
  beginning_ = false;
  early_tail_.reset();
  tail_running_ = false;
  trim_running_ = false;
  ranges_running_ = 0;
  trim_positions_.reset();
  file_watch_.reset();
  step_timer_.stop();
  sync_retry_timer_.stop();
  if (news) log_error(what, {{"database", name()}, {"path", path()}, {"error", error_}});
  retry_timer_.start(kRetryInterval);
  host_.replica_changed(*this);
}

void Replica::watch_file() {
  const Duration poll = milliseconds(options_.settings->replication.poll_interval_ms);
  auto watch = io::FileWatch::make(
      loop_, path(), [this] { wake(); }, poll);
  if (watch.ok()) {
    file_watch_.emplace(std::move(watch).value());
  } else {
    log_warn("the database file can't be watched; only wake-up datagrams tell of commits",
             {{"database", name()}, {"error", watch.error().message}});
  }
}

void Replica::close(std::function<void()> done) {
  state_ = ReplicaState::kClosing;
  host_.replica_changed(*this);
  ++epoch_;
  commit_.close();
  local_commits_->close();
  answer_applied(true);
  file_watch_.reset();
  wake_socket_.reset();
  step_timer_.stop();
  retry_timer_.stop();
  sync_retry_timer_.stop();
  trim_timer_.stop();
  run(
      [](DatabaseJobs& jobs) {
        jobs.close();
        return true;
      },
      [this, done = std::move(done)](bool) {
        state_ = ReplicaState::kClosed;
        local_commits_->settle();
        const auto end = [this, done](bool) {
          wal_worker_.reset();  // both are idle: nothing to wait for
          worker_.reset();
          done();
        };
        if (wal_worker_ == nullptr) return end(true);
        run_on(
            *wal_worker_, [] { return true; }, end);
      });
}

void Replica::detach(std::function<void(Status)> done) {
  state_ = ReplicaState::kClosing;
  host_.replica_changed(*this);
  ++epoch_;
  commit_.close();
  local_commits_->close();
  run([](DatabaseJobs& jobs) { return jobs.detach(); },
      [this, done = std::move(done)](Status status) mutable {
        close([status = std::move(status), done = std::move(done)] { done(status); });
      });
}

// --- what comes from peers --------------------------------------------------------------------------------

void Replica::peer_up(NodeId node) {
  if (std::find(peers_.begin(), peers_.end(), node) == peers_.end()) peers_.push_back(node);
  if (state_ == ReplicaState::kOpen) step(PeerUp{node});
  commit_.peer_up(node);
}

void Replica::peer_down(NodeId node) {
  std::erase(peers_, node);
  if (state_ == ReplicaState::kOpen) step(PeerDown{node});
  commit_.peer_down(node);
}

void Replica::members(const std::vector<NodeId>& nodes) {
  if (nodes == members_) return;
  members_ = nodes;
  if (state_ == ReplicaState::kOpen) tell_members();
}

void Replica::authors(std::vector<NodeId> nodes) {
  authors_ = std::move(nodes);
  if (state_ == ReplicaState::kOpen) tell_members();
}

void Replica::tell_members() {
  std::vector<NodeId> nodes = members_;
  nodes.insert(nodes.end(), authors_.begin(), authors_.end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  step(Members{std::move(nodes)});
}

// Others have joined: from now on applications ask for their schema changes.
void Replica::voters_changed() {
  const bool wanted =
      options_.database.schema_changes == kSchemaChangesAuto && voters_.epoch().voters.size() > 1;
  if (!wanted || schema_at_quorum_ || state_ != ReplicaState::kOpen) return;
  schema_at_quorum_ = true;
  run([](DatabaseJobs& jobs) { return jobs.keep_setting("schema_changes", "quorum"); },
      [this](const Status& status) {
        if (status.ok()) return;
        schema_at_quorum_ = false;  // tried again when something else changes
        log_warn("a setting can't be written", {{"database", name()}, {"error", status.error().message}});
      });
}

void Replica::received(NodeId node, core::Message message) {
  if (state_ == ReplicaState::kOpen) step(Received{node, std::move(message)});
}

// --- the core ---------------------------------------------------------------------------------------------

void Replica::step(core::SyncInput input) {
  if (state_ != ReplicaState::kOpen) return;
  const bool was_caught_up = sync_->caught_up();
  effects_.clear();
  sync_->step(time(), std::move(input), effects_);
  perform(effects_);
  step_timer_.start_at(sync_->wake_at());
  if (sync_->caught_up() != was_caught_up) host_.replica_changed(*this);
  commit_.strangers(sync_->strangers());
  commit_.store_moved(sync_->store().have, sync_->durable(), sync_->store().clock);
  if (!not_applied_.empty()) answer_applied(false);
}

void Replica::decided(std::vector<core::ChangeSet> changes) {
  step(Decided{std::move(changes)});
}

// Also before the store is open.
void Replica::pending(const Pending& pending) {
  effects_.clear();
  sync_->step(time(), pending, effects_);
  perform(effects_);
  if (state_ == ReplicaState::kOpen) step_timer_.start_at(sync_->wake_at());
}

// In the order that core::SyncEffects prescribes. Nothing here calls step() before it returns.
void Replica::perform(core::SyncEffects& effects) {
  for (const std::string& sentence : effects.report) {
    log_warn("replication", {{"database", name()}, {"report", sentence}});
  }
  for (auto& send : effects.send) this->send(send.to, std::move(send.message));
  if (effects.adopt) {
    run([id = *effects.adopt](DatabaseJobs& jobs) { return jobs.adopt(id); },
        [this](Result<core::StoreState> state) {
          if (!state.ok()) return fail("database can't join the others' history", state.error());
          begin_history(*state, Opened{*state});
        });
  }
  if (effects.want_snapshot) host_.fetch_snapshot(*this, *effects.want_snapshot);
  perform_store_work(effects);
}

// Change sets may be too many, or too long, for one message: then they go in several, in order.
void Replica::send(const std::vector<NodeId>& to, core::Message message) {
  auto* all = std::get_if<core::Changes>(&message);
  const std::int64_t bytes_max = options_.settings->peer.frame_bytes_max / 2;
  if (all == nullptr) return outbox_.send(to, wire::encode(name(), message));
  core::Changes part{.database_id = all->database_id};
  std::int64_t bytes = 0;
  for (core::ChangeSet& change : all->changes) {
    const auto size = static_cast<std::int64_t>(change.rows.size() + sizeof(core::ChangeSet));
    const bool full = part.changes.size() >= kChangesInMessage || bytes + size > bytes_max;
    if (full && !part.changes.empty()) {
      outbox_.send(to, wire::encode(name(), core::Message{part}));
      part.changes.clear();
      bytes = 0;
    }
    bytes += size;
    part.changes.push_back(std::move(change));
  }
  outbox_.send(to, wire::encode(name(), core::Message{std::move(part)}));
}

void Replica::perform_store_work(core::SyncEffects& effects) {
  if (effects.set_watermark) {
    run([watermark = *effects.set_watermark](DatabaseJobs& jobs) { return jobs.set_watermark(watermark); },
        [this](const Status& status) {
          if (status.ok()) return;
          log_error("row versions can't be read", {{"database", name()}, {"error", status.error().message}});
        });
  }
  if (!effects.apply.empty()) apply(std::move(effects.apply));
  if (effects.sync) sync_wal();
  for (const auto& range : effects.read_range) read_range(range);
  if (effects.set_trim) trim_positions_ = std::move(effects.set_trim);
}

void Replica::read_range(const core::SyncEffects::ReadRange& range) {
  if (ranges_running_ >= kRangesMax) {  // answered with nothing: the peer asks again, or elsewhere
    const bool posted = loop_.post([this, epoch = epoch_, request = range.request] {
      if (epoch == epoch_) step(RangeRead{.request = request});
    });
    INVARIANT(posted);
    return;
  }
  ++ranges_running_;
  run([range](DatabaseJobs& jobs) { return jobs.read_range(range); },
      [this](RangeRead answer) {
        --ranges_running_;
        step(std::move(answer));
      });
}

// --- own changes ------------------------------------------------------------------------------------------

void Replica::wake() {
  tail_again_ = true;
  if (!tail_running_ && !retry_timer_.active()) tail();
}

void Replica::tail() {
  if (state_ != ReplicaState::kOpen) return;
  tail_running_ = true;
  tail_again_ = false;
  run([](DatabaseJobs& jobs) { return jobs.tail(); },
      [this](Result<TailResult> result) { tailed(std::move(result)); });
}

void Replica::tailed(Result<TailResult> result) {
  if (beginning_) {
    early_tail_.emplace(std::move(result));
    return;
  }
  tail_running_ = false;
  if (!result.ok()) {
    if (error_ != result.error().message) {
      error_ = result.error().message;
      log_error("own changes can't be read; trying again", {{"database", name()}, {"error", error_}});
      host_.replica_changed(*this);
    }
    return retry_timer_.start(kRetryInterval);
  }
  error_.clear();
  counters_.local_records += static_cast<std::int64_t>(result->changes.size());
  for (const auto& change : result->changes)
    counters_.local_bytes += static_cast<std::int64_t>(change.rows.size());
  const bool others = !result->changes.empty() || result->uncaptured_commits > counters_.uncaptured_commits;
  if (others && file_watch_) file_watch_->found_commits();
  note_uncaptured(result->uncaptured_commits);
  const bool again = result->more || tail_again_;
  if (!result->changes.empty()) step(LocalChanges{std::move(result->changes)});
  if (again) tail();
}

// One line when it happens, then no more than one in kUncapturedLogInterval.
void Replica::note_uncaptured(std::int64_t commits) {
  const std::int64_t news = commits - counters_.uncaptured_commits;
  if (news <= 0 || loop_.now() < uncaptured_log_after_) return;
  counters_.uncaptured_commits = commits;
  uncaptured_log_after_ = loop_.now() + kUncapturedLogInterval;
  log_warn("commits were not captured", {{"database", name()},
                                         {"commits", news},
                                         {"since_start", commits},
                                         {"advice",
                                          "load the extension in every connection that writes, or set "
                                          "out_of_band; VACUUM is counted too and harmless"}});
}

bool Replica::flushed() const {
  if (state_ != ReplicaState::kOpen) return true;
  if (tail_running_ || tail_again_) return false;
  const core::SyncStatus status = sync_->status();
  const Seq own = core::seq_of(status.store.have, options_.node);
  for (const core::SyncPeerStatus& peer : status.peers) {
    if (peer.connected && peer.compatible && core::seq_of(peer.have, options_.node) < own) return false;
  }
  return true;
}

// --- others' changes --------------------------------------------------------------------------------------

void Replica::apply(std::vector<core::ChangeSet> changes) {
  run([changes = std::move(changes)](DatabaseJobs& jobs) { return jobs.apply(changes); },
      [this](ApplyResult result) { apply_done(std::move(result)); });
}

void Replica::apply_done(ApplyResult result) {
  counters_.applied_transactions += result.transactions;
  counters_.applied_rows += result.rows;
  counters_.overruled_rows += result.overruled;
  counters_.conflicts += result.conflicts;
  counters_.skipped_transactions += result.skipped;
  if (std::holds_alternative<ApplyFailed>(result.input)) ++counters_.apply_failures;
  if (!result.lag_ms.empty()) counters_.last_lag_ms = result.lag_ms.back();
  host_.applied(*this, result);
  const bool wrote_local = result.wrote_local;
  step(std::move(result.input));
  if (wrote_local) wake();
}

void Replica::retry_now() {
  if (state_ == ReplicaState::kOpen) step(RetryNow{});
}

// Beside the database's worker, which applies what comes next meanwhile.
void Replica::sync_wal() {
  const core::StoreState& now = sync_->store();
  if (wal_worker_ == nullptr) wal_worker_ = std::make_unique<Worker>("wal-" + options_.database.name);
  run_on(
      *wal_worker_, [this] { return wal_.sync(); },
      [this, history = histories_, durable = Durable{now.have, now.clock}](const Status& synced) {
        if (synced.ok()) {
          sync_failed_ = false;
          return step(history == histories_ ? durable : Durable{});
        }
        // Others are not told that we have it; what was applied stays readable here.
        if (!sync_failed_) {
          log_error("changes can't be made durable; trying again",
                    {{"database", name()}, {"error", synced.error().message}});
        }
        sync_failed_ = true;
        sync_retry_timer_.start(kRetryInterval);
      });
}

void Replica::snapshot_fetched(const std::string& file) {
  if (state_ != ReplicaState::kOpen || sync_->status().state != core::SyncState::kSnapshot) return;
  run([file](DatabaseJobs& jobs) { return jobs.install_snapshot(file, {}); },
      [this](Result<core::StoreState> state) {
        if (!state.ok()) return snapshot_failed(state.error().message);
        ++counters_.snapshots_installed;
        log_info("snapshot installed", {{"database", name()}});
        begin_history(*state, SnapshotInstalled{*state});
      });
}

void Replica::snapshot_failed(const std::string& reason) {
  log_warn("snapshot failed", {{"database", name()}, {"error", reason}});
  if (sync_->status().state == core::SyncState::kSnapshot) step(SnapshotFailed{reason});
}

// --- retention --------------------------------------------------------------------------------------------

void Replica::trim() {
  trim_timer_.start(milliseconds(options_.settings->replication.gc_interval_ms));
  if (!trim_positions_ || trim_running_ || state_ != ReplicaState::kOpen) return;
  trim_running_ = true;
  const auto& replication = options_.settings->replication;
  const store::TrimRule rule{.all_have = trim_positions_->all_have,
                             .reachable_have = trim_positions_->reachable_have,
                             .min_age = milliseconds(replication.gc_min_retention_ms),
                             .max_age = replication.gc_max_retention_ms == 0
                                            ? kForEver
                                            : milliseconds(replication.gc_max_retention_ms)};
  run([rule](DatabaseJobs& jobs) { return jobs.trim(rule); },
      [this](Result<TrimResult> result) {
        trim_running_ = false;
        if (!result.ok()) {
          return log_warn("log can't be trimmed", {{"database", name()}, {"error", result.error().message}});
        }
        note_checkpoints(result->checkpoint_failure);
        if (result->records == 0) return;
        step(Trimmed{std::move(result->trimmed)});
        if (result->more) trim();
      });
}

void Replica::note_checkpoints(const std::string& failure) {
  const bool failed = !failure.empty();
  if (failed == counters_.checkpoint_failed) return;
  counters_.checkpoint_failed = failed;
  if (failed) {
    log_error("the WAL can't be written back, and grows", {{"database", name()}, {"error", failure}});
  } else {
    log_info("the WAL is written back again", {{"database", name()}});
  }
}

}  // namespace murmel::service
