// Ids: numbers for AUTO_INCREMENT columns that no other node gives out, without asking any.
//
// Wide columns (BIGINT) get 53 bits, which JavaScript holds exactly: milliseconds since 2 January 2025 (41),
// the node's place among the members (6), a count (6). They grow, and never go back while this process runs.
// Clients take the numbers of one INSERT's rows to follow each other, so its rows get a run: of up to 64
// within the count, of more in the upper half of a millisecond's numbers, which is parted among the members
// (512 with three or four) as long as they are 16 at most. Longer ones are several. Narrow columns get max +
// 1, or the next of this node's residue class where there are more nodes, as Galera does; the rows of one
// INSERT get max + 1, max + 2, ... where a quorum decides who had them first, else what follows is as many
// more as there are nodes. A number that was given to one session is given to no other one of this node, also
// if it comes to nothing. While members change two nodes may for an instant believe in the same place. Any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

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
  // Numbers of one statement: `first`, `first + step`, ...
  struct Run {
    std::int64_t first = 0;
    std::int64_t step = 1;
    std::int64_t count = 1;
  };
  // As many of the `wanted` (1 or more) as can follow each other.
  Run next_wide(std::int64_t wanted);
  // The least number that is this node's, above `greatest`, which is in the table, and above those given for
  // this table (any name of it) while its schema had this version, and those that follow it. `most`: nothing
  // above it. `decided`: a quorum refuses the second of two equal ones, so several may be any node's.
  std::optional<Run> next_narrow(const std::string& table, std::int64_t version, std::int64_t greatest,
                                 std::int64_t most, std::int64_t wanted, bool decided);
  // The table is empty, or gone.
  void forget(const std::string& table);
  void forget_all();

 private:
  struct Given {
    std::int64_t version = 0;
    std::int64_t last = 0;
  };

  mutable std::mutex mutex_;
  Place place_;                         // guarded by mutex_
  std::int64_t tick_ = 0;               // guarded by mutex_; milliseconds
  std::int64_t in_tick_ = 0;            // guarded by mutex_; numbers given in it
  std::map<std::string, Given> given_;  // guarded by mutex_
};

}  // namespace murmel::session
