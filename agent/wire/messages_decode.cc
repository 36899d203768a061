// Bytes -> core types. Everything here is written for bytes that somebody made to hurt.
#include <flatbuffers/flatbuffers.h>

#include "agent/wire/flat_read.h"

namespace murmel::wire {
namespace {

template <typename Add>
Status read_positions(const Positions* positions, Seq seq_min, const Add& add) {
  if (positions == nullptr || positions->size() == 0) return Ok{};
  if (positions->size() > kPositionsMax) return corrupt("too many positions");
  if (lies_askew(reinterpret_cast<const flat::Position*>(positions->Data()))) {
    return corrupt("positions that lie askew");
  }
  for (const flat::Position* position : *positions) {
    if (!valid_origin(position->origin())) return corrupt("a position of no node");
    if (position->seq() < seq_min) return corrupt("a position below the first");
    add(position->origin(), position->seq());
  }
  return Ok{};
}

}  // namespace

Status read_vector(const Positions* positions, core::VersionVector& vector) {
  TRY(read_positions(positions, 0, [&](NodeId origin, Seq seq) { vector.emplace(origin, seq); }));
  const std::size_t given = positions == nullptr ? 0 : positions->size();
  if (vector.size() != given) return corrupt("two positions of one node");
  return Ok{};
}

Status read_change_set(const flat::ChangeSet& flat, core::ChangeSet& change) {
  change.origin = flat.origin();
  change.seq = flat.seq();
  change.hlc.value = flat.hlc();
  change.more = flat.more();
  change.schema_version = flat.schema_version();
  if (!valid_origin(change.origin)) return corrupt("a change set of no node");
  if (change.seq <= 0) return corrupt("a change set before the first");
  if (change.hlc.value < 0) return corrupt("a stamp below zero");
  if (flat.depends() != nullptr)
    change.depends.reserve(std::min<std::size_t>(flat.depends()->size(), kPositionsMax));
  TRY(read_positions(flat.depends(), 1, [&](NodeId origin, Seq seq) {
    change.depends.push_back({origin, seq});
  }));
  change.rows = shared(*flat.rows());
  return Ok{};
}

namespace {

using wire::read_body;  // beside those of this file

Result<Body> read_body(const flat::Changes& flat) {
  core::Changes changes;
  changes.database_id = uuid_of(*flat.database_id());
  if (flat.items()->size() > kChangeSetsMax) return corrupt("too many change sets");
  changes.changes.resize(flat.items()->size());
  const core::ChangeSet* last = nullptr;
  for (std::size_t i = 0; i < changes.changes.size(); ++i) {
    core::ChangeSet& change = changes.changes[i];
    TRY(read_change_set(*flat.items()->Get(static_cast<flatbuffers::uoffset_t>(i)), change));
    const bool follows = last == nullptr || last->origin != change.origin || last->seq + 1 == change.seq;
    if (!follows) return corrupt("a gap between change sets");
    last = &change;
  }
  return Body(std::move(changes));
}

Result<Body> read_body(const flat::Have& flat) {
  core::Have have;
  have.database_id = uuid_of(*flat.database_id());
  have.baseline = flat.baseline();
  have.fresh = flat.fresh();
  have.clock.value = flat.clock();
  if (have.clock.value < 0) return corrupt("a stamp below zero");
  TRY(read_vector(flat.vector(), have.vector));
  TRY(read_vector(flat.trimmed(), have.trimmed));
  have.last_slot = flat.last_slot();
  if (have.last_slot < 0) return corrupt("a slot below the first");
  have.begun = flat.begun();
  return Body(std::move(have));
}

Result<Body> read_body(const flat::Pull& flat) {
  if (!valid_origin(flat.origin())) return corrupt("a pull of no node");
  if (flat.from() <= 0) return corrupt("a pull from before the first change set");
  if (flat.bytes_max() < 0) return corrupt("a pull of fewer than no bytes");
  return Body(core::Pull{uuid_of(*flat.database_id()), flat.origin(), flat.from(), flat.bytes_max()});
}

Result<Body> read_body(const flat::Gone& flat) {
  if (!valid_origin(flat.origin())) return corrupt("a position of no node");
  if (flat.first_kept() < 0) return corrupt("a position below the first");
  return Body(core::Gone{uuid_of(*flat.database_id()), flat.origin(), flat.first_kept()});
}

Result<Body> read_body(const flat::Absent&) {
  return Body(core::Absent{});
}

Result<core::Member> read_member(const flat::Member& flat) {
  core::Member member;
  member.id = flat.id();
  member.uuid = uuid_of(*flat.uuid());
  member.address = text_of(flat.address());
  member.incarnation = flat.incarnation();
  if (!valid_node(member.id)) return corrupt("a member that is no node");
  if (member.address.size() > kAddressBytesMax || !printable(member.address))
    return corrupt("an impossible address");
  if (flat.state() > static_cast<std::uint8_t>(core::MemberState::kRemoved))
    return corrupt("an unknown member state");
  member.state = static_cast<core::MemberState>(flat.state());
  return member;
}

Result<Body> read_body(const flat::Swim& flat) {
  core::SwimMessage swim;
  if (flat.kind() > static_cast<std::uint8_t>(core::SwimKind::kAck))
    return corrupt("an unknown kind of probe");
  swim.kind = static_cast<core::SwimKind>(flat.kind());
  swim.number = flat.number();
  swim.target = flat.target();
  if (swim.target > kNodeIdMax) return corrupt("a probe of no node");
  if (flat.gossip() == nullptr) return Body(std::move(swim));
  if (flat.gossip()->size() > kMembersMax) return corrupt("too many members");
  for (const flat::Member* item : *flat.gossip()) {
    TRY_ASSIGN(core::Member member, read_member(*item));
    swim.gossip.push_back(std::move(member));
  }
  return Body(std::move(swim));
}

Result<Body> read_body(const flat::SnapshotRequest& flat) {
  if (flat.offset() < 0) return corrupt("an offset below zero");
  if (flat.bytes_max() < 0) return corrupt("a request for fewer than no bytes");
  return Body(SnapshotRequest{flat.transfer(), flat.offset(), flat.bytes_max()});
}

Result<Body> read_body(const flat::SnapshotOffer& flat) {
  SnapshotOffer offer;
  offer.transfer = flat.transfer();
  offer.done = flat.done();
  offer.total = flat.total();
  offer.ready = flat.ready();
  offer.error = text_of(flat.error());
  if (offer.done < 0 || offer.total < 0) return corrupt("a size below zero");
  std::copy(flat.hash()->bytes()->begin(), flat.hash()->bytes()->end(), offer.hash.begin());
  return Body(std::move(offer));
}

Result<Body> read_body(const flat::SnapshotChunk& flat) {
  if (flat.offset() < 0) return corrupt("an offset below zero");
  if (flat.bytes()->size() > kSnapshotChunkBytesMax) return corrupt("too large a chunk");
  return Body(SnapshotChunk{flat.transfer(), flat.offset(), shared(*flat.bytes()), flat.hash()});
}

Result<Body> read_body(const flat::Call& flat) {
  if (flat.name()->size() > kCallNameBytesMax) return corrupt("too long a name");
  if (flat.body()->size() > kCallBodyBytesMax) return corrupt("too long a question");
  return Body(Call{flat.number(), flat.name()->str(), flat.body()->str()});
}

Result<Body> read_body(const flat::Answer& flat) {
  if (flat.body()->size() > kCallBodyBytesMax) return corrupt("too long an answer");
  return Body(Answer{flat.number(), flat.failed(), flat.body()->str()});
}

Result<Body> read_union(const flat::Envelope& envelope) {
  switch (envelope.body_type()) {
    case flat::Body::Changes: return read_body(*envelope.body_as_Changes());
    case flat::Body::Have: return read_body(*envelope.body_as_Have());
    case flat::Body::Pull: return read_body(*envelope.body_as_Pull());
    case flat::Body::Gone: return read_body(*envelope.body_as_Gone());
    case flat::Body::Absent: return read_body(*envelope.body_as_Absent());
    case flat::Body::Swim: return read_body(*envelope.body_as_Swim());
    case flat::Body::SnapshotRequest: return read_body(*envelope.body_as_SnapshotRequest());
    case flat::Body::SnapshotOffer: return read_body(*envelope.body_as_SnapshotOffer());
    case flat::Body::SnapshotChunk: return read_body(*envelope.body_as_SnapshotChunk());
    case flat::Body::Call: return read_body(*envelope.body_as_Call());
    case flat::Body::Answer: return read_body(*envelope.body_as_Answer());
    case flat::Body::Prepare: return read_body(*envelope.body_as_Prepare());
    case flat::Body::Votes: return read_body(*envelope.body_as_Votes());
    case flat::Body::Accept: return read_body(*envelope.body_as_Accept());
    case flat::Body::Accepted: return read_body(*envelope.body_as_Accepted());
    case flat::Body::Recover: return read_body(*envelope.body_as_Recover());
    case flat::Body::Promise: return read_body(*envelope.body_as_Promise());
    case flat::Body::Decided: return read_body(*envelope.body_as_Decided());
    case flat::Body::EpochAt: return read_body(*envelope.body_as_EpochAt());
    case flat::Body::EpochHead: return read_body(*envelope.body_as_EpochHead());
    case flat::Body::EpochFence: return read_body(*envelope.body_as_EpochFence());
    case flat::Body::EpochFenced: return read_body(*envelope.body_as_EpochFenced());
    case flat::Body::EpochDrain: return read_body(*envelope.body_as_EpochDrain());
    case flat::Body::EpochHeld: return read_body(*envelope.body_as_EpochHeld());
    case flat::Body::EpochAccept: return read_body(*envelope.body_as_EpochAccept());
    case flat::Body::EpochAccepted: return read_body(*envelope.body_as_EpochAccepted());
    case flat::Body::EpochAsk: return read_body(*envelope.body_as_EpochAsk());
    case flat::Body::EpochAnswer: return read_body(*envelope.body_as_EpochAnswer());
    case flat::Body::NONE: return corrupt("no content");
  }
  return Error{ErrorCode::kInvalid, "a peer's message is of a kind that this version does not know"};
}

bool about_a_database(flat::Body type) {
  const bool epoch = type >= flat::Body::EpochAt && type <= flat::Body::EpochAnswer;
  return !epoch && type != flat::Body::Swim && type != flat::Body::Call && type != flat::Body::Answer;
}

}  // namespace

Result<PeerMessage> decode(ByteView bytes) {
  const Aligned aligned(bytes);
  flatbuffers::Verifier verifier(aligned.view().data(), aligned.view().size());
  if (!flat::VerifyEnvelopeBuffer(verifier)) return corrupt("a structure that can't be read");
  const flat::Envelope& envelope = *flat::GetEnvelope(aligned.view().data());
  PeerMessage message;
  message.database = text_of(envelope.database());
  if (message.database.size() > kDatabaseNameBytesMax || !printable(message.database)) {
    return corrupt("an impossible database name");
  }
  TRY_ASSIGN(message.body, read_union(envelope));
  if (about_a_database(envelope.body_type()) == message.database.empty()) {
    return corrupt("a database name where there should be none, or none where there should be one");
  }
  return message;
}

}  // namespace murmel::wire
