// What became of a transaction at QUORUM: core::Commit knows while it remembers it, the database's log after
// that. Loop thread only; `reply` is called once.
#pragma once

#include "agent/service/commit_host.h"

namespace murmel::service {

class Replica;

void tell_outcome(Replica& replica, const core::Position& slot, CommitHost::Reply reply);

}  // namespace murmel::service
