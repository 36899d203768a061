// Bugs that a test plants, to prove that the simulator catches them: in a core, in the host, or in the store.
#pragma once

#include <string>
#include <vector>

#include "agent/core/mutation.h"

namespace murmel::sim {

enum class PlantedBug {
  kNone,
  // in the cores
  kAcceptGap,
  kIgnoreDepends,
  kSplitTransaction,
  kEagerWatermark,
  kTrimBehind,
  kNeverRefute,
  kIgnoreIncarnation,
  kVoteNotDurable,
  kPromiseNotDurable,
  kForgetAccepted,
  kLowestBallot,
  kNoSeenCheck,
  kFreeClaimsEarly,
  kNoReserve,
  kApplyUndecided,
  kMajorityIsAll,
  kIgnoreEpoch,
  kAbortByItself,
  kIgnoreFloor,
  kSchemaNotSeen,
  kSchemaUnseeing,
  kSharersUnseen,
  kIgnoreTips,
  kOldVotes,
  kMinorityWaits,
  kVoidApart,
  kForgetAuthors,
  kFenceNotDurable,
  kNoHolders,
  kForgetEpoch,
  kReadApart,
  kKnowDecided,
  kForgetUnderWay,
  kUnseeing,
  kBeginApart,
  kWaitForLost,
  kWitnessHasty,
  kWitnessKeeps,
  kWitnessInVain,
  // in the application
  kAskFewer,  // a serializable read asks one voter fewer than a majority
  kSeenAnew,  // claims to have seen what came after it read
  // in the host
  kSendBeforeDurable,  // own change sets leave the node before they are on disk
  kAckBeforeDurable,   // positions are told to others before they are on disk
  // in the store
  kSkipChange,       // now and then a change set only moves the cursor
  kHalfTransaction,  // now and then only the first half of a transaction's rows is written
  kTieByArrival,     // equal stamps: the later arrival wins
  kForgetTombstone,  // a delete leaves no version
  kStaleLocal,       // applies without reading new local records first
  kCursorApart,      // the cursor is not part of the applying transaction
  kTrimTooMuch,      // versions of records trimmed above the watermark are forgotten
  kForgetPast,       // what the authors of such records had seen is forgotten
  kBagByArrival,     // rows without a key: a delete takes whatever equal row is there when it arrives
  kForgetMisses,     // after a restart nobody knows which delete found no row
  kUncounted,        // writes that a decided transaction overwrites unseen are not counted
  kTrustWatermark,   // after a restart the watermark is held for whoever joined
};

struct BugName {
  PlantedBug bug;
  const char* name;
  std::uint64_t first_seed = 1;  // where --mutations begins to look, so that it takes no longer than it must
  bool demanded = true;          // it must show in --mutations
  bool shows_at_one = false;     // only in counts that are not checked beside transactions at QUORUM
};
const std::vector<BugName>& planted_bugs();  // all but kNone
bool shows_at_one(PlantedBug bug);
bool shows_in_epochs(PlantedBug bug);  // looked for where voters change all the time
bool shows_with_a_leaver(PlantedBug bug);
bool shows_with_a_witness(PlantedBug bug);
core::Mutation core_mutation(PlantedBug bug);

}  // namespace murmel::sim
