// RecentWrites: which record of the log wrote a row last, for the records since some point. A transaction
// that was made on a snapshot finds out by it whether a row that it writes was changed since
// (LocalTransaction).
//
// Bounded: there are two generations of keys, and when the younger one is full the older one is forgotten as
// a whole. A snapshot from before the floor, which moves up then, counts as too old for any row. Each
// generation is an open hash table, as one is written to for every row. Belongs to the database's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/core/hlc.h"
#include "agent/core/versions.h"

namespace murmel::store {

class RecentWrites {
 public:
  static constexpr std::size_t kKeysMax = 500'000;  // of both generations

  explicit RecentWrites(std::size_t keys_max = kKeysMax) : keys_max_(keys_max) {}

  // Forgets everything: what was written up to record `id` is not known. `clock`: the log's there; another
  // log may have the same ids.
  void reset(std::int64_t id, core::Hlc clock);
  // Records come in the order of their ids, which begin with 1.
  void note(const core::RowKey& key, std::int64_t id);
  // Whether all that was written since this record, at which the log had this clock, is known.
  bool reaches(std::int64_t snapshot, core::Hlc clock) const { return snapshot >= floor_ && clock >= clock_; }
  // Whether a record behind `snapshot` wrote the row.
  bool is_newer(const core::RowKey& key, std::int64_t snapshot) const;

 private:
  struct Slot {
    core::RowKey key;
    std::int64_t id = 0;  // 0: free
  };
  struct Generation {
    std::vector<Slot> slots;  // a power of two, or none
    std::size_t used = 0;
    std::int64_t last = 0;  // record noted

    void note(const core::RowKey& key, std::int64_t id);
    std::int64_t id_of(const core::RowKey& key) const;  // 0: none
    std::size_t slot_of(const core::RowKey& key) const;
    void grow();
  };

  std::size_t keys_max_;
  std::int64_t floor_ = 0;
  core::Hlc clock_;
  Generation young_;
  Generation old_;
};

}  // namespace murmel::store
