#include "agent/store/recent_writes.h"

#include <utility>

namespace murmel::store {
namespace {

constexpr std::size_t kSlotsMin = 64;

}  // namespace

void RecentWrites::reset(std::int64_t id, core::Hlc clock) {
  floor_ = id;
  clock_ = clock;
  young_ = {};
  old_ = {};
}

void RecentWrites::note(const core::RowKey& key, std::int64_t id) {
  if (young_.used >= keys_max_ / 2) {
    if (old_.last > 0) floor_ = old_.last;
    old_ = std::exchange(young_, {});
  }
  young_.note(key, id);
}

bool RecentWrites::is_newer(const core::RowKey& key, std::int64_t snapshot) const {
  return young_.id_of(key) > snapshot || old_.id_of(key) > snapshot;
}

// The keys are hashes already: any bits of them are as good as others.
std::size_t RecentWrites::Generation::slot_of(const core::RowKey& key) const {
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = key.low & mask;
  while (slots[slot].id != 0 && slots[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

void RecentWrites::Generation::note(const core::RowKey& key, std::int64_t id) {
  if (used + 1 > slots.size() / 4 * 3) grow();
  Slot& slot = slots[slot_of(key)];
  if (slot.id == 0) ++used;
  slot = {key, id};
  last = id;
}

std::int64_t RecentWrites::Generation::id_of(const core::RowKey& key) const {
  return slots.empty() ? 0 : slots[slot_of(key)].id;
}

void RecentWrites::Generation::grow() {
  const std::size_t size = slots.empty() ? kSlotsMin : 2 * slots.size();
  const std::vector<Slot> old = std::exchange(slots, std::vector<Slot>(size));
  for (const Slot& one : old) {
    if (one.id != 0) slots[slot_of(one.key)] = one;
  }
}

}  // namespace murmel::store
