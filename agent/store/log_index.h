// Where in the log a change set stands: some positions of each origin with their ids, so that a range can be
// read without an index on disk, which every writing application would have to keep up. Built at open; its
// older part comes from the text that settled_log.h keeps. Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/change_set.h"

namespace murmel::store {

class LogIndex {
 public:
  // Every how many change sets of an origin a place is noted. What lies between is skipped over by reading
  // the heads of records, some hundred thousand in a second.
  explicit LogIndex(Seq mark_every = 1'024) : mark_every_(mark_every) {}

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

  // The part up to record `id`, of which `last` are the greatest seqs, as numbers in a text; and back.
  std::string to_text(std::int64_t id, const core::VersionVector& last) const;
  static std::optional<LogIndex> from_text(std::string_view text);

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
  Seq mark_every_;
  std::map<NodeId, Origin> origins_;
};

}  // namespace murmel::store
