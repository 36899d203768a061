// Ids: numbers for AUTO_INCREMENT columns that no other node gives out, without asking any.
//
// Wide columns (BIGINT) get 53 bits, which JavaScript holds exactly: milliseconds since 2 January 2025 (41),
// the node's place among the members (6), a count (6). They grow, and never go back while this process runs.
// Narrow columns get max + 1, or the next of this node's residue class where there are more nodes, as Galera
// does. While members change two nodes may for an instant believe in the same place. Any thread.
#pragma once

#include <cstdint>
#include <mutex>

namespace murmel::session {

class Ids {
 public:
  static constexpr std::uint32_t kPlacesMax = 64;

  struct Place {
    std::uint32_t index = 0;  // of this node, below count
    std::uint32_t count = 1;
  };
  void set_place(Place place);
  Place place() const;
  std::int64_t next_wide();
  // The least number above `greatest` that is this node's.
  std::int64_t next_narrow(std::int64_t greatest) const;

 private:
  mutable std::mutex mutex_;
  Place place_;               // guarded by mutex_
  std::int64_t tick_ = 0;     // guarded by mutex_; milliseconds
  std::int64_t in_tick_ = 0;  // guarded by mutex_
};

}  // namespace murmel::session
