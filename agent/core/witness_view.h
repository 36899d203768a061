// WitnessView: what a witness, which votes and has no database, takes for its database: what its peers have
// told of theirs.
//
// A slot counts as stored when it is decided and handed over, and as durable, and so may be forgotten, when
// every voter with databases has told that it is on its disk, linked now or not: until then the vote here may
// be all that is left of a majority's.
//
// A voter that lacks a decided slot which no other one that is linked here has gets it from here: whoever
// decided it with this node may be lost. One that takes in what it is given gets the next at once.
//
// And the other way round: what databases have and this node lacks, rows included, it asks for. Who has it
// may be lost next, an epoch can't end without holders (core/epoch.h), and until the outcome is known here
// the claims are held. What is no longer in a log every member has, or was left behind (gc_max_retention).
// Where there is no room for rows the answer brings nothing that is held, and so nothing after it: then it
// asks for what follows the outcomes that it knows, as those need no room.
//
// Pure. One for each database; part of the thread that drives its Commit.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/base/time.h"
#include "agent/core/commit.h"
#include "agent/core/messages.h"
#include "agent/core/mutation.h"

namespace murmel::core {

// What the journal has forgotten is durable with every voter. The latest Forget of each origin.
VersionVector forgotten(const std::vector<journal::Record>& records);

class WitnessView {
 public:
  explicit WitnessView(Mutation mutation = Mutation::kNone) : mutation_(mutation) {}

  void begin(const VersionVector& forgotten);
  void peer_up(NodeId node) { up_.insert(node); }
  void peer_down(NodeId node);
  void heard(NodeId node, const Have& have, const std::vector<NodeId>& data_voters);
  // Slots that the node has told of last.
  const VersionVector& heard(NodeId node) { return heard_[node]; }
  // CommitEffects::decided.
  void decided(const std::vector<ChangeSet>& changes);

  // For Commit, after each of the above.
  const commit_input::StoreMoved& store() const { return store_; }

  // Where the slots begin, of those that are `known` here (Commit::known()), that `node` is to be given now.
  std::vector<Position> to_give(Instant now, NodeId node, const VersionVector& known);
  // Where what `node` has and is not held here (Commit::held()), or not even known the outcome of
  // (Commit::settled()), begins, to be asked for now.
  std::vector<Position> to_ask(Instant now, NodeId node, const VersionVector& held,
                               const VersionVector& settled);
  // Slots from `first` to `last` are on their way to it.
  void gave(Instant now, NodeId node, const Position& first, Seq last);

 private:
  // What a node lacks of an origin, as it told first; slots up to `given` were sent since.
  struct Lacking {
    Seq have = 0;
    Instant since;
    Seq given = 0;
  };

  // Since when an origin's held slots end there, and when more was asked for, after which slot.
  struct Wanting {
    Seq held = 0;
    Instant since;
    std::optional<Instant> asked;
    Seq after = 0;
  };

  bool another_has(NodeId node, const Position& slot) const;

  const Mutation mutation_;
  std::set<NodeId> up_;                                  // linked
  std::map<NodeId, VersionVector> heard_;                // decided origins only
  std::map<NodeId, std::map<NodeId, Lacking>> lacking_;  // node, origin
  std::map<NodeId, Wanting> wanting_;                    // by origin
  commit_input::StoreMoved store_;
};

}  // namespace murmel::core
