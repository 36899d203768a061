#include "tests/sim/mutation.h"

namespace murmel::sim {

const std::vector<BugName>& planted_bugs() {
  static const std::vector<BugName> kBugs = {
      {PlantedBug::kAcceptGap, "accept_gap"},
      {PlantedBug::kIgnoreDepends, "ignore_depends"},
      {PlantedBug::kSplitTransaction, "split_transaction"},
      {PlantedBug::kEagerWatermark, "eager_watermark"},
      {PlantedBug::kNeverRefute, "never_refute"},
      {PlantedBug::kIgnoreIncarnation, "ignore_incarnation"},
      {PlantedBug::kSendBeforeDurable, "send_before_durable"},
      {PlantedBug::kAckBeforeDurable, "ack_before_durable"},
      {PlantedBug::kSkipChange, "skip_change"},
      {PlantedBug::kHalfTransaction, "half_transaction"},
      {PlantedBug::kTieByArrival, "tie_by_arrival"},
      {PlantedBug::kForgetTombstone, "forget_tombstone"},
      {PlantedBug::kStaleLocal, "stale_local"},
      {PlantedBug::kCursorApart, "cursor_apart"},
      {PlantedBug::kTrimTooMuch, "trim_too_much"},
      {PlantedBug::kForgetPast, "forget_past"},
      {PlantedBug::kTrustWatermark, "trust_watermark"},
  };
  return kBugs;
}

core::Mutation core_mutation(PlantedBug bug) {
  switch (bug) {
    case PlantedBug::kAcceptGap: return core::Mutation::kAcceptGap;
    case PlantedBug::kIgnoreDepends: return core::Mutation::kIgnoreDepends;
    case PlantedBug::kSplitTransaction: return core::Mutation::kSplitTransaction;
    case PlantedBug::kEagerWatermark: return core::Mutation::kEagerWatermark;
    case PlantedBug::kNeverRefute: return core::Mutation::kNeverRefute;
    case PlantedBug::kIgnoreIncarnation: return core::Mutation::kIgnoreIncarnation;
    case PlantedBug::kNone:
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
    case PlantedBug::kTrustWatermark: return core::Mutation::kNone;
  }
  return core::Mutation::kNone;
}

}  // namespace murmel::sim
