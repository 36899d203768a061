// Node: the host of the cores in the simulator, what agent/service is in the product. Carries out effects
// with the delays of a writer thread and a disk, crashes at any of them, and tells the oracle and the
// checkers what happens.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/commit.h"
#include "agent/core/epoch.h"
#include "agent/core/membership.h"
#include "agent/core/sync.h"
#include "agent/core/witness_view.h"
#include "tests/sim/commit_history.h"
#include "tests/sim/commit_journal_model.h"
#include "tests/sim/mutation.h"
#include "tests/sim/network.h"
#include "tests/sim/oracle.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_store.h"
#include "tests/sim/world.h"

namespace murmel::sim {

// What all nodes of a run share.
struct Shared {
  World& world;
  Network& network;
  Oracle& oracle;
  const Scenario& scenario;
  PlantedBug bug = PlantedBug::kNone;
  bool faults = true;  // off in the liveness phase
  bool joins = false;  // somebody joined who was unknown before: the watermark may have to move down
  std::function<class Node*(NodeId)> node;
  Uuid founders;  // history of the first node
  Value next_value = 1;
  CommitHistory commits;
  std::uint64_t next_request = 1;
  NodeId lost = 0;  // went down for good
  std::function<void()> cut_power;
  // The voters that a node believes in, in runs without epochs.
  std::function<core::Epoch(NodeId)> epoch;
  std::map<std::uint64_t, core::EpochRecord> epochs;  // that were in force anywhere
  std::map<Uuid, core::VersionVector> acknowledged;   // slots of each history that an application was told of
};

class QuorumApp;
class SerialReader;

class Node {
 public:
  // What a right clock shows when the simulation begins.
  static constexpr WallMs kEpochMs = 1'700'000'000'000;

  Node(Shared& shared, NodeId id, std::unique_ptr<SimStore> store, std::vector<core::Member> known,
       std::vector<std::string> seeds);
  ~Node();

  void start();
  void crash();
  // Says goodbye and stops for good.
  void leave();
  // A transaction of the application beside this node.
  void write();
  // One at QUORUM.
  void write_quorum();
  // The voters are others now, or were told wrongly.
  void tell_epoch();
  // An operator's command.
  void change_members(std::vector<core::EpochChange> changes);
  core::EpochStatus epoch_status() const { return epochs_->status(); }

  // For QuorumApp. The write lock: while an application holds it, the writer thread waits.
  bool locked() const { return locked_; }
  void lock() { locked_ = true; }
  void unlock();
  std::uint64_t life() const { return life_; }
  void propose(core::commit_input::Propose input);
  // Links to a majority of the voters, itself counted.
  bool reaches_majority() const;
  void commit_decided(const core::ChangeSet& change);

  NodeId id() const { return id_; }
  // False: a witness. Its store is empty and nobody looks at it.
  bool has_database() const { return shared_.scenario.witness != id_; }
  bool running() const { return running_; }
  bool left() const { return left_; }
  SimStore& store() { return *store_; }
  core::SyncStatus sync_status() const { return sync_->status(); }
  std::vector<core::Member> members() const { return membership_->members(); }
  WallMs wall_ms() const;
  void set_clock(std::int64_t offset_ms, std::int64_t drift_ppm);
  void step_clock(std::int64_t ms) { offset_ms_ += ms; }

  // G2, G3, G8: the database is what the oracle says. Reports at most one violation.
  void check_content();
  // G8: every lost concurrent write was counted.
  void check_conflicts();
  // Whoever asked a majority of the voters that this node counts now what it may read, would hear of
  // everything that was acknowledged by now.
  void check_reads();
  // G7: slots that this node does not know the outcome of; empty: none.
  std::string undecided() const;
  // Decided slots that it knows of; all, if none is undecided.
  core::VersionVector known_slots() const { return commit_->known(); }
  // For SerialReader: the voters that it counts, and what it answers those who count them.
  core::Epoch voters() const { return commit_ ? commit_->status().epoch : core::Epoch{}; }
  std::optional<core::VersionVector> known_in(std::uint64_t epoch) const {
    return running_ && commit_ ? commit_->known_in(epoch) : std::nullopt;
  }

 private:
  void open_epochs();
  void step_epochs(core::EpochInput input);
  void run_effects(core::EpochEffects& effects);
  void write_epoch_state(const core::EpochState& state, std::uint64_t number);
  void enter_epoch(const core::EpochRecord& record);
  void open_commit();
  JournalModel& journal();
  void step_commit(core::CommitInput input);
  void run_effects(core::CommitEffects& effects);
  void sync_journal();
  void tell_commit();
  void tell_strangers();
  void begin_history();
  void attach();
  void step_sync(core::SyncInput input);
  void step_witness(core::SyncInput input);
  void hear(NodeId from, const core::Have& have);
  void give(NodeId node);
  void ask(NodeId node);
  std::vector<NodeId> data_voters() const;
  std::vector<NodeId> witnesses() const;
  void tell_members();
  void step_members(core::MemberInput input);
  void run_effects(core::SyncEffects& effects);
  void run_effects(core::MemberEffects& effects);
  void receive(NodeId from, const Packet& packet);
  // Runs on the writer thread, in order; not if the node crashed meanwhile.
  void job(std::function<void()> work);
  void plan_job();
  void tail_soon(Duration delay);
  void tail();
  void apply(const std::vector<core::ChangeSet>& changes);
  void make_durable();
  void trim(const core::SyncEffects::Trim& trim);
  void adopt(const Uuid& id);
  void fetch_snapshot(NodeId donor);
  void install(const Snapshot& snapshot, const std::vector<Event>& events_of_donor);
  void note_own_records(Event::Kind kind = Event::Kind::kCommitted);
  void check_watermark(core::Hlc watermark);
  bool crash_now();
  bool crash_in_epochs();
  void isolate_in_epochs(const core::EpochEffects& effects);
  void plan_ticks();
  core::Time time() const { return {shared_.world.now(), wall_ms()}; }
  void trace(const std::string& line) const;
  Uuid history() { return has_database() ? store_->state().database_id : shared_.founders; }

  Shared& shared_;
  const NodeId id_;
  std::unique_ptr<SimStore> store_;
  std::vector<core::Member> known_;
  std::vector<std::string> seeds_;
  std::unique_ptr<core::Sync> sync_;
  std::unique_ptr<core::Membership> membership_;
  bool running_ = false;
  bool left_ = false;
  bool told_caught_up_ = false;
  bool tail_planned_ = false;
  std::uint64_t life_ = 0;  // events of an earlier life do nothing
  Instant writer_free_;
  Instant tick_at_ = kNever;
  std::int64_t offset_ms_ = 0;
  std::int64_t drift_ppm_ = 0;
  Duration set_back_ = milliseconds(500);  // at most, between the core's decision and the store's work
  core::VersionVector told_;               // durable positions that others were told of
  Uuid told_history_;
  std::vector<Event> events_;
  std::int64_t conflicts_before_ = 0;  // the last snapshot

  std::unique_ptr<core::Commit> commit_;
  std::optional<core::WitnessView> view_;
  std::unique_ptr<QuorumApp> app_;
  std::unique_ptr<SerialReader> reader_;
  std::map<Uuid, JournalModel> journals_;
  Uuid commit_history_;  // that commit_ is for
  std::uint64_t commit_life_ = 0;
  bool syncing_journal_ = false;
  std::uint64_t journal_number_ = 0;
  core::sync_input::Pending pending_;
  std::vector<NodeId> strangers_;  // as core::Commit knows them
  std::vector<NodeId> authors_;    // of slots still to come, as core::Sync knows them
  std::unique_ptr<core::Epochs> epochs_;
  std::optional<core::EpochState> epoch_state_;                          // on disk
  std::deque<std::pair<std::uint64_t, core::EpochState>> epoch_writes_;  // on their way
  std::deque<core::EpochInput> epoch_inputs_;
  bool stepping_epochs_ = false;
  bool locked_ = false;
  std::deque<std::function<void()>> jobs_;  // what the writer thread has still to do
  int blocked_jobs_ = 0;                    // so many turns came while an application held the lock
};

std::string vector_text(const core::VersionVector& vector);
std::string node_address(NodeId id);
Uuid node_uuid(NodeId id);

}  // namespace murmel::sim
