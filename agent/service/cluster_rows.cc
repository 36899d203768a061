#include "agent/service/cluster_rows.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "agent/service/node.h"
#include "agent/service/status_json.h"

namespace murmel::service {
namespace {

using nlohmann::json;
using session::Cell;
using session::Rows;

constexpr std::int64_t kConflictsMax = 10'000;

Cell text_of(const json& value) {
  return Cell(value.get<std::string>());
}
Cell number_of(const json& value) {
  return Cell(value.get<std::int64_t>());
}
Cell yes_or_no(const json& value) {
  return Cell(std::string(value.get<bool>() ? "YES" : "NO"));
}
Cell row_of(const std::string& text) {
  return text.empty() ? Cell() : Cell(text);
}

std::string time_of(WallMs at) {
  const std::time_t seconds = at / 1'000;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(seconds), at % 1'000);
}

bool is_for_clients(const Replica& replica) {
  return replica.name() != kCatalogName && replica.name() != kAccountsName;
}

Rows nodes(Node& node) {
  Rows rows;
  const json members = members_json(node);
  for (const json& member : members["members"]) {
    const bool self = member["self"].get<bool>();
    rows.push_back({number_of(member["node"]), text_of(member["uuid"]), text_of(member["address"]),
                    text_of(member["state"]), text_of(member["role"]), yes_or_no(member["self"]),
                    self ? Cell(std::string("YES")) : yes_or_no(member["connected"])});
  }
  return rows;
}

Rows replication(Node& node) {
  Rows rows;
  for (Replica* replica : node.replicas().all()) {
    if (!is_for_clients(*replica)) continue;
    const json database = database_json(node, *replica, nullptr);
    for (const json& peer : database["peers"]) {
      rows.push_back({Cell(name_for_clients(replica->name())), number_of(peer["node"]),
                      text_of(database["sync"]), text_of(database["consistency"]),
                      yes_or_no(peer["connected"]), number_of(peer["behind"]), number_of(peer["ahead"])});
    }
  }
  return rows;
}

// Answers when the last database has.
struct Gathering {
  Rows rows;
  std::function<void(Rows)> answer;
  ~Gathering() { answer(std::move(rows)); }
};

void add_conflict(const std::string& database, const store::Conflict& conflict, Rows& rows) {
  rows.push_back({Cell(database), Cell(conflict.table), Cell(conflict.id), Cell(time_of(conflict.at)),
                  Cell(conflict.reason), Cell(conflict.key),
                  Cell(std::int64_t{node_of_origin(conflict.winner.origin)}), row_of(conflict.winner_row),
                  Cell(std::int64_t{node_of_origin(conflict.loser.origin)}), row_of(conflict.loser_row)});
}

void conflicts(Node& node, std::function<void(Rows)> answer) {
  const auto gathering = std::make_shared<Gathering>();
  gathering->answer = std::move(answer);
  for (Replica* replica : node.replicas().all()) {
    if (!is_for_clients(*replica) || replica->state() != ReplicaState::kOpen) continue;
    const std::string name = name_for_clients(replica->name());
    replica->conflicts(kConflictsMax, [gathering, name](Result<std::vector<store::Conflict>> found) {
      if (!found.ok()) return;
      for (const store::Conflict& conflict : *found) add_conflict(name, conflict, gathering->rows);
    });
  }
}

}  // namespace

std::string name_for_clients(const std::string& name) {
  return name.substr(0, name.find('@'));
}

void read_cluster(Node& node, session::ClusterTable table, std::function<void(session::Rows)> answer) {
  switch (table) {
    case session::ClusterTable::kNodes: return answer(nodes(node));
    case session::ClusterTable::kReplication: return answer(replication(node));
    case session::ClusterTable::kConflicts: return conflicts(node, std::move(answer));
  }
}

}  // namespace murmel::service
