// JournalModel: the commit journal of one node on its disk, in maps. Records that were not synced when the
// power fails are lost from some point on. Deletes what a Forget allows, as the real one does.
#pragma once

#include <deque>
#include <vector>

#include "agent/base/random.h"
#include "agent/core/commit.h"

namespace murmel::sim {

class JournalModel {
 public:
  void append(const std::vector<core::journal::Record>& records) {
    unsynced_.insert(unsynced_.end(), records.begin(), records.end());
  }
  // Records that were appended until now are safe.
  std::size_t pending() const { return unsynced_.size(); }
  void sync(std::size_t count);
  void crash(Random& random);
  const std::vector<core::journal::Record>& records() const { return synced_; }
  // The greatest slot of each origin that is in it.
  core::VersionVector known() const;

 private:
  void forget(const core::journal::Forget& forget);

  std::vector<core::journal::Record> synced_;
  std::deque<core::journal::Record> unsynced_;
};

}  // namespace murmel::sim
