// CommitCluster: a cluster of commit cores for golden scripts, without databases: what is handed over to sync
// is in the store at once. Nothing else happens by itself: messages wait until they are delivered, records
// until they are synced, time stands still until it is passed.
//
//   cluster N                   nodes 1..N, all linked, all voting
//   propose NODE CLAIM...       a transaction that writes these keys and has seen all that its store has;
//   ~CLAIM: one
//                               that it relies on without writing it
//   blind NODE CLAIM...         one that has seen nothing
//   place NODE CLAIM...         like propose, by a writer that holds the lock of its database
//   sync NODE                   the journal of a node reaches the disk
//   deliver                     delivers everything, and what that causes, until it is quiet
//   run                         the same, and all state reaches the disk
//   drop A B                    loses what A has sent to B and is not delivered
//   cut A B | link A B          a link goes down or comes up
//   crash NODE | start NODE     loses what was not synced | begins again with the journal
//   pass MS                     time goes on
//   show                        positions of the stores
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/commit.h"
#include "tests/golden/command.h"
#include "tests/golden/wires.h"

namespace murmel::golden {

class CommitCluster {
 public:
  // Runs one line of a script; returns what it caused, a line each.
  std::string run(const std::string& line);

 private:
  struct Node {
    std::unique_ptr<core::Commit> commit;  // null: it is down
    std::vector<core::journal::Record> synced;
    std::vector<core::journal::Record> unsynced;
    std::uint64_t number = 0;
    core::VersionVector have;
    core::Hlc clock;
  };

  void begin(NodeId nodes);
  void start(NodeId id);
  void crash(NodeId id);
  void connect(NodeId a, NodeId b, bool up);
  void propose(NodeId id, const Command& command);
  bool sync(NodeId id);
  void deliver();
  void pass(Duration span);
  void show();
  void step(NodeId id, core::CommitInput input);
  void say(const std::string& line) { output_ += line + "\n"; }

  Instant now_;
  WallMs wall_ms_ = 0;
  std::uint64_t requests_ = 0;
  std::map<NodeId, Node> nodes_;
  Wires<core::CommitMessage> wires_;
  std::string output_;
};

}  // namespace murmel::golden
