// Node: the host of core::Commit.
#include <algorithm>
#include <utility>

#include "tests/sim/node.h"
#include "tests/sim/quorum_app.h"
#include "tests/sim/serial_reader.h"

namespace murmel::sim {
namespace {

constexpr std::int64_t kKeptBytes = 3'000;  // of a witness with small limits

}  // namespace

void Node::open_commit() {
  const core::StoreState state = store_->state();
  core::CommitOptions options;
  options.self = id_;
  options.random_seed = shared_.world.random().next();
  options.forget_after = shared_.scenario.forget_after;
  if (shared_.scenario.eager_recovery) {
    const Duration trip = shared_.scenario.delay_max * 2 + shared_.scenario.disk_max;
    options.vote_timeout = trip;
    options.recovery_timeout = trip + milliseconds(1);
    options.resend_interval = trip;
    options.slow_path_delay = microseconds(500);
  }
  if (!has_database() && shared_.scenario.small_limits) options.kept_bytes_max = kKeptBytes;
  if (shared_.scenario.small_limits) {
    options.slots_max = 64;
    options.claims_kept_max = 60;
    options.reserve = 4;
  }
  options.no_rows = store_->encode({});
  options.mutation = core_mutation(shared_.bug);
  commit_ = std::make_unique<core::Commit>(options);
  commit_history_ = history();
  ++commit_life_;
  syncing_journal_ = false;
  core::VersionVector durable = state.have;
  if (!has_database()) {
    durable = core::forgotten(journal().records());
    view_.emplace(core_mutation(shared_.bug));
    view_->begin(durable);
  }
  step_commit(core::commit_input::Opened{commit_history_, durable, journal().records()});
  step_commit(core::commit_input::Strangers{strangers_});
  tell_epoch();
}

JournalModel& Node::journal() {
  return journals_[commit_history_];
}

void Node::step_commit(core::CommitInput input) {
  if (!running_ || !commit_) return;
  core::CommitEffects effects;
  const bool opens = std::holds_alternative<core::commit_input::Opened>(input);
  commit_->step(time(), std::move(input), effects);
  const core::sync_input::Pending pending{commit_->pending_floor(), commit_->last_slot(), commit_->begun()};
  if (opens || pending != pending_) {
    pending_ = pending;
    step_sync(pending_);
  }
  if (!running_) return;
  std::vector<NodeId> authors = commit_->authors();
  if (authors != authors_ && !opens) {
    authors_ = std::move(authors);
    tell_members();
  }
  if (running_) run_effects(effects);
  if (running_) plan_ticks();
}

void Node::run_effects(core::CommitEffects& effects) {
  for (const std::string& text : effects.report) {
    trace("reports: " + text);
    if (text.starts_with("two decisions"))
      shared_.world.violation("node " + std::to_string(id_) + ": " + text);
  }
  if (!effects.persist.empty()) {
    journal().append(effects.persist);
    journal_number_ = effects.persist_number;
    sync_journal();
  }
  for (const auto& send : effects.send) {
    if (crash_now()) return;
    for (const NodeId to : send.to) shared_.network.send(id_, to, send.message);
  }
  if (!effects.decided.empty()) {
    if (crash_now()) return;
    step_sync(core::sync_input::Decided{std::move(effects.decided)});
  }
  for (const auto& reply : effects.reply) {
    if (!running_ || crash_now()) return;
    trace("answers request " + std::to_string(reply.request) + ": " +
          std::to_string(static_cast<int>(reply.outcome)) + " " + position_name(reply.slot) + " " +
          reply.text);
    app_->answered(reply);
    // The worst moment for a power cut: somebody was told something just now.
    const bool cuts = shared_.faults && shared_.scenario.power_cut_every.ns > 0;
    if (cuts && reply.outcome == core::CommitOutcome::kCommitted && shared_.world.random().chance(1, 30)) {
      shared_.world.after({}, [this] { shared_.cut_power(); });
    }
  }
}

// One fsync at a time; what is written meanwhile shares the next one.
void Node::sync_journal() {
  if (syncing_journal_) return;
  syncing_journal_ = true;
  const std::size_t count = journal().pending();
  const std::uint64_t number = journal_number_;
  const Duration takes = shared_.world.between(microseconds(20), shared_.scenario.disk_max);
  shared_.world.after(takes, [this, count, number, life = commit_life_] {
    if (life != commit_life_ || !running_ || crash_now()) return;
    syncing_journal_ = false;
    journal().sync(count);
    if (journal().pending() > 0) sync_journal();
    if (!crash_now()) step_commit(core::commit_input::Persisted{number});
  });
}

void Node::tell_strangers() {
  if (!running_ || !commit_) return;
  std::vector<NodeId> strangers = sync_->strangers();
  if (strangers == strangers_) return;
  strangers_ = std::move(strangers);
  step_commit(core::commit_input::Strangers{strangers_});
}

// The store has moved.
void Node::tell_commit() {
  if (!running_ || !commit_) return;
  if (!has_database()) return step_commit(view_->store());
  const core::StoreState state = store_->state();
  step_commit(core::commit_input::StoreMoved{state.have, sync_->durable(), state.clock});
}

// Before core::Sync hears that the store is another one: what it tells from then on belongs to that.
void Node::begin_history() {
  if (!commit_ || history() == commit_history_) return;
  app_->agent_died();  // what was proposed belongs to the other history
  unlock();
  open_commit();
  if (!running_) return;
  for (const NodeId node : shared_.network.linked_to(id_)) step_commit(core::commit_input::PeerUp{node});
}

void Node::propose(core::commit_input::Propose input) {
  trace("proposes request " + std::to_string(input.request) + (input.in_place ? " in place" : ""));
  step_commit(std::move(input));
}

bool Node::reaches_majority() const {
  const core::Epoch epoch = epochs_ ? epochs_->epoch() : shared_.epoch(id_);
  const auto reached = std::count_if(epoch.voters.begin(), epoch.voters.end(), [this](NodeId node) {
    return node == id_ || shared_.network.linked(id_, node);
  });
  return static_cast<std::size_t>(reached) * 2 > epoch.voters.size();
}

void Node::commit_decided(const core::ChangeSet& change) {
  const core::StoreState before = store_->state();
  const std::string wrong = shared_.oracle.note(before.database_id, change, store_->decode(change));
  if (!wrong.empty()) shared_.world.violation(wrong + ", committed at node " + std::to_string(id_));
  store_->commit_decided(change);
  events_.push_back({Event::Kind::kCommitted, {change.origin, change.seq}, {}, {}});
  trace("application commits " + position_name({change.origin, change.seq}) + " in place");
}

void Node::unlock() {
  locked_ = false;
  for (int n = std::exchange(blocked_jobs_, 0); n > 0; --n) plan_job();
}

void Node::write_quorum() {
  if (running_ && commit_) app_->run();
  for (NodeId id = 1; id <= shared_.scenario.nodes; ++id) {
    if (Node* const node = shared_.node(id); node != nullptr) node->reader_->run();
  }
}

std::string Node::undecided() const {
  const core::CommitStatus status = commit_->status();
  if (status.undecided > 0) return std::to_string(status.undecided) + " transactions undecided";
  if (!has_database() && shared_.scenario.small_limits) return "";  // it may have no room for them
  return status.not_stored == 0 ? "" : std::to_string(status.not_stored) + " transactions to be stored";
}

}  // namespace murmel::sim
