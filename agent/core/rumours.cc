#include "agent/core/rumours.h"

#include <algorithm>
#include <bit>

namespace murmel::core {
namespace {

constexpr std::size_t kTellings = 3;  // times log2 of the cluster size

}  // namespace

std::vector<Member> Rumours::pick(std::size_t count, std::size_t members) {
  std::vector<Item*> order;
  order.reserve(items_.size());
  for (auto& [id, item] : items_) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(),
                   [](const Item* a, const Item* b) { return a->told < b->told; });
  if (order.size() > count) order.resize(count);
  std::vector<Member> picked;
  for (Item* item : order) {
    picked.push_back(item->member);
    ++item->told;
  }
  const std::size_t limit = kTellings * static_cast<std::size_t>(std::bit_width(members));
  std::erase_if(items_, [&](const auto& entry) { return entry.second.told >= limit; });
  return picked;
}

}  // namespace murmel::core
