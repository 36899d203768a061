#include "agent/service/status_json.h"

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/service/node.h"
#include "agent/service/version.h"
#include "agent/service/wall_clock.h"

namespace murmel::service {
namespace {

using nlohmann::json;

json counters_json(const ReplicaCounters& counters) {
  return {{"local_records", counters.local_records},
          {"local_bytes", counters.local_bytes},
          {"applied_transactions", counters.applied_transactions},
          {"applied_rows", counters.applied_rows},
          {"overruled_rows", counters.overruled_rows},
          {"conflicts", counters.conflicts},
          {"apply_failures", counters.apply_failures},
          {"skipped_transactions", counters.skipped_transactions},
          {"repaired_rows", counters.repaired_rows},
          {"snapshots_installed", counters.snapshots_installed},
          {"uncaptured_commits", counters.uncaptured_commits},
          {"last_lag_ms", counters.last_lag_ms}};
}

json commit_json(const CommitHost& host) {
  const core::CommitStatus status = host.status();
  const CommitCounters& counters = host.counters();
  return {{"open", host.is_open()},
          {"error", host.error()},
          {"epoch", std::to_string(status.epoch.number)},
          {"voters", status.epoch.voters},
          {"majority_reachable", status.majority_reachable},
          {"undecided", status.undecided},
          {"claims", status.claims},
          {"committed", status.committed},
          {"aborted", status.aborted},
          {"fast", status.fast},
          {"recovered", status.recovered},
          {"proposed", counters.proposed},
          {"refused", counters.refused},
          {"unknown", counters.unknown},
          {"messages_sent", counters.messages_sent}};
}

// A witness has no databases: what it keeps of others'.
json witness_json(Node& node) {
  json databases = json::array();
  if (node.witness() == nullptr) return databases;
  for (const Witness::Kept& kept : node.witness()->status()) {
    databases.push_back({{"name", kept.database},
                         {"database_id", kept.id.to_string()},
                         {"majority_reachable", kept.status.majority_reachable},
                         {"undecided", kept.status.undecided},
                         {"kept", kept.status.kept},
                         {"kept_bytes", kept.status.kept_bytes},
                         {"kept_bytes_max", kept.bytes_max},
                         {"away", kept.away},
                         {"given", kept.given}});
  }
  return databases;
}

json store_json(const store::DatabaseStatus& store) {
  return {{"mode", store.mode},
          {"log_records", store.log_records},
          {"log_first_id", store.log_first_id},
          {"log_last_id", store.log_last_id},
          {"file_bytes", store.file_bytes},
          {"wal_bytes", store.wal_bytes},
          {"checkpoint_failure", store.checkpoint_failure},
          {"version_entries", store.version_entries},
          {"version_bytes", store.version_bytes},
          {"uncaptured_commits", store.uncaptured_commits},
          {"conflicts_kept", store.conflicts_kept},
          {"not_captured", store.not_captured}};
}

// Change sets that `peer` lacks of what this node has, as far as it has told.
std::int64_t behind(const core::VersionVector& here, const core::VersionVector& peer) {
  std::int64_t missing = 0;
  for (const auto& [origin, seq] : here) missing += std::max<Seq>(0, seq - core::seq_of(peer, origin));
  return missing;
}

// Version and digest are null where they could not be read, or were not yet.
json schema_status_json(const SchemaWatch& schemas, const std::string& database) {
  const store::SchemaState* state = schemas.state_of(database);
  return {{"version", state == nullptr ? json() : json(state->version)},
          {"digest", state == nullptr ? json() : json(state->digest)},
          {"unreadable", schemas.unreadable_reason(database)},
          {"differs_from", schemas.drift_of(database)}};
}

json snapshot_json(const FetchStatus& fetch) {
  return {{"state", fetch_state_name(fetch.state)},
          {"from", fetch.donor},
          {"done", fetch.done},
          {"total", fetch.total}};
}

}  // namespace

json vector_json(const core::VersionVector& vector) {
  json result = json::object();
  for (const auto& [origin, seq] : vector) result[origin_name(origin)] = seq;
  return result;
}

json epoch_json(Node& node) {
  const core::EpochStatus epoch = node.epochs().status();
  return {
      {"number", epoch.number},        {"cluster_id", epoch.number == 0 ? "" : epoch.cluster_id.to_string()},
      {"member", epoch.member},        {"removed", epoch.banned},
      {"fenced", epoch.fenced},        {"changing", epoch.changing},
      {"error", node.epochs().error()}};
}

json node_json(Node& node) {
  const std::string reason = node.not_ready_reason();
  json peers = json::array();
  const io::LinksStats stats = node.links().stats();
  for (const auto& [id, peer] : node.peers()) {
    json entry = {{"node", id},      {"address", peer.address},   {"advertise", peer.advertise},
                  {"tls", peer.tls}, {"protocol", peer.protocol}, {"clock_offset_ms", peer.clock_offset_ms}};
    for (const io::LinkStats& link : stats.links) {
      if (link.node != id) continue;
      entry["bytes_sent"] = link.bytes_sent;
      entry["bytes_received"] = link.bytes_received;
      entry["queued_bytes"] = link.queued_bytes;
    }
    peers.push_back(std::move(entry));
  }
  return {{"id", node.id()},
          {"uuid", node.data_dir().uuid().to_string()},
          {"cluster", node.settings().cluster.name},
          {"version", version()},
          {"pid", getpid()},
          {"state", node_state_name(node.state())},
          {"member_state", core::member_state_name(node.membership().own_state())},
          {"role", epoch_role_name(node.epochs().role())},
          {"epoch", epoch_json(node)},
          {"witnessed", witness_json(node)},
          {"ready", reason.empty()},
          {"not_ready_because", reason},
          {"listen", node.settings().cluster.listen},
          {"advertise", node.links().advertise()},
          {"data_dir", node.data_dir().path()},
          {"wall_ms", wall_clock_ms()},
          {"connections_accepted", stats.accepted},
          {"connections_refused", stats.refused},
          {"journal",
           {{"transactions", node.journal().stats().transactions},
            {"records", node.journal().stats().records},
            {"failures", node.journal().stats().failures}}},
          {"peers", peers}};
}

json database_json(Node& node, Replica& replica, const store::DatabaseStatus* store) {
  const core::SyncStatus sync = replica.sync_status();
  json peers = json::array();
  for (const core::SyncPeerStatus& peer : sync.peers) {
    peers.push_back({{"node", peer.node},
                     {"connected", peer.connected},
                     {"compatible", peer.compatible},
                     {"have", vector_json(peer.have)},
                     {"behind", behind(sync.store.have, peer.have)},
                     {"ahead", behind(peer.have, sync.store.have)},
                     {"in_flight_bytes", peer.in_flight_bytes}});
  }
  const std::string error = replica.error().empty() ? sync.error : replica.error();
  json result = {{"name", replica.name()},
                 {"path", replica.path()},
                 {"state", replica_state_name(replica.state())},
                 {"sync", core::sync_state_name(sync.state)},
                 {"caught_up", replica.caught_up()},
                 {"error", error},
                 {"consistency", replica.settings().consistency},
                 {"out_of_band", replica.settings().out_of_band},
                 {"include", replica.settings().include},
                 {"exclude", replica.settings().exclude},
                 {"database_id", sync.store.database_id.to_string()},
                 {"baseline", sync.store.baseline},
                 {"have", vector_json(sync.store.have)},
                 {"durable", vector_json(sync.durable)},
                 {"trimmed", vector_json(sync.store.trimmed)},
                 {"clock_wall_ms", sync.store.clock.wall_ms()},
                 {"watermark_wall_ms", sync.watermark.wall_ms()},
                 {"hold_back_bytes", sync.hold_back_bytes},
                 {"waiting_for_clock", sync.waiting_for_clock},
                 {"quarantine", quarantine_json(sync)},
                 {"agent_away", replica.settings().agent_away},
                 {"schema_changes", replica.settings().schema_changes},
                 {"counters", counters_json(replica.counters())},
                 {"commit", commit_json(replica.commit())},
                 {"peers", peers}};
  if (store != nullptr) result["store"] = store_json(*store);
  result["schema"] = schema_status_json(node.schemas(), replica.name());
  const auto fetch = node.fetchers().find(replica.name());
  if (fetch != node.fetchers().end()) result["snapshot"] = snapshot_json(fetch->second->status());
  json given = json::array();
  for (const TransferStatus& transfer : node.donor().status()) {
    if (transfer.database != replica.name()) continue;
    given.push_back({{"to", transfer.to},
                     {"ready", transfer.ready},
                     {"done", transfer.sent_to},
                     {"total", transfer.total}});
  }
  if (!given.empty()) result["snapshots_given"] = given;
  return result;
}

const char* epoch_role_name(core::EpochRole role) {
  switch (role) {
    case core::EpochRole::kVoter: return "voter";
    case core::EpochRole::kWitness: return "witness";
    case core::EpochRole::kReplica: return "replica";
  }
  return "unknown";
}

json members_json(Node& node) {
  const core::EpochStatus epoch = node.epochs().status();
  json members = json::array();
  for (const core::Member& member : node.membership().members()) {
    json role = nullptr;  // no member of the epoch
    json number = nullptr;
    for (const core::EpochMember& one : epoch.members) {
      if (one.node != member.id || one.uuid != member.uuid) continue;
      role = epoch_role_name(one.role);
      number = one.number;
    }
    members.push_back({{"node", member.id},
                       {"role", role},
                       {"number", number},
                       {"state", core::member_state_name(member.state)},
                       {"address", member.address},
                       {"uuid", member.uuid.to_string()},
                       {"incarnation", member.incarnation},
                       {"self", member.id == node.id()},
                       {"connected", node.linked(member.id)}});
  }
  json removed = json::array();
  for (const core::EpochPast& past : epoch.past) {
    if (past.banned) removed.push_back({{"node", past.node}, {"uuid", past.uuid.to_string()}});
  }
  return {{"node", node.id()}, {"members", members}, {"removed", removed}, {"epoch", epoch_json(node)}};
}

json quarantine_json(const core::SyncStatus& sync) {
  json list = json::array();
  for (const core::Quarantined& one : sync.quarantine) {
    list.push_back({{"id", record_name(one.at.origin, one.at.seq)},
                    {"code", error_code_name(one.code)},
                    {"reason", one.text},
                    {"since", one.since},
                    {"attempts", one.attempts}});
  }
  return list;
}

json conflict_json(const store::Conflict& conflict) {
  // Keys and rows are JSON already; one that is not (damaged by hand) is shown as text.
  const auto nested = [](const std::string& text) {
    if (text.empty()) return json();
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
  };
  const auto side = [&](const core::Position& position, core::Hlc hlc, const std::string& row) {
    return json{{"node", node_of_origin(position.origin)},
                {"decided", is_decided_origin(position.origin)},
                {"seq", position.seq},
                {"wall_ms", hlc.wall_ms()},
                {"row", nested(row)}};
  };
  return {{"id", conflict.id},
          {"at", conflict.at},
          {"table", conflict.table},
          {"reason", conflict.reason},
          {"key", nested(conflict.key)},
          {"winner", side(conflict.winner, conflict.winner_hlc, conflict.winner_row)},
          {"loser", side(conflict.loser, conflict.loser_hlc, conflict.loser_row)}};
}

json error_json(const Error& error) {
  return {{"error", error.message}, {"code", error_code_name(error.code)}};
}

int http_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kRefused: return 403;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kBusy:
    case ErrorCode::kFull:
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kTimeout: return 504;
    case ErrorCode::kCorrupt:
    case ErrorCode::kIo:
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

}  // namespace murmel::service
