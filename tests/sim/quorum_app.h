// QuorumApp: the application beside a node that commits at QUORUM and ALL. A transaction reads rows of the
// local database and proposes what it writes, with all that the database had at that moment. It runs in one
// of two ways: in place, holding the write lock until the outcome is known and writing the record itself; or
// speculative, holding nothing, its record being applied by the agent.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "agent/core/commit.h"
#include "tests/sim/commit_history.h"
#include "tests/sim/node.h"

namespace murmel::sim {

class QuorumApp {
 public:
  QuorumApp(Shared& shared, Node& node) : shared_(shared), node_(node) {}

  // Begins one transaction.
  void run() { begin(0); }
  void answered(const core::CommitEffects::Reply& reply);
  // Nobody will answer any more.
  void agent_died();

 private:
  struct Open {
    std::size_t entry = 0;  // in the history
    core::commit_input::Propose propose;
    int attempt = 0;
  };

  void begin(int attempt);
  QuorumTransaction plan(const Content& content);
  void plan_counters(const Content& content, QuorumTransaction& t);
  void plan_transfer(const Content& content, QuorumTransaction& t);
  void plan_name(const Content& content, QuorumTransaction& t);
  void plan_family(const Content& content, QuorumTransaction& t);
  void count_up(const Content& content, QuorumTransaction& t);
  void plan_schema(const Content& content, QuorumTransaction& t);
  core::Transaction build(const QuorumTransaction& t);
  core::CommitLevel a_level();
  void propose(Open open);
  void follow_what_is_here(core::Transaction& transaction);
  void finish_in_place(core::Transaction transaction, const core::CommitEffects::Reply& reply);
  void try_again(int attempt);
  Value read(const Content& content, Key key, QuorumTransaction& t) const;
  Value fresh(std::uint32_t content) { return make_value(shared_.next_value++, content); }

  Shared& shared_;
  Node& node_;
  std::map<std::uint64_t, Open> open_;
};

}  // namespace murmel::sim
