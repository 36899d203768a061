// ReplicaSet: the databases of this node, from the configured list and globs. Finds a message's database by
// its name, tells all of them about peers and members, takes databases in and out while the agent runs.
// Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/service/replica.h"

namespace murmel::service {

struct ReplicaSetOptions {
  NodeId node = 0;
  std::string data_dir;  // wake-up sockets are made here
  const Settings* settings = nullptr;
};

class ReplicaSet {
 public:
  ReplicaSet(io::Loop& loop, ReplicaSetOptions options, PeerOutbox& outbox, ReplicaHost& host);

  // Opens what the configuration lists, and what the globs find now.
  void start();
  // Looks at the globs again and opens what is new; returns how many that were.
  int rescan();
  // `done` when all are closed.
  void close_all(std::function<void()> done);

  void peer_up(NodeId node);
  void peer_down(NodeId node);
  void members(const std::vector<NodeId>& nodes);
  // Answers Absent if this node has no such database.
  void received(NodeId node, const std::string& database, core::Message message);
  void received(NodeId node, const std::string& database, core::CommitMessage message);

  Replica* find(const std::string& name);
  std::vector<Replica*> all();
  bool all_caught_up() const;
  bool flushed() const;

  // Stops replicating and takes Murmel out of the file, until enable() or the next start. kNotFound.
  void detach(const std::string& name, std::function<void(Status)> done);
  // Takes a configured database in again. kNotFound, kConflict (it is in).
  Status enable(const std::string& name);

 private:
  void add(const DatabaseSettings& database);
  std::vector<DatabaseSettings> found_by_globs() const;
  std::string wake_path(const std::string& name) const;

  io::Loop& loop_;
  ReplicaSetOptions options_;
  PeerOutbox& outbox_;
  ReplicaHost& host_;
  std::map<std::string, std::unique_ptr<Replica>> replicas_;
  std::map<std::string, NodeId> unknown_;  // names that peers have and we do not, for the log; bounded
  std::size_t closing_ = 0;
  std::vector<NodeId> peers_;
  std::vector<NodeId> members_;
};

}  // namespace murmel::service
