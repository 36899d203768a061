// Ids: numbers for AUTO_INCREMENT columns that no other node gives out, without asking any.
//
// Wide columns (BIGINT) get 53 bits, which JavaScript holds exactly: milliseconds since 2 January 2025 (41),
// the node's place among the members (6), a count (6). They grow, and never go back while this process runs.
// Narrow columns get max + 1, or the next of this node's residue class where there are more nodes, as Galera
// does; a number that was given to one session is given to no other one, also if it comes to nothing. While
// members change two nodes may for an instant believe in the same place. Any thread.
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
  std::int64_t next_wide();
  // The least number that is this node's, above `greatest`, which is in the table, and above those given for
  // this table (any name of it) while its schema had this version. `most`: nothing above it.
  std::optional<std::int64_t> next_narrow(const std::string& table, std::int64_t version,
                                          std::int64_t greatest, std::int64_t most);
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
  std::int64_t in_tick_ = 0;            // guarded by mutex_
  std::map<std::string, Given> given_;  // guarded by mutex_
};

}  // namespace murmel::session
