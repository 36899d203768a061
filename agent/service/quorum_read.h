// QuorumRead: what had been committed at a quorum by now? Asks a majority of the voters which slots they know
// of (core::Commit::known_in); whoever has applied all of these, reads what was committed before the
// question. Loop thread only.
#pragma once

#include <functional>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/service/calls.h"

namespace murmel::service {

class CommitHost;

using PositionsReply = std::function<void(Result<core::VersionVector>)>;

// How this node answers the question of others.
// `find` gives who decides for a database; nullptr: nobody.
void answer_quorum_reads(Calls& calls, std::function<CommitHost*(const std::string& database)> find);

// `hold_back`: new transactions wait for so long (core::commit_input::HoldBack); zero: they do not.
// Replies once. Errors: kUnavailable when no majority has answered within `timeout`; kBusy when the voters
// are being changed, so that it may be asked again in a moment.
void read_at_quorum(Calls& calls, CommitHost& host, Duration timeout, Duration hold_back,
                    const PositionsReply& reply);

}  // namespace murmel::service
