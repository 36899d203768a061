// Node: the flows of one agent, put together: links, membership, databases, snapshots, questions between
// nodes. It routes; each part decides for itself.
//
//   kRunning ──stop()──► kFlushing ──peers have all, or grace over──► kLeaving ──sent──► kClosing ──►
//   kStopped
//
// Ready means: joined (linked to a node of the cluster, or none can be reached for join_timeout) and every
// database open and caught up with what its peers had at first contact.
// Loop thread only. Must outlive the loop's last task.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/io/links.h"
#include "agent/service/calls.h"
#include "agent/service/commit_sessions.h"
#include "agent/service/data_dir.h"
#include "agent/service/database_catalog.h"
#include "agent/service/database_news.h"
#include "agent/service/epoch_host.h"
#include "agent/service/membership_host.h"
#include "agent/service/refusal_log.h"
#include "agent/service/replica_set.h"
#include "agent/service/requests.h"
#include "agent/service/schema_watch.h"
#include "agent/service/settings.h"
#include "agent/service/snapshot_donor.h"
#include "agent/service/snapshot_fetcher.h"
#include "agent/service/witness.h"
#include "agent/wire/packed.h"

namespace murmel::service {

inline constexpr std::size_t kCompressMinBytes = 4'096;  // of a message to peers

enum class NodeState { kRunning, kFlushing, kLeaving, kClosing, kStopped };
const char* node_state_name(NodeState state);

class Node final : public io::LinkEvents,
                   public PeerOutbox,
                   public ReplicaHost,
                   public MembershipHost::Events,
                   public EpochHost::Events {
 public:
  // `settings` and `data_dir` must outlive the node. Errors: as io::Links::make, kIo.
  static Result<std::unique_ptr<Node>> make(io::Loop& loop, const Settings& settings,
                                            const DataDir& data_dir);
  ~Node() override;

  void start();
  // Flushes, says leave, closes the databases; `done` within shutdown_grace and what a disk takes.
  void stop(std::function<void()> done);

  bool ready() const;
  // Why not; empty when ready.
  std::string not_ready_reason() const;

  NodeId id() const { return data_dir_.node_id(); }
  const Settings& settings() const { return settings_; }
  const DataDir& data_dir() const { return data_dir_; }
  NodeState state() const { return state_; }
  ReplicaSet& replicas() { return *replicas_; }
  MembershipHost& membership() { return *membership_; }
  EpochHost& epochs() { return *epochs_; }
  Witness* witness() { return witness_.get(); }  // nullptr: this node has databases
  const io::Links& links() const { return *links_; }
  const std::map<NodeId, io::PeerInfo>& peers() const { return peers_; }
  // Members that replicate databases: neither LEFT nor REMOVED, nor witnesses.
  std::vector<NodeId> data_nodes() const;
  // And those that were stopped and not taken out of the cluster.
  std::vector<NodeId> kept_nodes() const;
  Calls& calls() { return *calls_; }
  SchemaWatch& schemas() { return *schemas_; }
  DatabaseCatalog& catalog() { return *catalog_; }
  const JournalThread& journal() const { return *journal_; }
  const CommitSessions* sessions() const { return sessions_.get(); }  // nullptr: no commit socket
  const SnapshotDonor& donor() const { return *donor_; }
  const std::map<std::string, std::unique_ptr<SnapshotFetcher>>& fetchers() const { return fetchers_; }
  std::uint64_t bad_messages() const { return bad_messages_; }
  std::uint64_t requests_dropped() const { return parked_.dropped(); }

  // Called for every batch of applied change sets.
  void on_applied(std::function<void(const Replica&, const ApplyResult&)> observer) {
    observer_ = std::move(observer);
  }

  // Called whenever a database is opened or closed, or fails.
  void on_databases_changed(std::function<void()> observer) { databases_observer_ = std::move(observer); }

  // Called when the rows of the accounts may have changed (kAccountsName).
  void on_accounts_changed(std::function<void()> observer) { accounts_observer_ = std::move(observer); }
  std::string accounts_path() const;

  // PeerOutbox
  void send(const std::vector<NodeId>& to, std::string message) override;
  bool linked(NodeId node) const override { return links_->linked(node); }

 private:
  Node(io::Loop& loop, const Settings& settings, const DataDir& data_dir);
  Status make_parts();

  // io::LinkEvents
  Status admit(const io::PeerInfo& peer) override;
  void link_up(const io::PeerInfo& peer) override;
  void link_down(NodeId node, const Error& why) override;
  void received(NodeId node, ByteView message) override;
  void writable(NodeId node) override;
  void slowed(NodeId node, const io::IntakeBudget::Debt& debt) override;
  void refused(const std::string& address, const Error& why) override;
  // ReplicaHost
  void fetch_snapshot(Replica& replica, NodeId donor) override;
  void replica_changed(Replica& replica) override;
  void applied(Replica& replica, const ApplyResult& result) override;
  // MembershipHost::Events
  void members_changed() override;
  void removed_from_cluster() override;
  // EpochHost::Events
  std::vector<CommitHost*> deciders() override;
  void epochs_read() override { members_changed(); }
  void epoch_entered(const core::EpochRecord& record) override;

  void dispatch(NodeId node, wire::PeerMessage message);
  void route(NodeId node, wire::PeerMessage message);
  void check_caught_up();
  void open_accounts();
  void stop_step();

  io::Loop& loop_;
  const Settings& settings_;
  const DataDir& data_dir_;
  NodeState state_ = NodeState::kRunning;
  bool linked_once_ = false;
  bool told_caught_up_ = false;
  Instant started_;
  Instant grace_end_;
  std::function<void()> stopped_;
  std::uint64_t bad_messages_ = 0;
  std::function<void(const Replica&, const ApplyResult&)> observer_;
  std::function<void()> databases_observer_;
  std::function<void()> accounts_observer_;
  std::map<NodeId, io::PeerInfo> peers_;
  std::map<NodeId, Instant> slowed_quiet_until_;  // for the log
  ParkedRequests parked_;
  RefusalLog refusals_;

  wire::Packer packer_{kCompressMinBytes};
  std::unique_ptr<io::Links> links_;
  std::unique_ptr<MembershipHost> membership_;
  std::unique_ptr<Calls> calls_;
  std::unique_ptr<JournalThread> journal_;
  std::unique_ptr<EpochHost> epochs_;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<CommitSessions> sessions_;  // hears of what the replicas leave unanswered at their end
  std::unique_ptr<ReplicaSet> replicas_;
  std::unique_ptr<DatabaseNews> news_;
  std::unique_ptr<SchemaWatch> schemas_;
  std::unique_ptr<DatabaseCatalog> catalog_;
  std::unique_ptr<SnapshotDonor> donor_;
  std::map<std::string, std::unique_ptr<SnapshotFetcher>> fetchers_;  // by database
  io::Timer join_timer_;
  io::Timer stop_timer_;
};

}  // namespace murmel::service
