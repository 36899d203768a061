// VersionIndex: which change set wrote a row last, for the rows where that can still matter.
//
// Last writer wins needs the version of the row a remote change wants to write. Instead of a version column
// the index holds the rows touched by log records above the watermark, the stamp below which every member has
// everything. A row without an entry is older than anything still to come. A deleted row has an entry like
// any other (its tombstone). The index is rebuilt from the log at open, and when the watermark has to move
// down.
//
// An open-addressing table with linear probing, at most 3/4 full. drop_below() only moves a mark: entries at
// or below it are no longer found, and their slots are reclaimed when the table fills up or all of them are
// old. Not thread safe; belongs to the applier of one database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/core/hlc.h"

namespace murmel::core {

// 128-bit hash of table name and normalised primary key (XXH3).
struct RowKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const RowKey&) const = default;
};

struct RowKeyHash {
  std::size_t operator()(const RowKey& key) const { return key.low; }  // a hash already
};

// Who wrote a row last: its version (the node is the origin), the change set's seq there, and what it did.
struct RowVersion {
  Version version;
  Seq seq = 0;
  bool deleted = false;
  bool operator==(const RowVersion&) const = default;
};

class VersionIndex {
 public:
  std::optional<RowVersion> lookup(const RowKey& key) const;
  // Notes that `row` wrote `key`. The greater version stays, so that a rebuild may go in any order.
  void record(const RowKey& key, const RowVersion& row);
  // Forgets entries with hlc <= watermark. A lower mark than before is ignored: see reset().
  void drop_below(Hlc watermark);
  // Forgets everything and starts at `watermark`; the caller then records what its log holds above it.
  void reset(Hlc watermark);

  Hlc watermark() const { return watermark_; }
  std::size_t size() const { return used_; }  // entries held, including old ones not yet reclaimed
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    RowKey key;
    Hlc hlc{-1};  // below 0: free
    Seq seq = 0;
    NodeId node = 0;
    bool deleted = false;
  };

  std::size_t find_slot(const RowKey& key) const;
  void rebuild();

  std::vector<Slot> slots_;  // size is 0 or a power of two
  std::size_t used_ = 0;
  Hlc watermark_{-1};
  Hlc newest_{-1};
};

}  // namespace murmel::core
