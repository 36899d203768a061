// VoterSource: who votes now, for a part that begins after the record was taken into force (core/epoch.h).
// Loop thread only.
#pragma once

#include <vector>

#include "agent/core/commit.h"

namespace murmel::service {

class VoterSource {
 public:
  virtual ~VoterSource() = default;
  // No voters: nobody decides, or this node takes no part.
  virtual core::Epoch epoch() const = 0;
  // All that can have been committed in earlier epochs.
  virtual core::VersionVector tips(const Uuid& database_id) const = 0;
  virtual bool fenced() const = 0;
  // Those of the voters that have the databases.
  virtual std::vector<NodeId> data_voters() const = 0;
};

}  // namespace murmel::service
