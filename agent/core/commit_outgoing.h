// CommitOutgoing: collects what one step of Commit says into one message per kind and receivers, and holds
// back what must not be said before it is on disk. What a node says to itself comes back as a message, too,
// so that its own vote counts by the same rules as any other. Not thread safe; part of Commit.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "agent/core/commit.h"

namespace murmel::core {

class CommitOutgoing {
 public:
  using Item = std::variant<Transaction, Vote, Proposal, Acceptance, Recovery, Promised, Decision>;

  // To be sent with this step.
  void add(const std::vector<NodeId>& to, Item item) { ready_.push_back({to, std::move(item)}); }
  // To be sent when records up to `number` are on disk.
  void add_after(std::uint64_t number, const std::vector<NodeId>& to, Item item) {
    held_.push_back({number, {to, std::move(item)}});
  }
  // Drops what is held back: it was said to another set of voters.
  void drop_held() { held_.clear(); }
  // Everything up to `number` is on disk.
  void persisted(std::uint64_t number);
  // Appends the messages; what is for `self` is returned, in order.
  std::vector<CommitMessage> flush(NodeId self, const Uuid& database_id, std::uint64_t epoch,
                                   std::vector<CommitEffects::Send>& send);

 private:
  struct Ready {
    std::vector<NodeId> to;
    Item item;
  };
  struct Held {
    std::uint64_t number = 0;
    Ready what;
  };

  std::vector<Ready> ready_;
  std::deque<Held> held_;  // numbers ascend
};

}  // namespace murmel::core
