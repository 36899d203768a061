// Oracle: all change sets that were ever committed anywhere, and what databases must look like because of
// them, worked out the slow and obvious way.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/core/change_set.h"
#include "tests/sim/rows.h"

namespace murmel::sim {

// What happened to one database, as far as it decides which lost writes the node can know of.
struct Event {
  enum class Kind {
    kCommitted,  // a record: applied, or written here
    kAgain,      // a record of before a snapshot was applied on top of it
    kTrimmed,    // records left the log
    kSnapshot,   // what stands before this happened to the donor
  };
  Kind kind = Kind::kCommitted;
  core::Position position;      // kCommitted, kAgain
  core::VersionVector trimmed;  // kTrimmed: all that is gone by now
  core::Hlc watermark;          // kTrimmed: as it was then
};

class Oracle {
 public:
  // A database's content from before its log.
  void set_baseline(const Uuid& history, const Content& content) { baselines_[history] = content; }
  // A change set exists. Returns what is wrong with it, or nothing: one position names one change set for
  // ever, and stamps grow within an origin.
  std::string note(const Uuid& history, const core::ChangeSet& change, const std::vector<Op>& ops);
  // It was committed but lost in a crash before anybody could see it; its number will be used again.
  void take_back(const Uuid& history, NodeId origin, Seq from);

  // What a database that has applied exactly `have` contains: per row, the greatest version's write.
  Content expected(const Uuid& history, const core::VersionVector& have) const;
  // Whole transactions only: empty, or the position at which one is cut.
  std::string cut_transaction(const Uuid& history, const core::VersionVector& have) const;
  // Lost writes as the node has to count them since its last snapshot: each time it applies a write to a row
  // whose last writer neither had seen it nor was seen by it, unless both are deletes. A writer is known
  // until its record is trimmed at or below the watermark.
  std::int64_t conflicts(const Uuid& history, NodeId self, const std::vector<Event>& events) const;
  // The first position at or below `stamp` that `have` lacks; empty if there is none.
  std::string missing_below(const Uuid& history, core::Hlc stamp, const core::VersionVector& have) const;
  std::size_t size(const Uuid& history) const;
  // What decided change sets did, aborted ones left out.
  std::map<core::Position, std::vector<Op>> decided(const Uuid& history) const;

 private:
  struct Entry {
    core::ChangeSet change;
    std::vector<Op> ops;
  };
  using History = std::map<core::Position, Entry>;

  const History& history(const Uuid& id) const;

  std::map<Uuid, History> histories_;
  // Lost in a crash, and perhaps used again for something else. A decided transaction may name the lost one
  // as what it depends on.
  std::map<Uuid, core::VersionVector> taken_back_;
  std::map<Uuid, Content> baselines_;
};

std::string position_name(const core::Position& position);

}  // namespace murmel::sim
