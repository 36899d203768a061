#include "tests/sim/mutation.h"

#include <algorithm>

namespace murmel::sim {

const std::vector<BugName>& planted_bugs() {
  static const std::vector<BugName> kBugs = {
      {PlantedBug::kAcceptGap, "accept_gap"},
      {PlantedBug::kIgnoreDepends, "ignore_depends"},
      {PlantedBug::kSplitTransaction, "split_transaction"},
      {PlantedBug::kEagerWatermark, "eager_watermark"},
      {PlantedBug::kTrimBehind, "trim_behind"},
      {PlantedBug::kNeverRefute, "never_refute"},
      {PlantedBug::kIgnoreIncarnation, "ignore_incarnation"},
      {PlantedBug::kVoteNotDurable, "vote_not_durable", 45},
      {PlantedBug::kPromiseNotDurable, "promise_not_durable", 45},
      {PlantedBug::kForgetAccepted, "forget_accepted"},
      // Needs two values accepted in two rounds and a lost decision: a unit test of core::Commit shows it,
      // too.
      {PlantedBug::kLowestBallot, "lowest_ballot", 1, false},
      {PlantedBug::kNoSeenCheck, "no_seen_check"},
      {PlantedBug::kFreeClaimsEarly, "free_claims_early"},
      {PlantedBug::kNoReserve, "no_reserve", 100},
      {PlantedBug::kApplyUndecided, "apply_undecided"},
      {PlantedBug::kMajorityIsAll, "majority_is_all"},
      {PlantedBug::kIgnoreEpoch, "ignore_epoch"},
      {PlantedBug::kAbortByItself, "abort_by_itself", 300},
      {PlantedBug::kIgnoreFloor, "ignore_floor", 110},
      {PlantedBug::kSchemaNotSeen, "schema_not_seen"},
      {PlantedBug::kSchemaUnseeing, "schema_unseeing", 20},
      {PlantedBug::kSharersUnseen, "sharers_unseen"},
      // Unit tests of core::Commit show these three: what they lose is rarely needed.
      {PlantedBug::kUnseeing, "unseeing", 1, false},
      {PlantedBug::kIgnoreTips, "ignore_tips", 1, false},
      {PlantedBug::kOldVotes, "old_votes", 1, false},
      {PlantedBug::kMinorityWaits, "minority_waits"},
      {PlantedBug::kVoidApart, "void_apart"},
      {PlantedBug::kForgetAuthors, "forget_authors", 300},
      {PlantedBug::kFenceNotDurable, "fence_not_durable", 700},
      {PlantedBug::kNoHolders, "no_holders"},
      {PlantedBug::kForgetEpoch, "forget_epoch", 10},
      {PlantedBug::kReadApart, "read_apart", 50},
      {PlantedBug::kForgetUnderWay, "forget_under_way", 90},
      {PlantedBug::kBeginApart, "begin_apart", 100},
      {PlantedBug::kWaitForLost, "wait_for_lost"},
      {PlantedBug::kWitnessHasty, "witness_hasty"},
      {PlantedBug::kWitnessKeeps, "witness_keeps"},
      {PlantedBug::kWitnessInVain, "witness_in_vain"},
      {PlantedBug::kKnowDecided, "know_decided"},
      {PlantedBug::kAskFewer, "ask_fewer"},
      {PlantedBug::kSeenAnew, "seen_anew"},
      {PlantedBug::kSendBeforeDurable, "send_before_durable"},
      {PlantedBug::kAckBeforeDurable, "ack_before_durable"},
      {PlantedBug::kSkipChange, "skip_change"},
      {PlantedBug::kHalfTransaction, "half_transaction"},
      {PlantedBug::kTieByArrival, "tie_by_arrival"},
      {PlantedBug::kForgetTombstone, "forget_tombstone"},
      {PlantedBug::kStaleLocal, "stale_local"},
      {PlantedBug::kCursorApart, "cursor_apart"},
      {PlantedBug::kTrimTooMuch, "trim_too_much", 200},
      {PlantedBug::kForgetPast, "forget_past", 600, true, true},
      {PlantedBug::kBagByArrival, "bag_by_arrival"},
      {PlantedBug::kForgetMisses, "forget_misses"},
      {PlantedBug::kUncounted, "uncounted"},
      {PlantedBug::kTrustWatermark, "trust_watermark", 480},
  };
  return kBugs;
}

bool shows_at_one(PlantedBug bug) {
  const auto& bugs = planted_bugs();
  return std::any_of(bugs.begin(), bugs.end(),
                     [bug](const BugName& name) { return name.bug == bug && name.shows_at_one; });
}

bool shows_in_epochs(PlantedBug bug) {
  constexpr PlantedBug kBugs[] = {PlantedBug::kPromiseNotDurable, PlantedBug::kIgnoreTips,
                                  PlantedBug::kOldVotes,          PlantedBug::kFenceNotDurable,
                                  PlantedBug::kNoHolders,         PlantedBug::kForgetEpoch,
                                  PlantedBug::kReadApart};
  return std::find(std::begin(kBugs), std::end(kBugs), bug) != std::end(kBugs);
}

bool shows_with_a_leaver(PlantedBug bug) {
  return bug == PlantedBug::kForgetAuthors || bug == PlantedBug::kTrimBehind ||
         bug == PlantedBug::kWaitForLost;
}

bool shows_with_a_witness(PlantedBug bug) {
  return bug == PlantedBug::kWitnessHasty || bug == PlantedBug::kWitnessKeeps ||
         bug == PlantedBug::kWitnessInVain;
}

core::Mutation core_mutation(PlantedBug bug) {
  switch (bug) {
    case PlantedBug::kAcceptGap: return core::Mutation::kAcceptGap;
    case PlantedBug::kIgnoreDepends: return core::Mutation::kIgnoreDepends;
    case PlantedBug::kSplitTransaction: return core::Mutation::kSplitTransaction;
    case PlantedBug::kEagerWatermark: return core::Mutation::kEagerWatermark;
    case PlantedBug::kTrimBehind: return core::Mutation::kTrimBehind;
    case PlantedBug::kNeverRefute: return core::Mutation::kNeverRefute;
    case PlantedBug::kIgnoreIncarnation: return core::Mutation::kIgnoreIncarnation;
    case PlantedBug::kVoteNotDurable: return core::Mutation::kVoteNotDurable;
    case PlantedBug::kPromiseNotDurable: return core::Mutation::kPromiseNotDurable;
    case PlantedBug::kForgetAccepted: return core::Mutation::kForgetAccepted;
    case PlantedBug::kLowestBallot: return core::Mutation::kLowestBallot;
    case PlantedBug::kNoSeenCheck: return core::Mutation::kNoSeenCheck;
    case PlantedBug::kFreeClaimsEarly: return core::Mutation::kFreeClaimsEarly;
    case PlantedBug::kNoReserve: return core::Mutation::kNoReserve;
    case PlantedBug::kApplyUndecided: return core::Mutation::kApplyUndecided;
    case PlantedBug::kMajorityIsAll: return core::Mutation::kMajorityIsAll;
    case PlantedBug::kIgnoreEpoch: return core::Mutation::kIgnoreEpoch;
    case PlantedBug::kAbortByItself: return core::Mutation::kAbortByItself;
    case PlantedBug::kIgnoreFloor: return core::Mutation::kIgnoreFloor;
    case PlantedBug::kSchemaNotSeen: return core::Mutation::kSchemaNotSeen;
    case PlantedBug::kSchemaUnseeing: return core::Mutation::kSchemaUnseeing;
    case PlantedBug::kSharersUnseen: return core::Mutation::kSharersUnseen;
    case PlantedBug::kIgnoreTips: return core::Mutation::kIgnoreTips;
    case PlantedBug::kOldVotes: return core::Mutation::kOldVotes;
    case PlantedBug::kMinorityWaits: return core::Mutation::kMinorityWaits;
    case PlantedBug::kVoidApart: return core::Mutation::kVoidApart;
    case PlantedBug::kForgetAuthors: return core::Mutation::kForgetAuthors;
    case PlantedBug::kFenceNotDurable: return core::Mutation::kFenceNotDurable;
    case PlantedBug::kNoHolders: return core::Mutation::kNoHolders;
    case PlantedBug::kForgetEpoch: return core::Mutation::kForgetEpoch;
    case PlantedBug::kReadApart: return core::Mutation::kReadApart;
    case PlantedBug::kKnowDecided: return core::Mutation::kKnowDecided;
    case PlantedBug::kForgetUnderWay: return core::Mutation::kForgetUnderWay;
    case PlantedBug::kUnseeing: return core::Mutation::kUnseeing;
    case PlantedBug::kBeginApart: return core::Mutation::kBeginApart;
    case PlantedBug::kWaitForLost: return core::Mutation::kWaitForLost;
    case PlantedBug::kWitnessHasty: return core::Mutation::kWitnessHasty;
    case PlantedBug::kWitnessKeeps: return core::Mutation::kWitnessKeeps;
    case PlantedBug::kWitnessInVain: return core::Mutation::kWitnessInVain;
    case PlantedBug::kNone:
    case PlantedBug::kAskFewer:
    case PlantedBug::kSeenAnew:
    case PlantedBug::kSendBeforeDurable:
    case PlantedBug::kAckBeforeDurable:
    case PlantedBug::kSkipChange:
    case PlantedBug::kHalfTransaction:
    case PlantedBug::kTieByArrival:
    case PlantedBug::kForgetTombstone:
    case PlantedBug::kStaleLocal:
    case PlantedBug::kCursorApart:
    case PlantedBug::kTrimTooMuch:
    case PlantedBug::kForgetPast:
    case PlantedBug::kBagByArrival:
    case PlantedBug::kForgetMisses:
    case PlantedBug::kUncounted:
    case PlantedBug::kTrustWatermark: return core::Mutation::kNone;
  }
  return core::Mutation::kNone;
}

}  // namespace murmel::sim
