// What the agent knows of itself as JSON: the shapes of /admin/status, /admin/members, /admin/conflicts.
// Members of objects are only ever added. Loop thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/core/epoch_messages.h"
#include "agent/core/sync.h"
#include "agent/store/types.h"

namespace murmel::service {

class Node;
class Replica;

nlohmann::json vector_json(const core::VersionVector& vector);
nlohmann::json node_json(Node& node);
// `store`: absent if the database's thread was busy.
nlohmann::json database_json(Node& node, Replica& replica, const store::DatabaseStatus* store);
const char* epoch_role_name(core::EpochRole role);
nlohmann::json epoch_json(Node& node);
nlohmann::json members_json(Node& node);
nlohmann::json quarantine_json(const core::SyncStatus& sync);
nlohmann::json conflict_json(const store::Conflict& conflict);
nlohmann::json error_json(const Error& error);
// The 4xx or 5xx that fits an error.
int http_status_of(ErrorCode code);

}  // namespace murmel::service
