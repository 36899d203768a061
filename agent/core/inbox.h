// Inbox: change sets that arrived and are not handed to the store yet, per origin in order and without gaps.
//
// A change set leaves when its whole transaction is here, everything it depends on was handed out before, and
// its stamp is not too far ahead of the wall clock. What does not fit the order is not kept: it is pulled
// again when its turn comes, so memory holds only what has a place. The limit in bytes has one exception,
// without which two origins waiting for each other could block for ever: an origin's next transaction is
// always let in. Not thread safe; part of Sync.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "agent/core/change_set.h"
#include "agent/core/clock.h"
#include "agent/core/mutation.h"

namespace murmel::core {

// What a change set costs in memory and on the wire, about.
std::int64_t size_in_bytes(const ChangeSet& change);

class Inbox {
 public:
  struct Limits {
    std::int64_t hold_back_bytes = 0;
    std::int64_t transaction_bytes = 0;
    std::int64_t apply_bytes = 0;
    Duration max_clock_offset;
    Mutation mutation = Mutation::kNone;
  };
  enum class Taken {
    kNew,
    kOld,       // here already
    kGap,       // a predecessor is missing
    kFull,      // no room now
    kTooLarge,  // its transaction exceeds transaction_bytes
  };
  // A decided origin whose next transaction waits for nothing but ONE change sets. Such a one may be lost for
  // ever, with its node, while the decided transaction that saw it is not: so the caller may forgive it. Rows
  // are whole images and the later stamp wins, so all nodes still end alike.
  struct Waiting {
    NodeId origin = 0;
    std::vector<Position> missing;
  };
  struct Batch {
    std::vector<ChangeSet> changes;  // whole transactions in an order that respects dependencies
    std::int64_t clock_waiting = 0;  // origins held because of their stamp
    Hlc clock_wanted;                // the least of those stamps
    std::vector<Waiting> waiting;
  };

  explicit Inbox(const Limits& limits) : limits_(limits) {}

  // Another history begins.
  void clear();
  // The store has exactly this. What it has is dropped; what was handed out and is not there must come again.
  void rebase(const VersionVector& have);
  // This node's own change sets up to `seq` are in the store: others may depend on them.
  void note_own(NodeId self, Seq seq);
  Taken take(ChangeSet change);
  // The greatest seq received of an origin, without gaps.
  Seq received(NodeId origin) const;
  // False while a change set of this origin would be refused as kFull.
  bool room_for(NodeId origin) const;
  // Takes out what can be applied now, about apply_bytes of it. Origins for which `blocked` says so stay;
  // those in `forgiven` don't wait for ONE change sets.
  Batch next_batch(WallMs wall_ms, const std::function<bool(NodeId)>& blocked,
                   const std::set<NodeId>& forgiven = {});
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Queue {
    Seq handed = 0;    // given to the store, or in it
    Seq whole_to = 0;  // last seq here that ends a transaction
    std::int64_t bytes = 0;
    std::deque<ChangeSet> items;  // handed + 1, handed + 2, ...
  };

  Seq handed(NodeId origin) const;
  bool full(const Queue& queue, std::int64_t more_bytes) const;
  std::vector<Position> missing(const ChangeSet& change) const;
  bool satisfied(const ChangeSet& change, bool forgiving) const;
  bool transaction_ready(const Queue& queue, bool forgiving) const;
  void pop_front(Queue& queue);
  std::int64_t move_transaction(Queue& queue, Batch& batch);

  Limits limits_;
  std::map<NodeId, Queue> queues_;
  std::int64_t bytes_ = 0;
  NodeId served_last_ = 0;  // batches begin with the next origin, so that none starves
};

}  // namespace murmel::core
