// RecentWrites: which record of the log wrote a row last, for the records since some point. A transaction
// that was made on a snapshot finds out by it whether a row that it writes was changed since
// (LocalTransaction).
//
// Bounded: the oldest records are forgotten, and then a snapshot from before the floor counts as too old for
// any row. Belongs to the database's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

#include "agent/core/hlc.h"
#include "agent/core/versions.h"

namespace murmel::store {

class RecentWrites {
 public:
  static constexpr std::size_t kKeysMax = 500'000;

  explicit RecentWrites(std::size_t keys_max = kKeysMax) : keys_max_(keys_max) {}

  // Forgets everything: what was written up to record `id` is not known. `clock`: the log's there; another
  // log may have the same ids.
  void reset(std::int64_t id, core::Hlc clock);
  // Records come in the order of their ids.
  void note(const core::RowKey& key, std::int64_t id);
  // Whether all that was written since this record, at which the log had this clock, is known.
  bool reaches(std::int64_t snapshot, core::Hlc clock) const { return snapshot >= floor_ && clock >= clock_; }
  // Whether a record behind `snapshot` wrote the row.
  bool is_newer(const core::RowKey& key, std::int64_t snapshot) const;

 private:
  std::size_t keys_max_;
  std::int64_t floor_ = 0;
  core::Hlc clock_;
  std::unordered_map<core::RowKey, std::int64_t, core::RowKeyHash> last_;
  std::deque<std::pair<core::RowKey, std::int64_t>> order_;
};

}  // namespace murmel::store
