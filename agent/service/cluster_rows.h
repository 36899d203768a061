// Rows of information_schema's tables about the cluster (session/info_cluster.cc). Loop thread.
#pragma once

#include <functional>
#include <string>

#include "agent/session/info_tables.h"

namespace murmel::service {

class Node;

// The name that clients use: those made by command are shop@2f1c9a34 among nodes.
std::string name_for_clients(const std::string& name);

// Calls `answer` once, at once or when the databases' threads have answered. Of each database the newest
// conflicts, at most 10,000; a database that can't be read now has none.
void read_cluster(Node& node, session::ClusterTable table, std::function<void(session::Rows)> answer);

}  // namespace murmel::service
