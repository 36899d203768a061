#include "agent/core/outbox.h"

#include "agent/base/check.h"
#include "agent/core/inbox.h"

namespace murmel::core {

void Outbox::reset(Seq last) {
  items_.clear();
  bytes_ = 0;
  last_ = last;
}

void Outbox::add(const ChangeSet& change) {
  INVARIANT(change.seq == last_ + 1);
  last_ = change.seq;
  bytes_ += size_in_bytes(change);
  items_.push_back(change);
  while (bytes_ > bytes_max_ && !items_.empty()) {
    bytes_ -= size_in_bytes(items_.front());
    items_.pop_front();
  }
}

std::vector<ChangeSet> Outbox::range(Seq from, std::int64_t bytes_max) const {
  INVARIANT(covers(from));
  std::vector<ChangeSet> changes;
  std::int64_t bytes = 0;
  const auto skip = static_cast<std::size_t>(from - (last_ - static_cast<Seq>(items_.size())) - 1);
  for (std::size_t i = skip; i < items_.size(); ++i) {
    const std::int64_t size = size_in_bytes(items_[i]);
    if (!changes.empty() && bytes + size > bytes_max) break;
    bytes += size;
    changes.push_back(items_[i]);
  }
  return changes;
}

}  // namespace murmel::core
