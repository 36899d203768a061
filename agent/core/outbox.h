// Outbox: the latest own change sets, kept in memory up to a limit, so that peers that are a little behind
// are served without reading the log. What is older is read from the store. Not thread safe; part of Sync.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "agent/core/change_set.h"

namespace murmel::core {

class Outbox {
 public:
  explicit Outbox(std::int64_t bytes_max) : bytes_max_(bytes_max) {}

  // Forgets everything; the next own change set is last + 1.
  void reset(Seq last);
  // The next own change set.
  void add(const ChangeSet& change);
  // Own change sets that the host has told of.
  Seq last() const { return last_; }
  // True if from .. last() are here, and that is at least one.
  bool covers(Seq from) const { return from <= last_ && from > last_ - static_cast<Seq>(items_.size()); }
  // From `from` on, about `bytes_max` but at least one. Only if covers(from).
  std::vector<ChangeSet> range(Seq from, std::int64_t bytes_max) const;

 private:
  std::int64_t bytes_max_;
  std::int64_t bytes_ = 0;
  Seq last_ = 0;
  std::deque<ChangeSet> items_;
};

}  // namespace murmel::core
