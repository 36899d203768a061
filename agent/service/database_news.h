// DatabaseNews: nodes that are configured with folders of databases tell each other which ones they found, so
// that a file made on one node becomes a database on all. What a peer names is made here only where this
// node's own globs would find it (database_folder.h), up to limits.databases.
//
// Told: to a peer when its link comes up, to all when a database is open for the first time. Only what is
// open is told of: a file that is no database stays this node's own trouble. It goes as a question of Calls,
// whose answer says nothing; an older node does not know it and is left alone. Loop thread only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/service/calls.h"
#include "agent/service/replica_set.h"

namespace murmel::service {

class DatabaseNews {
 public:
  DatabaseNews(Calls& calls, ReplicaSet& replicas);
  DatabaseNews(const DatabaseNews&) = delete;
  DatabaseNews& operator=(const DatabaseNews&) = delete;

  void peer_up(NodeId node);
  void peer_down(NodeId node);
  // Tells all peers of databases that were not told of yet.
  void tell_new();

 private:
  void tell(NodeId node, const std::vector<std::string>& files);
  Result<std::string> heard(const std::string& body);

  Calls& calls_;
  ReplicaSet& replicas_;
  std::set<NodeId> peers_;
  std::set<std::string> told_;  // file names
};

// The names in a message, at most kDatabasesTold of them; empty when it is not a list of strings.
std::vector<std::string> parse_database_files(const std::string& body);

inline constexpr std::size_t kDatabasesTold = 4'096;

}  // namespace murmel::service
