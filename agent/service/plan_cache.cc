#include "agent/service/plan_cache.h"

#include <utility>

namespace murmel::service {

void PlanCache::enter(World world) {
  if (world == world_) return;
  clear();
  world_ = std::move(world);
}

std::shared_ptr<const Plan> PlanCache::find(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->plan;
}

std::shared_ptr<const Plan> PlanCache::keep(std::string key, std::unique_ptr<Plan> plan) {
  if (kept_.size() >= kMost) {
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
  kept_.push_front({std::move(key), std::move(plan)});
  by_key_.emplace(kept_.front().key, kept_.begin());
  return kept_.front().plan;
}

void PlanCache::clear() {
  by_key_.clear();
  kept_.clear();
}

}  // namespace murmel::service
