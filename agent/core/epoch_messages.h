// What nodes say to each other to decide who votes, as plain values; the protocol is in core/epoch.h. One
// conversation per cluster, not per database. The core relies on nothing about delivery: every message may
// come late, twice or never. Who may say what is checked by the core, by the uuid of the link (PeerUp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/ids.h"
#include "agent/core/change_set.h"
#include "agent/core/commit_messages.h"

namespace murmel::core {

// Numbers are part of the wire format.
enum class EpochRole : std::uint8_t {
  kVoter = 0,    // has the databases, and votes
  kWitness = 1,  // votes, and has no database
  kReplica = 2,  // has the databases, and does not vote
};

struct EpochMember {
  Uuid uuid;  // of the data directory
  NodeId node = 0;
  std::uint16_t number = 0;  // 1 .. 1023, given by the cluster, never given twice
  EpochRole role = EpochRole::kVoter;
  bool operator==(const EpochMember&) const = default;
};

// Who was a member once. Its node id and number stay its own for ever, since slots bear the id.
struct EpochPast {
  Uuid uuid;
  NodeId node = 0;
  std::uint16_t number = 0;
  bool banned = false;  // removed by an operator: may not come back until it is allowed to
  bool operator==(const EpochPast&) const = default;
};

// Greatest slot per decided origin, of each database (by its id).
using Tips = std::map<Uuid, VersionVector>;

// One link of the chain. Record n+1 is decided by the voters of record n, and in force from then on.
struct EpochRecord {
  Uuid cluster_id;  // of all records of one chain
  std::uint64_t number = 0;
  std::vector<EpochMember> members;  // ascending by node
  std::vector<EpochPast> past;       // ascending by node
  // All that can have been committed in earlier epochs. What is not covered by them is void.
  Tips tips;
  bool operator==(const EpochRecord&) const = default;
};

struct EpochProposal {
  Ballot ballot;
  EpochRecord record;
  bool operator==(const EpochProposal&) const = default;
};

// What a member, or one who wants to be one, would like to have changed.
enum class EpochChangeKind : std::uint8_t {
  kNothing = 0,  // only ends the epoch: what a voter proposes that finds itself fenced
  kAdd = 1,      // node with uuid becomes a member, or gets another role
  kLeave = 2,    // takes itself out; may come back
  kRemove = 3,   // is taken out for good
  kAllow = 4,    // a removed uuid may come back
};
struct EpochChange {
  EpochChangeKind kind = EpochChangeKind::kNothing;
  Uuid uuid;  // nil with kLeave, kRemove and kAllow: whoever has the node id
  NodeId node = 0;
  EpochRole role = EpochRole::kVoter;  // kAdd
  bool operator==(const EpochChange&) const = default;
};

// --- messages -------------------------------------------------------------------------------------------
// `number` is that of the record which is being decided.

// "My latest record is this one." Said when a link comes up, now and then, and to whoever talks about an
// epoch that is not the next one. Answered by EpochHead if the sender is behind.
struct EpochAt {
  Uuid cluster_id;  // nil with number 0: no cluster yet
  std::uint64_t number = 0;
  bool operator==(const EpochAt&) const = default;
};
// A decided record.
struct EpochHead {
  EpochRecord record;
  bool operator==(const EpochHead&) const = default;
};

// First phase, to the voters in force.
struct EpochFence {
  Uuid cluster_id;
  std::uint64_t number = 0;
  Ballot ballot;
  bool operator==(const EpochFence&) const = default;
};
struct EpochFenced {
  Uuid cluster_id;
  std::uint64_t number = 0;
  Ballot ballot;  // of the question
  bool ok = false;
  Ballot promised;  // not ok: the higher promise
  std::optional<EpochProposal> accepted;
  Tips known;  // Commit::known() of each database, asked after the fence was in force
  bool operator==(const EpochFenced&) const = default;
};

// To voters in force and voters to be: see that all slots up to the tips are decided; say when you hold them.
// Repeated until it is answered, or the ballot is over. Round 0: before the fence, only a question.
struct EpochDrain {
  Uuid cluster_id;
  std::uint64_t number = 0;
  Ballot ballot;
  Tips tips;
  bool operator==(const EpochDrain&) const = default;
};
struct EpochHeld {
  Uuid cluster_id;
  std::uint64_t number = 0;
  Ballot ballot;
  bool operator==(const EpochHeld&) const = default;
};

// Second phase, to the voters in force.
struct EpochAccept {
  EpochProposal proposal;
  bool operator==(const EpochAccept&) const = default;
};
struct EpochAccepted {
  Uuid cluster_id;
  std::uint64_t number = 0;
  Ballot ballot;  // of the proposal
  bool ok = false;
  Ballot promised;  // not ok: the higher promise
  bool operator==(const EpochAccepted&) const = default;
};

// From a node that does not vote to one that does: a change of the sender itself (kAdd, kLeave).
struct EpochAsk {
  EpochChange change;
  bool operator==(const EpochAsk&) const = default;
};
struct EpochAnswer {
  bool ok = false;
  std::string text;  // not ok: why
  bool operator==(const EpochAnswer&) const = default;
};

using EpochMessage = std::variant<EpochAt, EpochHead, EpochFence, EpochFenced, EpochDrain, EpochHeld,
                                  EpochAccept, EpochAccepted, EpochAsk, EpochAnswer>;

}  // namespace murmel::core
