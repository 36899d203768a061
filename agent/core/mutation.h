// Mutation: bugs that tests plant in a core, to prove that the simulator would catch them. Production code
// leaves it at kNone. Bugs of the host and of the store are planted in tests/sim, not here.
#pragma once

namespace murmel::core {

enum class Mutation {
  kNone,
  kAcceptGap,          // sync: takes a change set whose predecessor is missing
  kIgnoreDepends,      // sync: does not wait for what a change set depends on
  kSplitTransaction,   // sync: applies the parts of a transaction as they come
  kEagerWatermark,     // sync: watermark from the members that happen to be connected
  kTrimBehind,         // sync: leaves others behind, though it lacks what they have
  kNeverRefute,        // membership: does not speak up when suspected
  kIgnoreIncarnation,  // membership: old news overrides newer news
  kVoteNotDurable,     // commit: says yes before it is on disk
  kPromiseNotDurable,  // commit: says what it promised or accepted before it is on disk
  kForgetAccepted,     // commit: recovery does not ask what was accepted
  kLowestBallot,       // commit: recovery takes the oldest of the accepted proposals
  kNoSeenCheck,        // commit: votes yes without regard to what the transaction has seen
  kFreeClaimsEarly,    // commit: a yes holds no claims
  kNoReserve,          // commit: numbers slots after a restart from what it remembers
  kApplyUndecided,     // commit: hands over what it voted for before it is decided
  kMajorityIsAll,      // commit: takes the yes of a majority for the yes of all
  kIgnoreEpoch,        // commit: answers those who count other voters
  kAbortByItself,      // commit: calls a transaction aborted when it has waited long enough
  kIgnoreFloor,        // commit: forgets claims without remembering that
  kIgnoreTips,         // commit: votes and recovers as if nothing had been decided in earlier epochs
  kOldVotes,           // commit: counts a yes of an earlier epoch
  kMinorityWaits,      // commit: without a majority it hopes for better times
  kVoidApart,          // commit: an aborted slot gets a stamp of whoever ends it
  kForgetAuthors,      // commit: only the voters of now may still have decided slots to come
  kFenceNotDurable,    // epochs: says that it is fenced before that is on disk
  kNoHolders,          // epochs: proposes new voters without asking whether they hold what is decided
  kForgetEpoch,        // epochs: a proposer does not ask what was accepted
  kSchemaNotSeen,      // commit: rows need not have seen the schema changes that are decided
  kReadApart,          // commit: tells readers what it knows though others may decide by now
  kKnowDecided,        // commit: tells readers only of what it knows to be decided
  kForgetUnderWay,     // sync: does not tell which slots it has given to transactions
  kUnseeing,           // commit: decides transactions that have not seen what their node has told of
  kBeginApart,         // commit: decides in a history that a majority does not have yet
  kSchemaUnseeing,     // commit: a schema change need not have seen the rows that are decided
  kSharersUnseen,      // commit: who writes a key need not have seen those that rely on it
  kWaitForLost,        // sync: a decided transaction waits for ever for a ONE write that is lost
  kWitnessHasty,       // witness: forgets what one voter has, though another one lacks it
  kWitnessKeeps,       // witness: gives nothing to those who can get it nowhere else
  kWitnessInVain,      // witness: asks again and again for rows for which there is no room
};

}  // namespace murmel::core
