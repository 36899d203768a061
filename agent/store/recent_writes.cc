#include "agent/store/recent_writes.h"

namespace murmel::store {

void RecentWrites::reset(std::int64_t id, core::Hlc clock) {
  floor_ = id;
  clock_ = clock;
  last_.clear();
  order_.clear();
}

void RecentWrites::note(const core::RowKey& key, std::int64_t id) {
  last_[key] = id;
  order_.emplace_back(key, id);
  while (order_.size() > keys_max_) {
    const auto& [oldest, at] = order_.front();
    floor_ = at;
    const auto found = last_.find(oldest);
    if (found != last_.end() && found->second == at) last_.erase(found);
    order_.pop_front();
  }
}

bool RecentWrites::is_newer(const core::RowKey& key, std::int64_t snapshot) const {
  const auto found = last_.find(key);
  return found != last_.end() && found->second > snapshot;
}

}  // namespace murmel::store
