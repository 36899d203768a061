// What the schemas of several nodes mean beside each other, and how they travel. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/store/types.h"

namespace murmel::service {

// What one node says of one database.
struct NodeSchema {
  std::string error;  // not empty: there is nothing else
  store::SchemaState state;
};
using NodeSchemas = std::map<NodeId, NodeSchema>;

nlohmann::json schema_to_json(const store::SchemaState& state);
// Believed only as far as its types are right; kInvalid else.
Result<store::SchemaState> schema_from_json(const nlohmann::json& value);

// The same changes, or positions, have made both: so they ought to be equal.
bool comparable(const store::SchemaState& a, const store::SchemaState& b);
// They ought to be equal and are not. If one of them filters, that means the tables that both replicate and
// have.
bool drifted(const store::SchemaState& a, const store::SchemaState& b);

// Who is to take whose schema: that of the greatest group of equal ones, among equally great groups that with
// the smallest node id; or that of `from`. A node that filters takes it, and gives it to nobody. kBusy:
// changes are on their way, ask again. kUnavailable: no majority has answered, or `from` has not.
struct SchemaRepairPlan {
  NodeId donor = 0;
  std::vector<NodeId> damaged;
};
Result<SchemaRepairPlan> plan_schema_repair(const NodeSchemas& nodes, std::optional<NodeId> from);

}  // namespace murmel::service
