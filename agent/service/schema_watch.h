// SchemaWatch: do the nodes have the same schema? Every kSchemaBeat this node reads the version, the history
// and the digest of its databases, asks its peers for theirs, and says in log, status and metrics where they
// differ though they ought to be equal (schema_compare.h). Repairs are for a person to ask for:
//
//   repair ──"schema" to all──► plan ──"schema_repair" {database, the donor's schema}──► each node that
//   differs
//             ▲                  │
//             └── after a pause ◄┘ changes on their way
//
// Loop thread only. Must outlive the loop's last task.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/calls.h"
#include "agent/service/replica_set.h"
#include "agent/service/schema_compare.h"

namespace murmel::service {

inline constexpr Duration kSchemaBeat = seconds(2);
inline constexpr std::size_t kSchemaRepairsMax = 4;

class SchemaWatch {
 public:
  struct Parts {
    NodeId self;
    Calls& calls;
    ReplicaSet& replicas;
    std::function<std::vector<NodeId>()> members;  // that count, this one included
  };
  SchemaWatch(io::Loop& loop, Parts parts);
  ~SchemaWatch();
  SchemaWatch(const SchemaWatch&) = delete;
  SchemaWatch& operator=(const SchemaWatch&) = delete;

  void peer_up(NodeId node) { peers_.insert(node); }
  void peer_down(NodeId node);

  // As of the last beat; nullptr: not known yet.
  const store::SchemaState* state_of(const std::string& database) const;
  // Why it could not be read here; empty: it was, or was not asked for yet.
  std::string unreadable_reason(const std::string& database) const;
  // Nodes whose schema differs from this one's, as of the last beat.
  std::vector<NodeId> drift_of(const std::string& database) const;

  using Reply = std::function<void(Result<nlohmann::json>)>;
  // The schema on all nodes.
  void show(const std::string& database, Reply reply);
  // kNotFound, kFull, and as plan_schema_repair.
  void repair(const std::string& database, std::optional<NodeId> from, Reply reply);

 private:
  struct Run;

  void beat();
  void unreadable(const std::string& what, const Error& error);
  void read_here(const std::string& database);
  void heard(NodeId node, const Result<std::string>& answer);
  void compare(const std::string& database);
  std::string told() const;
  void answer_schema(const std::string& database, const Calls::Reply& reply);
  void answer_repair(const std::string& body, const Calls::Reply& reply);
  void ask_all(const std::string& database, std::function<void(NodeSchemas)> done);
  void plan(std::uint64_t id, const NodeSchemas& nodes);
  void repaired(std::uint64_t id, NodeId node, const Result<std::string>& answer);

  io::Loop& loop_;
  Parts parts_;
  std::set<NodeId> peers_;
  std::map<std::string, store::SchemaState> here_;  // without the texts
  std::map<NodeId, std::map<std::string, store::SchemaState>> there_;
  std::map<std::string, std::set<NodeId>> drift_;
  std::map<std::string, std::string> unreadable_;  // a database here, or a node's answer -> why, as last told
  std::map<std::uint64_t, std::unique_ptr<Run>> runs_;
  std::uint64_t last_id_ = 0;
  io::Timer timer_;
};

}  // namespace murmel::service
