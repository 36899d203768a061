// PeerOutbox: how the flows reach peers. Implemented by Node over io::Links; tests put a recorder there.
// Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "agent/base/ids.h"

namespace murmel::service {

class PeerOutbox {
 public:
  virtual ~PeerOutbox() = default;
  // Sends one encoded message (wire::encode), encoded and compressed once for all receivers. A message to a
  // peer that is gone or does not read is dropped: all flows ask again.
  virtual void send(const std::vector<NodeId>& to, std::string message) = 0;
  virtual bool linked(NodeId node) const = 0;
};

}  // namespace murmel::service
