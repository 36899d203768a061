// SyncCluster: a cluster of sync cores with model stores for golden scripts. Nothing happens by itself:
// messages wait until they are delivered, time stands still until it is passed. Store work is done at once.
//
//   cluster N [apart]           nodes 1..N, all linked, of one history (apart: each of its own, no links)
//   link A B | cut A B          a link comes up or goes down; what was on its way is lost
//   write NODE OP...            a transaction: K=V put, -K delete, +V journal
//   deliver                     delivers everything, and what that causes, until it is quiet
//   drop A B                    loses what A has sent to B and is not delivered
//   pass MS                     time goes on
//   fail NODE                   the next apply there fails: disk full
//   hold NODE | release NODE    applies there wait
//   trim NODE                   trims the log there as far as the core allows
//   show                        positions and rows of all nodes
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/sync.h"
#include "tests/golden/wires.h"
#include "tests/sim/model_store.h"

namespace murmel::golden {

class SyncCluster {
 public:
  // Runs one line of a script; returns what it caused, a line each.
  std::string run(const std::string& line);

 private:
  struct Node {
    std::unique_ptr<core::Sync> sync;
    std::unique_ptr<sim::ModelStore> store;
    bool fails = false;
    bool holds = false;
    std::vector<core::ChangeSet> held;
    std::optional<core::SyncEffects::Trim> trim;
  };

  void start(std::uint32_t nodes, bool apart);
  void link(NodeId a, NodeId b);
  void cut(NodeId a, NodeId b);
  void write(NodeId node, const std::vector<std::string>& words);
  void deliver();
  void pass(Duration span);
  void trim(NodeId node);
  void show();
  void step(NodeId id, core::SyncInput input);
  void carry_out(NodeId id, core::SyncEffects& effects);
  void apply(NodeId id, std::vector<core::ChangeSet> changes);
  void say(const std::string& line) { output_ += line + "\n"; }

  Instant now_;
  WallMs wall_ms_ = 0;
  std::map<NodeId, Node> nodes_;
  Wires<core::Message> wires_;
  std::string output_;
};

}  // namespace murmel::golden
