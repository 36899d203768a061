// History: what to do when two nodes meet that hold a database of the same name.
//
// A database's history is named by a random id. Nodes replicate only within one history, so when the ids
// differ one side has to give in: the one that is empty, else the one whose own log alone explains what was
// written there (no content from before the log, nothing trimmed), else nobody. Among equals the smaller id
// stays, which makes any number of nodes agree on one without talking about it. One in which transactions are
// decided stays, empty or not: what was acknowledged must not be undone, and the change of voters waits for
// what is in its commit journal. That begins only when a majority has this history (core::Commit).
//
// Giving in means to begin with what the other has, and to write again what was written here, with new
// stamps. The old stamps could lie below the watermark of nodes that never heard of this one, who then could
// not tell who wins.
//
// Pure function.
#pragma once

#include "agent/base/ids.h"
#include "agent/core/messages.h"

namespace murmel::core {

enum class HistoryMatch {
  kSame,
  kAdoptLog,       // nothing is here: take their id, then pull their log
  kAdoptSnapshot,  // take their id with a snapshot; what was written here is written again on top
  kTheyAdopt,      // wait for them
  kRefused,        // both have to stay: a person decides which to keep
};

// `own` and `theirs` as each side would say it in its Have; without an id of theirs they have no such
// database, and there is nothing to take. `self`: id of the node here.
HistoryMatch match_histories(NodeId self, const Have& own, const Have& theirs);

}  // namespace murmel::core
