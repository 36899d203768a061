#include "agent/core/bag_ledger.h"

#include <algorithm>

namespace murmel::core {
namespace {

bool before(const BagOp& a, const BagPlace& b) {
  return a.place < b;
}

std::vector<BagOp>::iterator position(std::vector<BagOp>& ops, const BagPlace& place) {
  return std::lower_bound(ops.begin(), ops.end(), place, before);
}

}  // namespace

void BagLedger::note(const RowKey& bag, const BagOp& op) {
  if (op.place.version.hlc <= watermark_) return;
  newest_ = std::max(newest_, op.place.version.hlc);
  if (bags_.size() >= sweep_at_) sweep();
  Ops& ops = bags_[bag];
  const auto at = position(ops, op.place);
  if (at != ops.end() && at->place == op.place) {
    at->missed = at->missed || op.missed;
  } else {
    ops.insert(at, op);
  }
}

bool BagLedger::needs_count(const RowKey& bag, const BagOp& op) const {
  const auto found = bags_.find(bag);
  if (found == bags_.end() || found->second.empty()) return false;
  const Ops& ops = found->second;
  if (ops.back().place < op.place) return false;
  return op.removes || std::any_of(ops.begin(), ops.end(), [](const BagOp& other) { return other.removes; });
}

int BagLedger::admit(const RowKey& bag, BagOp op, std::int64_t rows_here, std::vector<Change>& changes) {
  const bool counted = needs_count(bag, op);
  Ops& ops = bags_[bag];
  undo_.emplace_back(bag, ops);
  std::int64_t rows = rows_here;  // before the first operation held
  for (const BagOp& other : ops) rows += (other.removes ? 1 : -1) - (other.missed ? 1 : 0);
  const auto at = ops.insert(position(ops, op.place), op);
  newest_ = std::max(newest_, op.place.version.hlc);
  if (!counted) {
    // It comes last, or none of the others takes a row away.
    at->missed = op.removes && rows_here <= 0;
    if (at->missed) changes.push_back({bag, *at});
    if (at->missed) return 0;
    return op.removes ? -1 : 1;
  }
  rows = std::max<std::int64_t>(rows, 0);
  for (BagOp& each : ops) {
    const bool misses = each.removes && rows == 0;
    if (misses != each.missed) {
      each.missed = misses;
      changes.push_back({bag, each});
    }
    if (!misses) rows += each.removes ? -1 : 1;
  }
  return static_cast<int>(std::clamp<std::int64_t>(rows - rows_here, -1, 1));
}

void BagLedger::roll_back_to(std::size_t mark) {
  for (; undo_.size() > mark; undo_.pop_back()) {
    auto& [bag, ops] = undo_.back();
    if (ops.empty()) {
      bags_.erase(bag);
    } else {
      bags_[bag] = std::move(ops);
    }
  }
}

void BagLedger::drop_below(Hlc watermark) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  if (newest_ <= watermark_) reset(watermark_);
}

void BagLedger::reset(Hlc watermark) {
  bags_ = {};
  undo_.clear();
  watermark_ = watermark;
  newest_ = Hlc{-1};
  sweep_at_ = 1'024;
}

// Makes room: lets go of what the watermark has passed.
void BagLedger::sweep() {
  for (auto it = bags_.begin(); it != bags_.end();) {
    std::erase_if(it->second, [&](const BagOp& op) { return op.place.version.hlc <= watermark_; });
    it = it->second.empty() ? bags_.erase(it) : std::next(it);
  }
  sweep_at_ = std::max<std::size_t>(1'024, bags_.size() * 2);
}

}  // namespace murmel::core
