// Messages and kept state about who votes -> bytes.
#include "agent/wire/commit_journal.h"
#include "agent/wire/flat_write.h"
#include "schemas/journal_generated.h"

namespace murmel::wire {
namespace {

using FlatTips = Offset<flatbuffers::Vector<Offset<flat::Tips>>>;

FlatTips encode_tips(FlatBufferBuilder& builder, const core::Tips& tips) {
  std::vector<Offset<flat::Tips>> items;
  items.reserve(tips.size());
  for (const auto& [database, vector] : tips) {
    const auto positions = positions_of(builder, vector);
    const auto id = id_of(database);
    items.push_back(flat::CreateTips(builder, &id, positions));
  }
  return builder.CreateVector(items);
}

Offset<flat::EpochRecord> encode_epoch(FlatBufferBuilder& builder, const core::EpochRecord& record) {
  std::vector<Offset<flat::EpochMember>> members;
  members.reserve(record.members.size());
  for (const core::EpochMember& member : record.members) {
    const auto uuid = id_of(member.uuid);
    members.push_back(flat::CreateEpochMember(builder, &uuid, member.node, member.number,
                                              static_cast<std::uint8_t>(member.role)));
  }
  std::vector<Offset<flat::EpochPast>> past;
  past.reserve(record.past.size());
  for (const core::EpochPast& one : record.past) {
    const auto uuid = id_of(one.uuid);
    past.push_back(flat::CreateEpochPast(builder, &uuid, one.node, one.number, one.banned));
  }
  const auto members_vector = builder.CreateVector(members);
  const auto past_vector = builder.CreateVector(past);
  const auto tips = encode_tips(builder, record.tips);
  const auto cluster = id_of(record.cluster_id);
  return flat::CreateEpochRecord(builder, &cluster, record.number, members_vector, past_vector, tips);
}

Offset<flat::EpochProposal> encode_proposal(FlatBufferBuilder& builder, const core::EpochProposal& proposal) {
  const auto record = encode_epoch(builder, proposal.record);
  const auto ballot = flat_of(proposal.ballot);
  return flat::CreateEpochProposal(builder, &ballot, record);
}

}  // namespace

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAt& at) {
  const auto cluster = id_of(at.cluster_id);
  return {flat::Body::EpochAt, flat::CreateEpochAt(builder, &cluster, at.number).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochHead& head) {
  const auto record = encode_epoch(builder, head.record);
  return {flat::Body::EpochHead, flat::CreateEpochHead(builder, record).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochFence& fence) {
  const auto cluster = id_of(fence.cluster_id);
  const auto ballot = flat_of(fence.ballot);
  return {flat::Body::EpochFence, flat::CreateEpochFence(builder, &cluster, fence.number, &ballot).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochFenced& fenced) {
  Offset<flat::EpochProposal> accepted;
  if (fenced.accepted) accepted = encode_proposal(builder, *fenced.accepted);
  const auto known = encode_tips(builder, fenced.known);
  const auto cluster = id_of(fenced.cluster_id);
  const auto ballot = flat_of(fenced.ballot);
  const auto promised = flat_of(fenced.promised);
  return {flat::Body::EpochFenced,
          flat::CreateEpochFenced(builder, &cluster, fenced.number, &ballot, fenced.ok,
                                  fenced.ok ? nullptr : &promised, accepted, known)
              .Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochDrain& drain) {
  const auto tips = encode_tips(builder, drain.tips);
  const auto cluster = id_of(drain.cluster_id);
  const auto ballot = flat_of(drain.ballot);
  return {flat::Body::EpochDrain,
          flat::CreateEpochDrain(builder, &cluster, drain.number, &ballot, tips).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochHeld& held) {
  const auto cluster = id_of(held.cluster_id);
  const auto ballot = flat_of(held.ballot);
  return {flat::Body::EpochHeld, flat::CreateEpochHeld(builder, &cluster, held.number, &ballot).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAccept& accept) {
  const auto proposal = encode_proposal(builder, accept.proposal);
  return {flat::Body::EpochAccept, flat::CreateEpochAccept(builder, proposal).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAccepted& accepted) {
  const auto cluster = id_of(accepted.cluster_id);
  const auto ballot = flat_of(accepted.ballot);
  const auto promised = flat_of(accepted.promised);
  return {flat::Body::EpochAccepted, flat::CreateEpochAccepted(builder, &cluster, accepted.number, &ballot,
                                                               accepted.ok, accepted.ok ? nullptr : &promised)
                                         .Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAsk& ask) {
  const auto uuid = id_of(ask.change.uuid);
  return {flat::Body::EpochAsk,
          flat::CreateEpochAsk(builder, static_cast<std::uint8_t>(ask.change.kind), &uuid, ask.change.node,
                               static_cast<std::uint8_t>(ask.change.role))
              .Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::EpochAnswer& answer) {
  const auto text = builder.CreateString(answer.text);
  return {flat::Body::EpochAnswer, flat::CreateEpochAnswer(builder, answer.ok, text).Union()};
}

std::string encode(const core::EpochState& state) {
  FlatBufferBuilder builder(512);
  Offset<flat::EpochRecord> head;
  if (state.head) head = encode_epoch(builder, *state.head);
  Offset<flat::EpochProposal> accepted;
  if (state.accepted) accepted = encode_proposal(builder, *state.accepted);
  const auto promised = flat_of(state.promised);
  builder.Finish(flat::CreateEpochState(builder, head, &promised, accepted));
  return finished(builder);
}

}  // namespace murmel::wire
