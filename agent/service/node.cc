#include "agent/service/node.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "agent/service/log.h"
#include "agent/service/quorum_read.h"
#include "agent/service/seed.h"
#include "agent/service/wall_clock.h"

namespace murmel::service {
namespace {

constexpr Duration kStopCheckInterval = milliseconds(10);
constexpr Duration kLeaveTime = milliseconds(200);  // for LEFT to reach the others
constexpr char kSnapshotFolder[] = "snapshots";
constexpr char kJournalFolder[] = "journal";
constexpr char kCommitSocket[] = "commit";
constexpr char kAccountsFile[] = "accounts.db";
constexpr char kMembersFile[] = "members.json";

Result<std::pair<std::string, std::uint16_t>> split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Error{ErrorCode::kInvalid, "not host:port: " + address};
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::pair{host, static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1))};
}

io::LinkLimits link_limits(const PeerSettings& peer) {
  io::LinkLimits limits;
  limits.frame_bytes_max = static_cast<std::uint32_t>(peer.frame_bytes_max);
  limits.send_high_bytes = static_cast<std::size_t>(peer.push_bytes_max);
  limits.send_low_bytes = limits.send_high_bytes / 4;
  limits.send_bytes_max = static_cast<std::size_t>(peer.send_queue_bytes_max);
  limits.half_open_max = static_cast<int>(peer.handshakes_max);
  limits.links_max = static_cast<int>(peer.connections_max);
  limits.handshake_timeout = milliseconds(peer.handshake_timeout_ms);
  limits.connect_timeout = milliseconds(peer.connect_timeout_ms);
  limits.peer_silent_max = milliseconds(peer.silent_max_ms);
  limits.intake = {peer.receive_bytes_per_second, peer.receive_messages_per_second, peer.requests_per_second};
  return limits;
}

Result<io::LinkOptions> link_options(const Settings& settings, const DataDir& data_dir) {
  TRY_ASSIGN(const auto listen, split_address(settings.cluster.listen));
  io::LinkOptions options;
  options.node = data_dir.node_id();
  options.uuid = data_dir.uuid();
  options.cluster = settings.cluster.name;
  options.secret = settings.cluster.secret;
  options.listen_host = listen.first;
  options.listen_port = listen.second;
  options.advertise = settings.cluster.advertise;
  options.max_clock_offset = milliseconds(settings.replication.max_clock_offset_ms);
  options.tls = {settings.peer.tls_cert, settings.peer.tls_key, settings.peer.tls_ca};
  options.limits = link_limits(settings.peer);
  options.seed = random_seed();
  return options;
}

core::EpochRole role_of(const std::string& name) {
  if (name == "witness") return core::EpochRole::kWitness;
  return name == "replica" ? core::EpochRole::kReplica : core::EpochRole::kVoter;
}

EpochHostOptions epoch_options(const Settings& settings, const DataDir& data_dir,
                               const std::string& advertise) {
  EpochHostOptions options;
  options.core.self = data_dir.node_id();
  options.core.uuid = data_dir.uuid();
  options.core.random_seed = random_seed();
  options.core.admit = settings.cluster.join == "open";
  options.role = role_of(settings.cluster.role);
  if (settings.cluster.bootstrap == "now") options.beginning = Beginning::kNow;
  if (settings.cluster.bootstrap == "never") options.beginning = Beginning::kNever;
  const auto& seeds = settings.cluster.seeds;
  options.seeds = seeds.size() - static_cast<std::size_t>(std::count(seeds.begin(), seeds.end(), advertise));
  return options;
}

// Snapshots of an earlier run: whoever was getting or giving them begins anew.
void make_empty_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  std::filesystem::create_directories(path, ignored);
}

}  // namespace

const char* node_state_name(NodeState state) {
  switch (state) {
    case NodeState::kRunning: return "running";
    case NodeState::kFlushing: return "flushing";
    case NodeState::kLeaving: return "leaving";
    case NodeState::kClosing: return "closing";
    case NodeState::kStopped: return "stopped";
  }
  return "unknown";
}

Node::Node(io::Loop& loop, const Settings& settings, const DataDir& data_dir)
    : loop_(loop),
      settings_(settings),
      data_dir_(data_dir),
      started_(loop.now()),
      join_timer_(loop, [this] { check_caught_up(); }),
      stop_timer_(loop, [this] { stop_step(); }) {}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::make(io::Loop& loop, const Settings& settings, const DataDir& data_dir) {
  std::unique_ptr<Node> node(new Node(loop, settings, data_dir));
  TRY(node->make_parts());
  return node;
}

Status Node::make_parts() {
  TRY_ASSIGN(io::LinkOptions link, link_options(settings_, data_dir_));
  TRY_ASSIGN(links_, io::Links::make(loop_, std::move(link), *this));

  core::MembershipOptions membership;
  membership.self = id();
  membership.uuid = data_dir_.uuid();
  membership.address = links_->advertise();
  membership.seeds = settings_.cluster.seeds;
  membership.random_seed = random_seed();
  membership.probe_interval = milliseconds(settings_.cluster.gossip_interval_ms);
  membership.probe_timeout = milliseconds(settings_.cluster.probe_timeout_ms);
  membership.suspicion_timeout = milliseconds(settings_.cluster.suspect_timeout_ms);
  membership.dial_min = milliseconds(settings_.peer.reconnect_interval_ms);
  membership.dial_max = milliseconds(settings_.peer.reconnect_interval_max_ms);
  membership_ = std::make_unique<MembershipHost>(
      loop_, std::move(membership), data_dir_.path() + "/" + kMembersFile, *this, *links_, *this);
  calls_ = std::make_unique<Calls>(loop_, *this);
  const bool fsync = settings_.replication.durability == "fsync";
  journal_ = std::make_unique<JournalThread>(
      loop_, data_dir_.path() + "/" + kJournalFolder,
      fsync ? store::CommitJournal::Durability::kFsync : store::CommitJournal::Durability::kReplicated);
  epochs_ = std::make_unique<EpochHost>(loop_, epoch_options(settings_, data_dir_, links_->advertise()),
                                        *this, *journal_, *calls_, *this);
  const auto host_options = [this](const std::string& database) {
    CommitHostOptions options = commit_options(database, id(), settings_);
    options.witness = true;
    options.core.kept_bytes_max = settings_.limits.witness_bytes;
    return options;
  };
  if (epochs_->role() == core::EpochRole::kWitness) {
    const auto databases = static_cast<std::size_t>(settings_.limits.databases);
    witness_ = std::make_unique<Witness>(loop_, host_options, databases, *this, *journal_, *epochs_);
  }
  const std::string commit_path = socket_path(data_dir_.path(), kCommitSocket);
  replicas_ = std::make_unique<ReplicaSet>(
      loop_,
      ReplicaSetOptions{
          .node = id(), .data_dir = data_dir_.path(), .commit_path = commit_path, .settings = &settings_},
      *this, *journal_, *epochs_, *this);
  TRY_ASSIGN(sessions_, CommitSessions::make(loop_, commit_path, *replicas_, *calls_));
  answer_quorum_reads(*calls_, [this](const std::string& database) -> CommitHost* {
    if (witness_) return witness_->find(database);
    Replica* replica = replicas_->find(database);
    return replica == nullptr ? nullptr : &replica->commit();
  });
  news_ = std::make_unique<DatabaseNews>(*calls_, *replicas_);
  catalog_ = std::make_unique<DatabaseCatalog>(
      loop_, DatabaseCatalog::Options{id(), data_dir_.path(), &settings_}, *replicas_);
  schemas_ = std::make_unique<SchemaWatch>(
      loop_, SchemaWatch::Parts{id(), *calls_, *replicas_, [this] { return membership_->counted(); }});
  const std::string snapshots = data_dir_.path() + "/" + kSnapshotFolder;
  make_empty_folder(snapshots);
  donor_ =
      std::make_unique<SnapshotDonor>(loop_, id(), snapshots, *this, [this](const std::string& database) {
        const Replica* replica = replicas_->find(database);
        return replica != nullptr && replica->state() == ReplicaState::kOpen ? replica->path()
                                                                             : std::string();
      });
  return Ok{};
}

void Node::start() {
  log_info("node starts", {{"node", id()},
                           {"uuid", data_dir_.uuid().to_string()},
                           {"listen", settings_.cluster.listen},
                           {"advertise", links_->advertise()},
                           {"data_dir", data_dir_.path()}});
  epochs_->start();
  replicas_->start();
  catalog_->start();
  if (settings_.mysql.enabled()) open_accounts();
  members_changed();
  membership_->start();
  join_timer_.start(milliseconds(settings_.cluster.join_timeout_ms));
  check_caught_up();
}

// --- readiness --------------------------------------------------------------------------------------------

std::string Node::not_ready_reason() const {
  if (state_ != NodeState::kRunning) return "the node is stopping";
  if (membership_->own_state() == core::MemberState::kRemoved)
    return "this node was removed from the cluster";
  const bool alone = settings_.cluster.seeds.empty() && !membership_->known_before();
  const bool waited = loop_.now() - started_ >= milliseconds(settings_.cluster.join_timeout_ms);
  if (!alone && !linked_once_ && !waited) return "no node of the cluster is reached yet";
  if (!waited && !epochs_->status().member) return "this node is not a member yet";
  for (const Replica* replica : replicas_->all()) {
    if (replica->caught_up()) continue;
    if (replica->state() != ReplicaState::kOpen)
      return fmt::format("database {} is {}", replica->name(), replica_state_name(replica->state()));
    const std::vector<core::Quarantined> waiting = replica->sync_status().quarantine;
    if (waiting.empty()) return fmt::format("database {} is not caught up", replica->name());
    const core::Quarantined& first = waiting.front();
    return fmt::format(
        "database {} is not caught up: transaction {} is in quarantine (murmel quarantine): {}",
        replica->name(), record_name(first.at.origin, first.at.seq), first.text);
  }
  return "";
}

bool Node::ready() const {
  return not_ready_reason().empty();
}

void Node::check_caught_up() {
  if (told_caught_up_ || !ready()) return;
  told_caught_up_ = true;
  log_info("node ready", {{"node", id()}, {"after_ms", (loop_.now() - started_).ms()}});
  membership_->step(core::member_input::CaughtUp{});
}

void Node::replica_changed(Replica& replica) {
  if (news_) news_->tell_new();
  if (databases_observer_) databases_observer_();
  if (catalog_) catalog_->changed(replica.name());  // answers who waits for the database
  if (accounts_observer_ && replica.name() == kAccountsName) accounts_observer_();
  check_caught_up();
}

void Node::applied(Replica& replica, const ApplyResult& result) {
  if (observer_) observer_(replica, result);
  if (replica.name() == kCatalogName) catalog_->changed(replica.name());
  if (accounts_observer_ && replica.name() == kAccountsName) accounts_observer_();
}

std::string Node::accounts_path() const {
  return data_dir_.path() + "/" + kAccountsFile;
}

void Node::open_accounts() {
  const Status added = replicas_->add_file(kAccountsName, accounts_path());
  if (!added.ok())
    log_error("the accounts of MySQL clients can't be opened", {{"error", added.error().message}});
}

// --- members ----------------------------------------------------------------------------------------------

std::vector<NodeId> Node::data_nodes() const {
  std::vector<NodeId> nodes = membership_->counted();
  for (const core::EpochMember& member : epochs_->status().members) {
    const bool witness = member.role == core::EpochRole::kWitness && member.node != id();
    if (witness) std::erase(nodes, member.node);
  }
  return nodes;
}

// Who is stopped says LEFT, and stays a member until it is taken out of the epoch: its log is kept for it,
// and the watermark waits for it, as others may still decide slots of it.
std::vector<NodeId> Node::kept_nodes() const {
  std::vector<NodeId> nodes = data_nodes();
  for (const core::EpochMember& member : epochs_->status().members) {
    if (member.role != core::EpochRole::kWitness) nodes.push_back(member.node);
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

void Node::members_changed() {
  if (replicas_ && epochs_->is_read()) replicas_->members(kept_nodes());
}

std::vector<CommitHost*> Node::deciders() {
  if (witness_) return witness_->deciders();
  std::vector<CommitHost*> hosts;
  if (!replicas_) return hosts;
  for (Replica* replica : replicas_->all()) hosts.push_back(&replica->commit());
  return hosts;
}

// Who was removed is linked to no more; who has been allowed again may be.
void Node::epoch_entered(const core::EpochRecord& record) {
  for (Replica* replica : replicas_->all()) replica->voters_changed();
  const auto allow = [this](NodeId node, const Uuid& uuid) {
    membership_->step(core::member_input::Allow{node, uuid});
  };
  const std::vector<core::Member> known = membership_->members();
  for (const core::EpochPast& past : record.past) {
    if (!past.banned) {
      allow(past.node, past.uuid);
      continue;
    }
    const bool same = std::any_of(known.begin(), known.end(), [&](const core::Member& member) {
      return member.id == past.node && member.uuid == past.uuid &&
             member.state != core::MemberState::kRemoved;
    });
    if (same) membership_->step(core::member_input::Remove{past.node});
  }
  for (const core::EpochMember& member : record.members) allow(member.node, member.uuid);
  members_changed();
  check_caught_up();
}

void Node::removed_from_cluster() {
  log_error("this node was removed from the cluster; it replicates no more", {{"node", id()}});
  for (const auto& [node, peer] : peers_) links_->drop(node, {ErrorCode::kRefused, "this node was removed"});
}

// --- snapshots --------------------------------------------------------------------------------------------

void Node::fetch_snapshot(Replica& replica, NodeId donor) {
  const std::string& name = replica.name();
  log_info("fetching a snapshot", {{"database", name}, {"from", donor}});
  FetchOptions options{.donor = donor,
                       .database = name,
                       .file = data_dir_.path() + "/" + kSnapshotFolder + "/in-" + name,
                       .chunk_bytes = settings_.replication.snapshot_chunk_bytes,
                       .timeout = milliseconds(settings_.replication.snapshot_timeout_ms)};
  auto done = [this, name](Result<std::string> file) {
    const auto finished = fetchers_.extract(name);  // ends with this scope
    Replica* target = replicas_->find(name);
    if (target == nullptr) return;
    file.ok() ? target->snapshot_fetched(*file) : target->snapshot_failed(file.error().message);
  };
  auto fetcher = std::make_unique<SnapshotFetcher>(loop_, std::move(options), *this, std::move(done));
  SnapshotFetcher& started = *fetcher;
  fetchers_[name] = std::move(fetcher);
  started.start();
}

// --- the end ----------------------------------------------------------------------------------------------

void Node::stop(std::function<void()> done) {
  if (state_ != NodeState::kRunning) return;
  log_info("node stops", {{"node", id()}});
  state_ = NodeState::kFlushing;
  stopped_ = std::move(done);
  grace_end_ = loop_.now() + milliseconds(settings_.cluster.shutdown_grace_ms);
  links_->stop_accepting();
  fetchers_.clear();
  catalog_->stop();
  for (Replica* replica : replicas_->all()) replica->wake();
  stop_timer_.start(kStopCheckInterval);
}

void Node::stop_step() {
  switch (state_) {
    case NodeState::kFlushing:
      if ((!replicas_->flushed() || !links_->flushed()) && loop_.now() < grace_end_) break;
      membership_->step(core::member_input::Leave{});
      membership_->stop();
      state_ = NodeState::kLeaving;
      grace_end_ = std::min(grace_end_, loop_.now() + kLeaveTime);
      break;
    case NodeState::kLeaving:
      if (!links_->flushed() && loop_.now() < grace_end_) break;
      state_ = NodeState::kClosing;
      epochs_->stop();
      if (witness_) witness_->close();
      return replicas_->close_all([this] {
        state_ = NodeState::kStopped;
        log_info("node stopped", {{"node", id()}});
        stopped_();
      });
    case NodeState::kRunning:
    case NodeState::kClosing:
    case NodeState::kStopped: return;
  }
  stop_timer_.start(kStopCheckInterval);
}

}  // namespace murmel::service
