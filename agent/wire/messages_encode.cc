// Core types -> bytes. What we encode ourselves is within the limits that decode() checks.
#include <flatbuffers/flatbuffers.h>

#include <vector>

#include "agent/wire/flat_write.h"
#include "agent/wire/messages.h"

namespace murmel::wire {

Offset<flat::ChangeSet> encode_change_set(FlatBufferBuilder& builder, const core::ChangeSet& change) {
  const auto depends = positions_of(builder, change.depends);
  const auto rows = bytes_of(builder, change.rows.view());
  return flat::CreateChangeSet(builder, change.origin, change.seq, change.hlc.value, change.more,
                               change.schema_version, depends, rows);
}

std::size_t size_hint(const core::ChangeSet& change) {
  return change.rows.size() + change.depends.size() * sizeof(flat::Position) + 96;
}

namespace {

using wire::encode_body;  // beside those of this file
using wire::size_hint;

Encoded encode_body(FlatBufferBuilder& builder, const core::Changes& changes) {
  std::vector<Offset<flat::ChangeSet>> items;
  items.reserve(changes.changes.size());
  for (const core::ChangeSet& change : changes.changes) items.push_back(encode_change_set(builder, change));
  const auto id = id_of(changes.database_id);
  const auto vector = builder.CreateVector(items);
  return {flat::Body::Changes, flat::CreateChanges(builder, &id, vector).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Have& have) {
  const auto id = id_of(have.database_id);
  const auto vector = positions_of(builder, have.vector);
  const auto trimmed = positions_of(builder, have.trimmed);
  const auto flat = flat::CreateHave(builder, &id, have.baseline, have.fresh, vector, have.clock.value,
                                     trimmed, have.last_slot, have.begun);
  return {flat::Body::Have, flat.Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Pull& pull) {
  const auto id = id_of(pull.database_id);
  return {flat::Body::Pull, flat::CreatePull(builder, &id, pull.origin, pull.from, pull.bytes_max).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Gone& gone) {
  const auto id = id_of(gone.database_id);
  return {flat::Body::Gone, flat::CreateGone(builder, &id, gone.origin, gone.first_kept).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Absent&) {
  return {flat::Body::Absent, flat::CreateAbsent(builder).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::SwimMessage& swim) {
  std::vector<Offset<flat::Member>> gossip;
  gossip.reserve(swim.gossip.size());
  for (const core::Member& member : swim.gossip) {
    const auto uuid = id_of(member.uuid);
    const auto address = builder.CreateString(member.address);
    gossip.push_back(flat::CreateMember(builder, member.id, &uuid, address,
                                        static_cast<std::uint8_t>(member.state), member.incarnation));
  }
  const auto vector = builder.CreateVector(gossip);
  return {flat::Body::Swim,
          flat::CreateSwim(builder, static_cast<std::uint8_t>(swim.kind), swim.number, swim.target, vector)
              .Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const SnapshotRequest& request) {
  return {flat::Body::SnapshotRequest,
          flat::CreateSnapshotRequest(builder, request.transfer, request.offset, request.bytes_max).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const SnapshotOffer& offer) {
  const flat::Id128 hash(flatbuffers::make_span(offer.hash));
  const auto error = builder.CreateString(offer.error);
  return {flat::Body::SnapshotOffer, flat::CreateSnapshotOffer(builder, offer.transfer, offer.done,
                                                               offer.total, offer.ready, &hash, error)
                                         .Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const SnapshotChunk& chunk) {
  const auto bytes = bytes_of(builder, chunk.bytes.view());
  return {flat::Body::SnapshotChunk,
          flat::CreateSnapshotChunk(builder, chunk.transfer, chunk.offset, bytes, chunk.hash).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const Call& call) {
  const auto name = builder.CreateString(call.name);
  const auto body = builder.CreateString(call.body);
  return {flat::Body::Call, flat::CreateCall(builder, call.number, name, body).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const Answer& answer) {
  const auto body = builder.CreateString(answer.body);
  return {flat::Body::Answer, flat::CreateAnswer(builder, answer.number, answer.failed, body).Union()};
}

// First allocation of the builder: large messages are not to be copied while they grow.
template <typename Message>
std::size_t size_hint(const Message&) {
  return 512;
}
std::size_t size_hint(const core::Changes& changes) {
  std::size_t size = 512;
  for (const core::ChangeSet& change : changes.changes) size += size_hint(change);
  return size;
}
std::size_t size_hint(const core::Prepare& prepare) {
  std::size_t size = 512;
  for (const core::Transaction& transaction : prepare.transactions) size += size_hint(transaction);
  return size;
}
std::size_t size_hint(const SnapshotChunk& chunk) {
  return chunk.bytes.size() + 512;
}

template <typename Variant>
std::string encode_variant(std::string_view database, const Variant& message) {
  return std::visit(
      [&](const auto& body) {
        FlatBufferBuilder builder(size_hint(body));
        const Encoded encoded = encode_body(builder, body);
        const auto name = database.empty() ? Offset<flatbuffers::String>(0)
                                           : builder.CreateString(database.data(), database.size());
        builder.Finish(flat::CreateEnvelope(builder, name, encoded.type, encoded.offset));
        return finished(builder);
      },
      message);
}

}  // namespace

std::string encode(const PeerMessage& message) {
  return encode_variant(message.database, message.body);
}

std::string encode(std::string_view database, const core::Message& message) {
  return encode_variant(database, message);
}

std::string encode(std::string_view database, const core::CommitMessage& message) {
  return encode_variant(database, message);
}

std::string encode(const core::EpochMessage& message) {
  return encode_variant("", message);
}

std::string encode(const core::SwimMessage& message) {
  FlatBufferBuilder builder(512);
  const Encoded encoded = encode_body(builder, message);
  builder.Finish(flat::CreateEnvelope(builder, 0, encoded.type, encoded.offset));
  return finished(builder);
}

}  // namespace murmel::wire
