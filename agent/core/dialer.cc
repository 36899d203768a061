#include "agent/core/dialer.h"

#include <algorithm>
#include <utility>

namespace murmel::core {

std::vector<std::string> Dialer::due(Instant now, const std::vector<Wanted>& wanted) {
  std::map<std::string, Entry> next;
  std::vector<std::string> dial;
  for (const Wanted& target : wanted) {
    if (next.contains(target.address)) continue;
    const auto found = entries_.find(target.address);
    Entry entry = found != entries_.end() ? found->second : Entry{now + target.first_delay, pause_min_};
    if (now >= entry.at) {
      dial.push_back(target.address);
      entry.at = now + entry.pause;
      entry.pause = std::min(entry.pause * 2, pause_max_);
    }
    next[target.address] = entry;
  }
  entries_ = std::move(next);
  return dial;
}

Instant Dialer::due_at() const {
  Instant at = kNever;
  for (const auto& [address, entry] : entries_) at = std::min(at, entry.at);
  return at;
}

}  // namespace murmel::core
