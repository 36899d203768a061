// NumberRanges: the numbers that this node may give to one AUTO_INCREMENT column that is narrower than
// BIGINT: ranges that a quorum has let it have alone. It gives them in order, beginning above what is in the
// table.
//
//   1 ... 1024    1025 ... 2048    2049 ... 4096
//   this node's   another one's    this node's; goes on in it what began in the first
//
// A number that was given to one session is given to no other one, also if it comes to nothing. No thread
// rule.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "agent/session/number_run.h"

namespace murmel::session {

class NumberRanges {
 public:
  struct Range {
    std::int64_t first = 1;
    std::int64_t last = 0;
  };
  // The greatest number within `range` that is in the table, 0: there is none; nothing: it can't be read.
  using Greatest = std::function<std::optional<std::int64_t>(const Range& range)>;

  // All of this node's, in order and apart. Nothing is given up to `floor` (AUTO_INCREMENT = floor + 1).
  void set(std::vector<Range> ranges, std::int64_t floor);
  // The table is empty, or another one of its name.
  void forget_given() { given_ = 0; }

  // The `wanted` (1 or more) of them above `behind` that follow each other; a run of none: there is no room
  // for so many. Nothing: `greatest` failed.
  std::optional<NumberRun> next(std::int64_t wanted, std::int64_t behind, const Greatest& greatest);
  // What the last range has room for.
  std::int64_t left() const;
  // Of all ranges.
  std::int64_t size() const;

 private:
  // Where to begin: in which range, and behind which number.
  struct Start {
    std::size_t range = 0;
    std::int64_t behind = 0;
  };
  std::optional<Start> start(const Greatest& greatest) const;

  std::vector<Range> ranges_;  // in order
  std::int64_t given_ = 0;     // the last one; 0: none yet
  std::int64_t floor_ = 0;
};

}  // namespace murmel::session
