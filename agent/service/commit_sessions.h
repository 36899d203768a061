// CommitSessions: the commit socket. Applications (their extension) ask here to have a transaction decided by
// several nodes, what became of one, or what a majority knows (schemas/commit_socket.h).
//
//   message ──parse──► transaction, claims ──► CommitHost of its database ──► answer
//
// Large transactions are hashed on a thread of their own, so the loop does not stop for them. Loop thread
// only; must outlive the loop's last task.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/io/local_server.h"
#include "agent/io/loop.h"
#include "agent/service/commit_request.h"
#include "agent/service/worker.h"

namespace murmel::service {

class Calls;
class Replica;
class ReplicaSet;

class CommitSessions {
 public:
  static Result<std::unique_ptr<CommitSessions>> make(io::Loop& loop, const std::string& socket_path,
                                                      ReplicaSet& replicas, Calls& calls);
  CommitSessions(const CommitSessions&) = delete;
  CommitSessions& operator=(const CommitSessions&) = delete;

  io::LocalServerStats stats() const { return server_->stats(); }

 private:
  using Client = io::LocalServer::Client;

  CommitSessions(io::Loop& loop, ReplicaSet& replicas, Calls& calls);
  void received(Client client, const std::string& message);
  void on(Client client, Replica& replica, CommitRequest request);
  void on(Client client, Replica& replica, const OutcomeRequest& request);
  void on(Client client, Replica& replica, const ReadRequest& request);
  void build(Client client, Replica& replica, CommitRequest request);
  void propose(Client client, const CommitRequest& request, Result<core::Transaction> transaction);
  void answer(Client client, const core::CommitEffects::Reply& reply);
  void answer(Client client, core::CommitOutcome outcome, std::string text);

  io::Loop& loop_;
  ReplicaSet& replicas_;
  Calls& calls_;
  std::unique_ptr<io::LocalServer> server_;
  Worker worker_;
};

}  // namespace murmel::service
