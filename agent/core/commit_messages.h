// What nodes say to each other to decide transactions at QUORUM and ALL, as plain values; the protocol is in
// core/commit.h. Each message belongs to one database and carries a batch. The cores rely on nothing about
// delivery: every message may come late, twice or never.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "agent/base/ids.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"

namespace murmel::core {

// Rounds above 0 belong to recovery; the coordinator alone proposes in round 0.
struct Ballot {
  std::uint32_t round = 0;
  NodeId node = 0;

  auto operator<=>(const Ballot&) const = default;
};

// Key that a transaction writes or relies on: a hash of table and primary key, of a unique index and its
// columns, or of a key that others may refer to. Equal keys have equal claims; two keys that collide by
// chance cost one refusal too many.
using Claim = std::uint64_t;
// Stands for every key there is: what a schema change claims. A key whose hash this is by chance makes its
// transaction wait for all others, which does no harm.
inline constexpr Claim kNoKey = 1;  // that nobody wants, where it is not known what was claimed
inline constexpr Claim kWholeDatabase = 0;

// A transaction to be decided. Its slot is (change.origin, change.seq): a decided origin, numbered by the
// coordinator.
struct Transaction {
  ChangeSet change;  // `more` is never set
  // All that the transaction could see: every origin applied at the coordinator when it took its snapshot.
  // `change.depends` may say more: what was applied when it was proposed.
  VersionVector seen;
  std::vector<Claim> claims;  // ascending, without duplicates
  // What must stay as it was seen, though others may rely on it as well: the parents of the rows that it
  // writes, rows locked FOR SHARE. As `claims`, and none of them.
  std::vector<Claim> shared;
  bool operator==(const Transaction&) const = default;
};

// Why a voter says no.
enum class VoteReason : std::uint8_t {
  kYes = 0,
  kBusy = 1,      // an undecided transaction holds one of the keys: may be tried again as it is
  kConflict = 2,  // one of the keys was written by a decided transaction that this one has not seen
  kBehind = 3,    // it has not seen what the voter has forgotten the keys of: catch up, then begin again
  kEpoch = 4,     // another set of voters is in force
  kClock = 5,     // the stamp is too far ahead
  kLimit = 6,     // the voter has no room for it
  kOver = 7,      // recovery of the slot has begun
  kFenced = 8,    // the voters are being changed, or a history is: may be tried again in a moment
};

struct Prepare {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Transaction> transactions;
  bool operator==(const Prepare&) const = default;
};

struct Vote {
  Position slot;
  VoteReason reason = VoteReason::kYes;
  Position by;  // kBusy, kConflict: the transaction in the way
  bool operator==(const Vote&) const = default;
};
struct Votes {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Vote> votes;
  bool operator==(const Votes&) const = default;
};

// Second phase. In round 0 from the coordinator, else from whoever recovers.
struct Proposal {
  Position slot;
  Hlc hlc;
  Ballot ballot;
  bool commit = false;
  bool operator==(const Proposal&) const = default;
};
struct Accept {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Proposal> proposals;
  bool operator==(const Accept&) const = default;
};

struct Acceptance {
  Position slot;
  Ballot ballot;  // the proposal's
  bool ok = false;
  Ballot promised;  // not ok: what the voter has promised
  bool operator==(const Acceptance&) const = default;
};
struct Accepted {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Acceptance> acceptances;
  bool operator==(const Accepted&) const = default;
};

// First phase of recovery.
struct Recovery {
  Position slot;
  Hlc hlc;  // 0: the recoverer never saw the transaction
  Ballot ballot;
  bool operator==(const Recovery&) const = default;
};
struct Recover {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Recovery> slots;
  bool operator==(const Recover&) const = default;
};

struct Promised {
  Position slot;
  Hlc hlc;  // 0: not known here
  Ballot ballot;
  bool ok = false;
  Ballot promised;     // not ok: the higher promise
  bool voted = false;  // yes, in round 0
  std::optional<Proposal> accepted;
  std::optional<bool> decided;  // commit or abort: nothing is left to do
  bool operator==(const Promised&) const = default;
};
struct Promise {
  Uuid database_id;
  std::uint64_t epoch = 0;
  std::vector<Promised> slots;
  bool operator==(const Promise&) const = default;
};

struct Decision {
  Position slot;
  Hlc hlc;
  bool commit = false;
  bool operator==(const Decision&) const = default;
};
struct Decided {
  Uuid database_id;
  std::vector<Decision> decisions;
  bool operator==(const Decided&) const = default;
};

using CommitMessage = std::variant<Prepare, Votes, Accept, Accepted, Recover, Promise, Decided>;

}  // namespace murmel::core
