// What one does with records of the chain of epochs. Pure functions; part of Epochs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/core/epoch_messages.h"

namespace murmel::core {

const EpochMember* member_of(const EpochRecord& record, const Uuid& uuid, NodeId node);
// Those who vote, ascending.
std::vector<NodeId> voters_of(const EpochRecord& record);
bool votes_in(const EpochRecord& record, const Uuid& uuid, NodeId node);
bool banned_in(const EpochRecord& record, const Uuid& uuid);

constexpr std::size_t majority_of(std::size_t voters) {
  return voters / 2 + 1;
}
// So many of them that every majority has one.
constexpr std::size_t holders_needed(std::size_t voters) {
  return voters - majority_of(voters) + 1;
}

struct EpochLimits {
  std::size_t members_max = 0;
  std::size_t voters_max = 0;
};

enum class ChangeVerdict { kChanged, kSatisfied, kRefused };

struct ChangeResult {
  ChangeVerdict verdict = ChangeVerdict::kRefused;
  EpochRecord record;  // kChanged: the next one, with the tips of `record`
  std::string text;    // kRefused: why
};

// The record after `record`, with all of the changes, one after the other.
ChangeResult apply_changes(const EpochRecord& record, const std::vector<EpochChange>& changes,
                           const EpochLimits& limits);

// Raises every vector of `tips` to `other`.
void raise(Tips& tips, const Tips& other);

}  // namespace murmel::core
