// Rumours: news about members that still has to travel. Each item rides on a bounded number of messages, the
// least told first, which reaches everybody with high probability after about log n rounds (SWIM,
// section 4.1). Not thread safe; part of Membership.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "agent/core/messages.h"

namespace murmel::core {

class Rumours {
 public:
  // News that replaces older news about the same member.
  void spread(const Member& member) { items_[member.id] = {member, 0}; }
  // The next at most `count` items to tell, one more telling noted for each. `members`: size of the cluster.
  std::vector<Member> pick(std::size_t count, std::size_t members);

 private:
  struct Item {
    Member member;
    std::size_t told = 0;
  };
  std::map<NodeId, Item> items_;
};

}  // namespace murmel::core
