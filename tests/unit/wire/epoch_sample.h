// One message about voters of each kind, and a kept state, with every field in use.
#pragma once

#include <vector>

#include "agent/core/epoch.h"

namespace murmel {

inline Uuid sample_uuid(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes.fill(number);
  return uuid;
}

inline core::EpochRecord sample_epoch(std::uint64_t number = 4) {
  core::EpochRecord record;
  record.cluster_id = sample_uuid(1);
  record.number = number;
  record.members = {{sample_uuid(2), 2, 1, core::EpochRole::kVoter},
                    {sample_uuid(3), 7, 1'023, core::EpochRole::kWitness},
                    {sample_uuid(4), kNodeIdMax, 3, core::EpochRole::kReplica}};
  record.past = {{sample_uuid(5), 1, 4, true}, {sample_uuid(6), 3, 5, false}};
  record.tips = {{sample_uuid(7), {{decided_origin(2), 9}, {decided_origin(7), INT64_MAX}}}};
  return record;
}

inline std::vector<core::EpochMessage> epoch_messages() {
  const Uuid cluster = sample_uuid(1);
  const core::Ballot ballot{3, 7};
  const core::EpochProposal proposal{ballot, sample_epoch()};
  const core::Tips tips = sample_epoch().tips;
  return {
      core::EpochAt{{}, 0},
      core::EpochAt{cluster, UINT64_MAX},
      core::EpochHead{sample_epoch()},
      core::EpochFence{cluster, 5, ballot},
      core::EpochFenced{cluster, 5, ballot, true, {}, proposal, tips},
      core::EpochFenced{cluster, 5, ballot, false, {4, 2}, std::nullopt, {}},
      core::EpochDrain{cluster, 5, {}, tips},
      core::EpochHeld{cluster, 5, ballot},
      core::EpochAccept{proposal},
      core::EpochAccepted{cluster, 5, ballot, true, {}},
      core::EpochAccepted{cluster, 5, ballot, false, {4, 2}},
      core::EpochAsk{{core::EpochChangeKind::kAdd, sample_uuid(9), 9, core::EpochRole::kWitness}},
      core::EpochAnswer{false, "a removed node"},
  };
}

inline core::EpochState sample_epoch_state() {
  return {sample_epoch(4), {3, 7}, core::EpochProposal{{3, 7}, sample_epoch(5)}};
}

}  // namespace murmel
