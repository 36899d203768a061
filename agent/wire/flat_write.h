// Core types -> FlatBuffers: what several encoders of this folder use; not included elsewhere.
#pragma once

#include <vector>

#include "agent/core/commit_messages.h"
#include "agent/core/epoch_messages.h"
#include "agent/wire/flat.h"
#include "schemas/peer_generated.h"

namespace murmel::wire {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

struct Encoded {
  flat::Body type = flat::Body::NONE;
  Offset<void> offset;
};

inline flat::Id128 id_of(const Uuid& uuid) {
  return flat::Id128(flatbuffers::make_span(uuid.bytes));
}

inline flat::Position flat_of(const core::Position& position) {
  return {position.origin, position.seq};
}

inline flat::Ballot flat_of(const core::Ballot& ballot) {
  return {ballot.round, ballot.node};
}

inline Offset<flatbuffers::Vector<std::uint8_t>> bytes_of(FlatBufferBuilder& builder, ByteView bytes) {
  return builder.CreateVector(bytes.data(), bytes.size());
}

// Absent instead of empty: most change sets depend on nothing new.
template <typename Positions>
Offset<flatbuffers::Vector<const flat::Position*>> positions_of(FlatBufferBuilder& builder,
                                                                const Positions& positions) {
  if (positions.empty()) return 0;
  std::vector<flat::Position> out;
  out.reserve(positions.size());
  for (const auto& [origin, seq] : positions) out.emplace_back(origin, seq);
  return builder.CreateVectorOfStructs(out);
}

Offset<flat::ChangeSet> encode_change_set(FlatBufferBuilder& builder, const core::ChangeSet& change);
Offset<flat::Transaction> encode_transaction(FlatBufferBuilder& builder,
                                             const core::Transaction& transaction);
Offset<flat::Proposal> encode_proposal(FlatBufferBuilder& builder, const core::Proposal& proposal);
Offset<flat::Decision> encode_decision(FlatBufferBuilder& builder, const core::Decision& decision);

Encoded encode_body(FlatBufferBuilder& builder, const core::Prepare& prepare);
Encoded encode_body(FlatBufferBuilder& builder, const core::Votes& votes);
Encoded encode_body(FlatBufferBuilder& builder, const core::Accept& accept);
Encoded encode_body(FlatBufferBuilder& builder, const core::Accepted& accepted);
Encoded encode_body(FlatBufferBuilder& builder, const core::Recover& recover);
Encoded encode_body(FlatBufferBuilder& builder, const core::Promise& promise);
Encoded encode_body(FlatBufferBuilder& builder, const core::Decided& decided);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAt& at);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochHead& head);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochFence& fence);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochFenced& fenced);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochDrain& drain);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochHeld& held);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAccept& accept);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAccepted& accepted);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAsk& ask);
Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAnswer& answer);

// First allocation of a builder: large messages are not to be copied while they grow.
std::size_t size_hint(const core::ChangeSet& change);
std::size_t size_hint(const core::Transaction& transaction);

}  // namespace murmel::wire
