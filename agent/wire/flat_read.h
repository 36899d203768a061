// FlatBuffers -> core types: what several decoders of this folder use; not included elsewhere. The structure
// has been verified before; here every number, count and order is checked.
#pragma once

#include <algorithm>
#include <string>

#include "agent/core/commit_messages.h"
#include "agent/wire/flat.h"
#include "agent/wire/messages.h"
#include "schemas/peer_generated.h"

namespace murmel::wire {

using Positions = flatbuffers::Vector<const flat::Position*>;

inline Error corrupt(const char* what) {
  return {ErrorCode::kCorrupt, std::string("a peer's message has ") + what};
}

inline bool valid_node(NodeId node) {
  return node > 0 && node <= kNodeIdMax;
}

// A node's own log, or that of its decided transactions.
inline bool valid_origin(NodeId origin) {
  return node_of_origin(origin) != 0;
}

inline Uuid uuid_of(const flat::Id128& id) {
  Uuid uuid;
  std::copy(id.bytes()->begin(), id.bytes()->end(), uuid.bytes.begin());
  return uuid;
}

inline SharedBytes shared(const flatbuffers::Vector<std::uint8_t>& bytes) {
  return SharedBytes(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// Structs are read where they lie; the verifier looks at where a vector or table starts, not at where their
// numbers come to lie.
template <typename Struct>
bool lies_askew(const Struct* first) {
  return reinterpret_cast<std::uintptr_t>(first) % alignof(Struct) != 0;
}

Status read_vector(const Positions* positions, core::VersionVector& vector);
Status read_change_set(const flat::ChangeSet& flat, core::ChangeSet& change);

Result<core::Position> read_slot(const flat::Position* flat);
Result<core::Ballot> read_ballot(const flat::Ballot* flat);  // nullptr: none, round 0 of nobody
Result<core::Hlc> read_stamp(std::int64_t value);
Result<core::Transaction> read_transaction(const flat::Transaction& flat);
Result<core::Proposal> read_proposal(const flat::Proposal& flat);
Result<core::Decision> read_decision(const flat::Decision& flat);

Result<Body> read_body(const flat::Prepare& flat);
Result<Body> read_body(const flat::Votes& flat);
Result<Body> read_body(const flat::Accept& flat);
Result<Body> read_body(const flat::Accepted& flat);
Result<Body> read_body(const flat::Recover& flat);
Result<Body> read_body(const flat::Promise& flat);
Result<Body> read_body(const flat::Decided& flat);
Result<Body> read_body(const flat::EpochAt& flat);
Result<Body> read_body(const flat::EpochHead& flat);
Result<Body> read_body(const flat::EpochFence& flat);
Result<Body> read_body(const flat::EpochFenced& flat);
Result<Body> read_body(const flat::EpochDrain& flat);
Result<Body> read_body(const flat::EpochHeld& flat);
Result<Body> read_body(const flat::EpochAccept& flat);
Result<Body> read_body(const flat::EpochAccepted& flat);
Result<Body> read_body(const flat::EpochAsk& flat);
Result<Body> read_body(const flat::EpochAnswer& flat);

}  // namespace murmel::wire
