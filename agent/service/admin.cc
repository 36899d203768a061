#include "agent/service/admin.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/io/timer.h"
#include "agent/service/admin_request.h"
#include "agent/service/metrics.h"
#include "agent/service/node.h"
#include "agent/service/outcome.h"
#include "agent/service/schema_changes.h"
#include "agent/service/status_json.h"
#include "agent/service/verify.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr Duration kGatherTimeout = seconds(2);
constexpr std::int64_t kListDefault = 20;
constexpr std::int64_t kListMax = 1'000;

const char* outcome_name(core::CommitOutcome outcome) {
  switch (outcome) {
    case core::CommitOutcome::kCommitted: return "committed";
    case core::CommitOutcome::kAborted: return "aborted";
    case core::CommitOutcome::kConflict:
    case core::CommitOutcome::kBusy:
    case core::CommitOutcome::kUnavailable:
    case core::CommitOutcome::kRefused:
    case core::CommitOutcome::kUnknown: return "unknown";
  }
  return "unknown";
}

}  // namespace

struct Admin::Gathering {
  Gathering(io::Loop& loop, std::function<void()> late) : deadline(loop, std::move(late)) {}

  std::size_t missing = 0;
  std::map<std::string, json> parts;
  std::function<void(Gathering&)> finish;
  io::Timer deadline;
};

Admin::Admin(io::Loop& loop, Node& node, Metrics& metrics, Verify& verify)
    : loop_(loop), node_(node), metrics_(metrics), verify_(verify), changes_(loop, node) {}
Admin::~Admin() = default;

const std::vector<Admin::Route>& Admin::routes() {
  static const std::vector<Route> kRoutes = {
      {"GET", "/admin", &Admin::index, "this list"},
      {"GET", "/livez", &Admin::live, "200: the process answers"},
      {"GET", "/startupz", &Admin::startup, "200: every database was opened or has failed once"},
      {"GET", "/readyz", &Admin::ready, "200: joined, and every database open and caught up"},
      {"GET", "/metrics", &Admin::metrics, "figures in Prometheus' text format"},
      {"GET", "/admin/status", &Admin::status, "this node, its links and databases"},
      {"GET", "/admin/members", &Admin::members, "the cluster as this node sees it"},
      {"GET", "/admin/verify", &Admin::verify, "compare all nodes' rows by hash (?database=)"},
      {"POST", "/admin/repair", &Admin::repair,
       "the same, and have nodes in the minority take the majority's rows (?database=)"},
      {"GET", "/admin/conflicts", &Admin::conflicts,
       "writes that lost against a concurrent one (?database=&limit=)"},
      {"GET", "/admin/log", &Admin::log, "log records (?database=&origin=&seq=&limit=)"},
      {"GET", "/admin/txn", &Admin::transaction,
       "what became of a transaction at quorum (?database=&id=7q:12)"},
      {"GET", "/admin/quarantine", &Admin::quarantine, "transactions that can't be applied, and why"},
      {"POST", "/admin/quarantine/retry", &Admin::quarantine_retry, "try them again now"},
      {"POST", "/admin/quarantine/skip", &Admin::quarantine_skip,
       "do without one: its rows are kept among the conflicts (?database=&id=7:12)"},
      {"POST", "/admin/schema", &Admin::schema,
       "change the schema on all nodes; the statements are the body (?database=&timeout_ms=)"},
      {"GET", "/admin/schema", &Admin::show_schema,
       "the schema, version and digest on all nodes (?database=)"},
      {"POST", "/admin/schema/repair", &Admin::repair_schema,
       "where the schema differs, make it the majority's, or a node's, then the rows (?database=&from=)"},
      {"GET", "/admin/databases", &Admin::databases, "databases made by command, for all nodes"},
      {"POST", "/admin/databases/create", &Admin::create_database, "make one on all nodes (?name=)"},
      {"POST", "/admin/databases/drop", &Admin::drop_database,
       "drop one on all nodes; its files are kept under another name (?name=&delete_files=1: deleted)"},
      {"POST", "/admin/rescan", &Admin::rescan, "look at databases.glob again"},
      {"POST", "/admin/detach", &Admin::detach, "stop replicating, take Murmel out of the file (?database=)"},
      {"POST", "/admin/enable", &Admin::enable, "replicate a configured database again (?database=)"},
      {"POST", "/admin/remove", &Admin::remove, "as /admin/members/remove"},
      {"POST", "/admin/members/add", &Admin::add_member,
       "make a node a member, or change its role (?node=&role=voter|witness|replica)"},
      {"POST", "/admin/members/remove", &Admin::remove, "take a node out of the cluster for good (?node=)"},
      {"POST", "/admin/members/allow", &Admin::allow_member, "let a removed node come again (?node=)"},
      {"POST", "/admin/leave", &Admin::leave,
       "this node is a member no more, and stops (?drain=1: when the others have its changes)"},
  };
  return kRoutes;
}

void Admin::handle(const HttpRequest& request, const HttpReply& reply) {
  bool path_known = false;
  for (const Route& route : routes()) {
    if (request.path != route.path && request.path != std::string(route.path) + "/") continue;
    path_known = true;
    const bool head = request.method == "HEAD" && std::string_view(route.method) == "GET";
    if (request.method == route.method || head) return (this->*route.action)(request, reply);
  }
  if (path_known) return reply(json_response({{"error", "this path takes another method; see /admin"}}, 405));
  reply(json_response({{"error", "there is no such path; see /admin"}}, 404));
}

void Admin::index(const HttpRequest&, const HttpReply& reply) {
  json list = json::array();
  for (const Route& route : routes())
    list.push_back({{"method", route.method}, {"path", route.path}, {"help", route.help}});
  reply(json_response(list));
}

void Admin::live(const HttpRequest&, const HttpReply& reply) {
  reply(json_response({{"live", true}}));
}

void Admin::startup(const HttpRequest&, const HttpReply& reply) {
  const std::vector<Replica*> all = node_.replicas().all();
  const bool started = std::none_of(all.begin(), all.end(), [](const Replica* replica) {
    return replica->state() == ReplicaState::kOpening && replica->error().empty();
  });
  reply(json_response({{"started", started}}, started ? 200 : 503));
}

void Admin::ready(const HttpRequest&, const HttpReply& reply) {
  const std::string reason = node_.not_ready_reason();
  json answer = {{"ready", reason.empty()}};
  if (!reason.empty()) answer["reason"] = reason;
  reply(json_response(answer, reason.empty() ? 200 : 503));
}

void Admin::metrics(const HttpRequest&, const HttpReply& reply) {
  reply({200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()});
}

void Admin::members(const HttpRequest&, const HttpReply& reply) {
  reply(json_response(members_json(node_)));
}

// --- answers of several databases -------------------------------------------------------------------------

std::uint64_t Admin::gather(std::size_t parts, std::function<void(Gathering&)> finish) {
  const std::uint64_t id = ++last_gathering_;
  auto gathering = std::make_unique<Gathering>(loop_, [this, id] { gathered(id); });
  gathering->missing = parts;
  gathering->finish = std::move(finish);
  // Also when there is nothing to wait for: the reply then comes in the next round.
  gathering->deadline.start(parts == 0 ? Duration{} : kGatherTimeout);
  gatherings_[id] = std::move(gathering);
  return id;
}

void Admin::part_done(std::uint64_t id, const std::function<void(Gathering&)>& add) {
  const auto found = gatherings_.find(id);
  if (found == gatherings_.end()) return;  // too late
  add(*found->second);
  if (--found->second->missing == 0) gathered(id);
}

void Admin::gathered(std::uint64_t id) {
  const auto done = gatherings_.extract(id);
  if (!done.empty()) done.mapped()->finish(*done.mapped());
}

void Admin::status(const HttpRequest&, const HttpReply& reply) {
  const std::vector<Replica*> all = node_.replicas().all();
  const std::uint64_t id = gather(all.size(), [this, reply](Gathering& gathering) {
    json databases = json::array();
    for (Replica* replica : node_.replicas().all()) {
      const auto part = gathering.parts.find(replica->name());
      // A database whose thread is busy is shown with what is known without it.
      databases.push_back(part == gathering.parts.end() ? database_json(node_, *replica, nullptr)
                                                        : part->second);
    }
    reply(json_response({{"node", node_json(node_)}, {"databases", databases}}));
  });
  for (Replica* replica : all) {
    const std::string name = replica->name();
    replica->store_status([this, id, name](Result<store::DatabaseStatus> store) {
      part_done(id, [&](Gathering& gathering) {
        Replica* still = node_.replicas().find(name);
        if (still == nullptr) return;
        gathering.parts[name] = database_json(node_, *still, store.ok() ? &store.value() : nullptr);
      });
    });
  }
}

void Admin::verify(const HttpRequest& request, const HttpReply& reply) {
  verify_.run(text_of(request, "database"), false, [reply](Result<json> result) {
    reply(result.ok() ? json_response(*result) : error_response(result.error()));
  });
}

void Admin::conflicts(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  const auto limit = number_of(request, "limit", kListDefault, 1, kListMax);
  if (!limit.ok()) return reply(error_response(limit.error()));
  (*replica)->conflicts(*limit,
                        [name = (*replica)->name(), reply](Result<std::vector<store::Conflict>> found) {
                          if (!found.ok()) return reply(error_response(found.error()));
                          json list = json::array();
                          for (const store::Conflict& conflict : *found)
                            list.push_back(conflict_json(conflict));
                          reply(json_response({{"database", name}, {"conflicts", list}}));
                        });
}

// One record if `seq` is given; else the newest `limit` of `origin`, or of every node.
void Admin::log(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  const std::string wanted_origin = text_of(request, "origin");
  const Result<NodeId> origin = wanted_origin.empty() ? NodeId{0} : parse_origin(wanted_origin);
  if (!origin.ok()) return reply(error_response(origin.error()));
  const auto seq = number_of(request, "seq", 0, 0, INT64_MAX);
  const auto limit = number_of(request, "limit", kListDefault, 1, kListMax);
  for (const auto* given : {&seq, &limit}) {
    if (!given->ok()) return reply(error_response(given->error()));
  }
  std::vector<core::Position> wanted;
  for (const auto& [node, last] : (*replica)->sync_status().store.have) {
    if (*origin != 0 && node != *origin) continue;
    const Seq from = *seq != 0 ? *seq : std::max<Seq>(1, last - *limit + 1);
    const Seq to = *seq != 0 ? *seq : last;
    for (Seq at = from; at <= to; ++at) wanted.push_back({node, at});
  }
  if (wanted.size() > static_cast<std::size_t>(kListMax)) wanted.resize(static_cast<std::size_t>(kListMax));
  const std::uint64_t id = gather(wanted.size(), [name = (*replica)->name(), reply](Gathering& done) {
    json records = json::array();
    for (auto& [key, record] : done.parts) records.push_back(std::move(record));
    reply(json_response({{"database", name}, {"records", records}}));
  });
  for (const core::Position& at : wanted) {
    (*replica)->dump_record(at.origin, at.seq, [this, id, at](Result<std::string> text) {
      part_done(id, [&](Gathering& gathering) {
        if (!text.ok()) return;  // trimmed meanwhile
        json record = json::parse(*text, nullptr, false);
        const std::string key = fmt::format("{:010}/{:020}", at.origin, at.seq);
        gathering.parts[key] = record.is_discarded() ? json(*text) : std::move(record);
      });
    });
  }
}

// --- transactions at quorum -------------------------------------------------------------------------------

void Admin::transaction(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  const std::string id = text_of(request, "id");
  const auto slot = record_of(id);
  if (!slot.ok()) return reply(error_response(slot.error()));
  if (!is_decided_origin(slot->origin)) {
    return reply(
        error_response({ErrorCode::kInvalid, "'" + id + "' was not a transaction at quorum (7q:12, say)"}));
  }
  tell_outcome(**replica, *slot,
               [id, name = (*replica)->name(), reply](const core::CommitEffects::Reply& answer) {
                 reply(json_response({{"database", name},
                                      {"transaction", id},
                                      {"outcome", outcome_name(answer.outcome)},
                                      {"text", answer.text}}));
               });
}

// --- changes ----------------------------------------------------------------------------------------------

void Admin::rescan(const HttpRequest&, const HttpReply& reply) {
  reply(json_response({{"added", node_.replicas().rescan()}}));
}

void Admin::detach(const HttpRequest& request, const HttpReply& reply) {
  node_.replicas().detach(text_of(request, "database"),
                          [reply](const Status& status) { reply(status_response(status)); });
}

void Admin::enable(const HttpRequest& request, const HttpReply& reply) {
  reply(status_response(node_.replicas().enable(text_of(request, "database"))));
}

}  // namespace murmel::service
