// Witness: the voter of a node that has no databases. It votes on the transactions of its peers' databases
// and keeps votes and decisions in its journal, so two other nodes can lose one of them and still have a
// majority.
//
// Its "database" is what others say they have (core/witness_view.h), and what one of them lacks and can get
// nowhere else it gets from here.
//
// What is kept for a voter that is away is bounded (core::CommitOptions::kept_bytes_max). Beyond that there
// is no vote, as dropping rows could lose a transaction together with its last database.
//
// Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/core/messages.h"
#include "agent/service/commit_host.h"

namespace murmel::service {

class Witness {
 public:
  using Options = std::function<CommitHostOptions(const std::string& database)>;

  // At most `databases_max` are voted on; messages about more are dropped.
  Witness(io::Loop& loop, Options options, std::size_t databases_max, PeerOutbox& outbox,
          JournalThread& journal, const VoterSource& voters);
  ~Witness();

  void peer_up(NodeId node);
  void peer_down(NodeId node);
  void received(NodeId node, const std::string& database, core::CommitMessage message);
  void heard(NodeId node, const std::string& database, const core::Have& have);
  // Answers to what was asked for.
  void heard(const core::Changes& changes);
  void close();

  struct Kept {
    std::string database;
    Uuid id;
    core::CommitStatus status;
    std::int64_t bytes_max = 0;
    std::vector<NodeId> away;  // data voters that are not linked
    std::uint64_t given = 0;   // slots sent to voters that lacked them
  };
  std::vector<Kept> status() const;

  // nullptr: nothing was heard of it.
  CommitHost* find(const std::string& database);
  std::vector<CommitHost*> deciders();

 private:
  class Database;

  // nullptr: there is no room for another one.
  Database* open(const std::string& name, const Uuid& id);

  io::Loop& loop_;
  Options options_;
  std::size_t databases_max_;
  PeerOutbox& outbox_;
  JournalThread& journal_;
  const VoterSource& voters_;
  std::set<NodeId> peers_;  // linked
  std::map<Uuid, std::unique_ptr<Database>> databases_;
};

}  // namespace murmel::service
