#include "agent/core/versions.h"

#include <utility>

namespace murmel::core {
namespace {

constexpr std::size_t kSlotsMin = 64;

}  // namespace

// The keys are hashes already: any bits of them are as good as others.
std::size_t VersionIndex::find_slot(const RowKey& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key.low & mask;
  while (slots_[slot].hlc.value >= 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

std::optional<RowVersion> VersionIndex::lookup(const RowKey& key) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[find_slot(key)];
  if (slot.hlc.value < 0 || slot.hlc <= watermark_) return std::nullopt;
  return RowVersion{{slot.hlc, slot.node}, slot.seq, slot.deleted};
}

void VersionIndex::record(const RowKey& key, const RowVersion& row) {
  if (row.version.hlc <= watermark_) return;
  if (used_ + 1 > slots_.size() / 4 * 3) rebuild();
  Slot& slot = slots_[find_slot(key)];
  if (slot.hlc.value >= 0) {
    const Version held{slot.hlc, slot.node};
    if (held > row.version || (held == row.version && slot.seq > row.seq)) return;
  } else {
    ++used_;
  }
  slot = {key, row.version.hlc, row.seq, row.version.node, row.deleted};
  if (row.version.hlc > newest_) newest_ = row.version.hlc;
}

void VersionIndex::drop_below(Hlc watermark) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  if (newest_ <= watermark_) reset(watermark_);
}

void VersionIndex::reset(Hlc watermark) {
  slots_ = std::vector<Slot>();  // gives the memory back
  used_ = 0;
  watermark_ = watermark;
  newest_ = Hlc{-1};
}

// Makes room: leaves out what the watermark has passed, and doubles only if what remains needs it.
void VersionIndex::rebuild() {
  std::size_t live = 0;
  for (const Slot& slot : slots_) live += slot.hlc > watermark_ && slot.hlc.value >= 0 ? 1 : 0;
  std::size_t capacity = kSlotsMin;
  while (capacity / 2 < live + 1) capacity *= 2;
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(capacity));
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.hlc.value < 0 || slot.hlc <= watermark_) continue;
    slots_[find_slot(slot.key)] = slot;
    ++used_;
  }
}

}  // namespace murmel::core
