// Where in the log a change set stands: every 64th position of each origin with its id, so that a range can
// be read without an index on disk, which every writing application would have to keep up. Built at open.
// Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/core/change_set.h"

namespace murmel::store {

class LogIndex {
 public:
  // Records come in the order of their ids.
  void add(std::int64_t id, const core::Position& position);
  // Records up to `id` were trimmed; `first_kept` are the lowest seqs left per origin (absent: none left).
  void trimmed(std::int64_t id, const core::VersionVector& trimmed);
  void clear() { origins_.clear(); }

  // An id at or before the record (0: begin of the log). nullopt: it isn't in the log.
  std::optional<std::int64_t> id_before(const core::Position& position) const;
  // Lowest seq of the origin that the log holds; nullopt: it holds none.
  std::optional<Seq> first_kept(NodeId origin) const;
  Seq last(NodeId origin) const;
  // Per origin the greatest seq that is gone.
  core::VersionVector trimmed_of(const core::VersionVector& have) const;

 private:
  struct Mark {
    Seq seq;
    std::int64_t id;
  };
  struct Origin {
    Seq first = 0;
    Seq last = 0;
    std::vector<Mark> marks;  // ascending
  };
  std::map<NodeId, Origin> origins_;
};

}  // namespace murmel::store
