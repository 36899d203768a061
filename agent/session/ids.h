// Ids: numbers for AUTO_INCREMENT columns of type BIGINT that no other node gives out, without asking any.
//
//   compact    0 | milliseconds since 2 January 2025 (41) | place of the node (6)  | count (6)    53 bits
//   extended   0 | milliseconds since 2 January 2025 (41) | place of the node (10) | count (12)   63 bits
//
// JavaScript holds 53 bits exactly. A place is one node's alone (service/numbers.h). Numbers grow, and never
// go back while this process runs. Clients take the numbers of one INSERT's rows to follow each other, so its
// rows get a run: of as many as the count has; of more, in the upper half of a millisecond's numbers, which
// is parted among the places as long as they are 16 at most (with three or four 512, or 524,288). Longer ones
// are several. Any thread.
#pragma once

#include <cstdint>
#include <mutex>

#include "agent/session/number_run.h"

namespace murmel::session {

class Ids {
 public:
  enum class Layout { kCompact, kExtended };
  struct Place {
    std::int64_t index = 0;  // of this node, below count
    std::int64_t count = 1;  // of all that were ever given, as far as is known here
  };

  explicit Ids(Layout layout);
  // How many places there are.
  std::int64_t places_max() const { return std::int64_t{1} << place_bits_; }
  void set_place(Place place);
  // As many of the `wanted` (1 or more) as can follow each other.
  NumberRun next(std::int64_t wanted);

 private:
  const int place_bits_;
  const int count_bits_;
  std::mutex mutex_;
  Place place_;               // guarded by mutex_
  std::int64_t tick_ = 0;     // guarded by mutex_; milliseconds
  std::int64_t in_tick_ = 0;  // guarded by mutex_; numbers given in it
};

}  // namespace murmel::session
