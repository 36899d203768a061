// Cluster: one simulated run. A phase of chaos (applications write everywhere, faults as the scenario says),
// then a phase of liveness: everything heals, writing stops, and within a bound all nodes must be equal and
// agree on who is there (G3).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/node.h"

namespace murmel::sim {

class Cluster {
 public:
  // Makes the store of a node. `wall_ms`: the node's clock.
  struct StorePlan {
    NodeId node = 0;
    const Scenario& scenario;
    PlantedBug bug = PlantedBug::kNone;
    Uuid history;
    const Content& baseline;
    std::function<void(const std::string&)> violation;
    std::function<WallMs()> wall_ms;
  };
  using StoreFactory = std::function<std::unique_ptr<SimStore>(const StorePlan&)>;

  Cluster(const Scenario& scenario, PlantedBug bug, bool trace, StoreFactory make_store = model_store);

  // Stops at the first violation. Returns all that were found; empty: the run is good.
  std::vector<std::string> run();
  std::size_t change_sets() const;

  static std::unique_ptr<SimStore> model_store(const StorePlan& plan);

 private:
  void add_founders();
  void add_node(NodeId id, const Uuid& history, const Content& baseline, std::vector<core::Member> known);
  void plan_faults();
  void plan_writes(NodeId id);
  void plan_joins();
  void repeat(Duration interval, std::function<void()> event);
  void set_clock(Node& node);
  void break_something();
  void leave_the_witness();
  void crash_somebody();
  void cut_power();
  void check_everything();
  void check_transactions();
  core::Epoch epoch_of(NodeId id) const;
  void change_members();
  std::vector<NodeId> voters_now() const;
  std::string epochs_disagree();
  void heal();
  std::string not_converged();
  std::string members_disagree(Node& node);
  Node& any_node();

  const Scenario scenario_;
  const StoreFactory make_store_;
  World world_;
  Network network_;
  Oracle oracle_;
  Shared shared_;
  std::map<NodeId, std::unique_ptr<Node>> nodes_;
};

}  // namespace murmel::sim
