// EpochCluster: cores that decide the members, for golden scripts, with databases that only say what they
// have heard of and whether they hold it. Nothing else happens by itself: messages wait until they are
// delivered, state until it is synced, time stands still until it is passed.
//
//   cluster N                   nodes 1..N begin as voters of epoch 1, all linked
//   empty NODE                  one that knows nothing, is linked to all and wants to be a member
//   change NODE WHAT OTHER...   an operator at NODE: remove | leave | allow | add | replica, of each OTHER
//   voters NODE OTHER...        an operator at NODE: these vote, all others do not any more
//   known NODE SLOT             its database has heard of slots of node 1 up to this one
//   behind NODE | holds NODE    it does not hold them, it does
//   sync NODE                   its state reaches the disk
//   deliver                     delivers everything, and what that causes, until it is quiet
//   run                         the same, and all state reaches the disk
//   drop A B                    loses what A has sent to B and is not delivered
//   cut A B | link A B          a link goes down or comes up
//   crash NODE | start NODE     loses what was not synced | begins again with its state
//   pass MS                     time goes on
//   show                        epoch and voters of each node
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/epoch.h"
#include "tests/golden/wires.h"

namespace murmel::golden {

class EpochCluster {
 public:
  // Runs one line of a script; returns what it caused, a line each.
  std::string run(const std::string& line);

 private:
  struct Node {
    std::unique_ptr<core::Epochs> epochs;  // null: it is down
    std::optional<core::EpochState> synced;
    std::optional<core::EpochState> unsynced;
    std::uint64_t number = 0;
    Seq known = 0;
    bool holds = true;
    std::deque<core::EpochInput> inputs;
  };

  void begin(NodeId nodes);
  void start(NodeId id, NodeId founders);
  void crash(NodeId id);
  void connect(NodeId a, NodeId b, bool up);
  void change(const std::vector<std::string>& words);
  bool sync(NodeId id);
  void deliver();
  void pass(Duration span);
  void show();
  void step(NodeId id, core::EpochInput input);
  void perform(NodeId id, core::EpochEffects& effects);
  void say(const std::string& line) { output_ += line + "\n"; }

  Instant now_;
  std::uint64_t requests_ = 0;
  std::map<NodeId, Node> nodes_;
  Wires<core::EpochMessage> wires_;
  std::string output_;
};

}  // namespace murmel::golden
