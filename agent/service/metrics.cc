#include "agent/service/metrics.h"

#include <map>
#include <vector>

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "agent/service/node.h"
#include "agent/service/version.h"

namespace murmel::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Collects families by name, in the order in which they are first named.
class Page {
 public:
  void gauge(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void counter(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void histogram(const char* name, const char* help, ClientMetric metric, Labels labels) {
    metric.label = std::move(labels);
    family(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  MetricFamily& family(const char* name, const char* help, MetricType type) {
    for (MetricFamily& known : families_) {
      if (known.name == name) return known;
    }
    MetricFamily& added = families_.emplace_back();
    added.name = name;
    added.help = help;
    added.type = type;
    return added;
  }

  std::vector<MetricFamily> families_;
};

double number(std::int64_t value) {
  return static_cast<double>(value);
}
double number(std::uint64_t value) {
  return static_cast<double>(value);
}

void add_node(Page& page, Node& node) {
  page.gauge("murmel_info", "Always 1; the labels tell the release and the node.", 1,
             {{"version", version()}, {"node", std::to_string(node.id())}});
  page.gauge("murmel_ready", "1: joined, and every database open and caught up.", node.ready() ? 1 : 0);
  std::map<std::string, int> states;
  for (const core::MemberState state :
       {core::MemberState::kJoining, core::MemberState::kAlive, core::MemberState::kSuspect,
        core::MemberState::kDead, core::MemberState::kLeft, core::MemberState::kRemoved}) {
    states[core::member_state_name(state)] = 0;
  }
  for (const core::Member& member : node.membership().members())
    ++states[core::member_state_name(member.state)];
  for (const auto& [state, count] : states) {
    page.gauge("murmel_members", "Members of the cluster by state, this node included.", count,
               {{"state", state}});
  }
}

void add_links(Page& page, Node& node) {
  const io::LinksStats stats = node.links().stats();
  page.counter("murmel_connections_accepted_total", "Incoming peer connections.", number(stats.accepted));
  page.counter("murmel_connections_refused_total", "Peer connections that failed their handshake.",
               number(stats.refused));
  page.counter("murmel_bad_messages_total", "Messages of peers that could not be understood.",
               number(node.bad_messages()));
  page.counter("murmel_requests_dropped_total", "Requests of peers that do not read the answers.",
               number(node.requests_dropped()));
  for (const io::LinkStats& link : stats.links) {
    const Labels labels = {{"peer", std::to_string(link.node)}};
    page.counter("murmel_peer_sent_bytes_total", "Bytes sent on the present link.", number(link.bytes_sent),
                 labels);
    page.counter("murmel_peer_received_bytes_total", "Bytes received on the present link.",
                 number(link.bytes_received), labels);
    page.counter("murmel_peer_refused_messages_total", "Messages not sent because the peer does not read.",
                 number(link.messages_refused), labels);
    page.counter("murmel_peer_pauses_total",
                 "Times the peer was over peer.receive_... or peer.requests_per_second.", number(link.pauses),
                 labels);
    page.counter("murmel_peer_paused_seconds_total", "For so long nothing was read from it because of that.",
                 static_cast<double>(link.paused.ns) / 1e9, labels);
    page.gauge("murmel_peer_queued_bytes", "Bytes waiting to be sent.", number(link.queued_bytes), labels);
  }
  for (const auto& [id, peer] : node.peers()) {
    page.gauge("murmel_peer_clock_offset_seconds", "The peer's wall clock minus ours, at the handshake.",
               number(peer.clock_offset_ms) / 1e3, {{"peer", std::to_string(id)}});
  }
}

void add_commit(Page& page, const Replica& replica) {
  const Labels labels = {{"database", replica.name()}};
  const core::CommitStatus status = replica.commit().status();
  const CommitCounters& counters = replica.commit().counters();
  page.gauge("murmel_commit_voters", "Nodes that decide transactions at quorum and all.",
             static_cast<double>(status.epoch.voters.size()), labels);
  page.gauge("murmel_commit_majority_reachable", "1: transactions at quorum can be decided.",
             status.majority_reachable ? 1 : 0, labels);
  page.gauge("murmel_commit_undecided", "Transactions that are being decided, as far as this node knows.",
             static_cast<double>(status.undecided), labels);
  page.gauge("murmel_commit_claims", "Keys of decided transactions held to find conflicts.",
             static_cast<double>(status.claims), labels);
  page.counter("murmel_commit_committed_total", "Transactions of this node that were committed.",
               number(status.committed), labels);
  page.counter("murmel_commit_aborted_total", "Transactions of this node that were aborted.",
               number(status.aborted), labels);
  page.counter("murmel_commit_fast_total", "Of the committed ones: in one round trip.", number(status.fast),
               labels);
  page.counter("murmel_commit_recovered_total", "Transactions of other nodes that this one has decided.",
               number(status.recovered), labels);
  page.counter("murmel_commit_refused_total", "Requests answered as conflict, busy, unavailable or refused.",
               number(counters.refused), labels);
  page.counter("murmel_commit_unknown_total", "Requests whose outcome could not be told.",
               number(counters.unknown), labels);
  page.counter("murmel_commit_messages_sent_total", "Messages to decide transactions, to one node each.",
               number(counters.messages_sent), labels);
}

void add_epoch(Page& page, Node& node) {
  const core::EpochStatus epoch = node.epochs().status();
  page.gauge("murmel_epoch", "Number of the list of members in force; 0: there is none.",
             static_cast<double>(epoch.number));
  page.gauge("murmel_epoch_member", "1: this node is a member.", epoch.member ? 1 : 0);
  page.gauge("murmel_epoch_members", "Members in force.", static_cast<double>(epoch.members.size()));
  page.gauge("murmel_epoch_fenced", "1: between two lists of members, nothing is voted on.",
             epoch.fenced ? 1 : 0);
}

void add_witness(Page& page, Node& node) {
  if (node.witness() == nullptr) return;
  for (const Witness::Kept& kept : node.witness()->status()) {
    const Labels labels = {{"database", kept.database}};
    page.gauge("murmel_witness_kept_transactions",
               "Decided, and not on the disks of all voters with databases yet.",
               static_cast<double>(kept.status.kept), labels);
    page.gauge("murmel_witness_kept_bytes", "Of these; at limits.witness_bytes nothing is voted on any more.",
               number(kept.status.kept_bytes), labels);
    page.counter("murmel_witness_given_transactions_total", "Sent to nodes that could get them nowhere else.",
                 number(kept.given), labels);
  }
}

void add_journal(Page& page, const Node& node) {
  const JournalStats& stats = node.journal().stats();
  page.counter("murmel_journal_transactions_total",
               "Writes of the commit journal; each is an fsync, unless durability is \"replicated\".",
               number(stats.transactions));
  page.counter("murmel_journal_records_total", "Votes, promises and decisions in these.",
               number(stats.records));
  page.counter("murmel_journal_failures_total", "Writes of the commit journal that failed.",
               number(stats.failures));
}

void add_database(Page& page, Node& node, Replica& replica) {
  const Labels labels = {{"database", replica.name()}};
  const ReplicaCounters& counters = replica.counters();
  const core::SyncStatus sync = replica.sync_status();
  page.gauge("murmel_database_open", "1: the database is open and replicates.",
             replica.state() == ReplicaState::kOpen ? 1 : 0, labels);
  page.gauge("murmel_database_caught_up", "1: has what its peers had at first contact.",
             replica.caught_up() ? 1 : 0, labels);
  page.gauge("murmel_database_refused", "1: its history does not fit the others'; a person must decide.",
             sync.state == core::SyncState::kRefused ? 1 : 0, labels);
  page.counter("murmel_local_records_total", "Own log records read since the start.",
               number(counters.local_records), labels);
  page.counter("murmel_local_bytes_total", "Bytes of own log records.", number(counters.local_bytes), labels);
  page.counter("murmel_applied_transactions_total", "Transactions of other nodes applied.",
               number(counters.applied_transactions), labels);
  page.counter("murmel_applied_rows_total", "Rows written for other nodes.", number(counters.applied_rows),
               labels);
  page.counter("murmel_overruled_rows_total", "Rows not written because a later write was here already.",
               number(counters.overruled_rows), labels);
  page.counter("murmel_conflicts_total", "Concurrent writes to one row, and collisions in UNIQUE keys.",
               number(counters.conflicts), labels);
  page.counter("murmel_apply_failures_total", "Apply calls that failed and are tried again.",
               number(counters.apply_failures), labels);
  page.gauge("murmel_checkpoint_failed", "1: the last checkpoint of the WAL failed, so it grows.",
             counters.checkpoint_failed ? 1 : 0, labels);
  page.gauge("murmel_quarantined_transactions",
             "Transactions that can't be applied and hold up their origin.",
             static_cast<double>(sync.quarantine.size()), labels);
  page.counter("murmel_skipped_transactions_total", "Transactions that a person has skipped.",
               number(counters.skipped_transactions), labels);
  page.counter("murmel_repaired_rows_total",
               "Rows that differed from those of the majority and were put right.",
               number(counters.repaired_rows), labels);
  page.counter("murmel_uncaptured_commits_total",
               "Commits of writers without the extension that were noticed.",
               number(counters.uncaptured_commits), labels);
  page.counter("murmel_snapshots_installed_total", "Snapshots taken from peers.",
               number(counters.snapshots_installed), labels);
  if (const store::SchemaState* schema = node.schemas().state_of(replica.name())) {
    page.gauge("murmel_schema_version", "Schema changes decided by the cluster that are in here.",
               number(schema->version), labels);
    page.gauge("murmel_schema_info", "Always 1; the label tells the digest of the schema.", 1,
               {{"database", replica.name()}, {"digest", schema->digest}});
  }
  page.gauge("murmel_schema_drift", "Nodes whose schema differs from this one's though it ought not to.",
             static_cast<double>(node.schemas().drift_of(replica.name()).size()), labels);
  page.gauge("murmel_hold_back_bytes", "Received, and waiting for what they depend on or for the disk.",
             number(sync.hold_back_bytes), labels);
  page.gauge("murmel_waiting_for_clock", "Change sets whose stamp is too far ahead of this clock.",
             number(sync.waiting_for_clock), labels);
  for (const core::SyncPeerStatus& peer : sync.peers) {
    std::int64_t behind = 0;
    for (const auto& [origin, seq] : sync.store.have) {
      behind += std::max<Seq>(0, seq - core::seq_of(peer.have, origin));
    }
    page.gauge("murmel_peer_behind_records", "Change sets that are here and not yet durable at the peer.",
               number(behind), {{"database", replica.name()}, {"peer", std::to_string(peer.node)}});
  }
}

}  // namespace

Metrics::Metrics(Node& node) : node_(node) {
  node_.on_applied([this](const Replica& replica, const ApplyResult& result) { observe(replica, result); });
}

Metrics::~Metrics() = default;

void Metrics::observe(const Replica& replica, const ApplyResult& result) {
  static const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                                   0.2,   0.5,   1,     2,    5,    10,   60};
  auto& histogram = lag_[replica.name()];
  if (!histogram) histogram = std::make_unique<prometheus::Histogram>(kSeconds);
  for (const std::int64_t lag_ms : result.lag_ms) histogram->Observe(number(lag_ms) / 1e3);
}

std::string Metrics::text() const {
  Page page;
  add_node(page, node_);
  add_links(page, node_);
  add_journal(page, node_);
  add_epoch(page, node_);
  add_witness(page, node_);
  for (Replica* replica : node_.replicas().all()) {
    add_database(page, node_, *replica);
    add_commit(page, *replica);
  }
  for (const auto& [database, histogram] : lag_) {
    page.histogram("murmel_replication_lag_seconds",
                   "From a change set's stamp at its origin to its commit here.", histogram->Collect(),
                   {{"database", database}});
  }
  return page.text();
}

}  // namespace murmel::service
