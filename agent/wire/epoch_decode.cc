// Bytes -> messages and kept state about who votes. Everything here is written for bytes that somebody made
// to hurt.
#include <algorithm>
#include <set>

#include "agent/wire/commit_journal.h"
#include "agent/wire/flat_read.h"
#include "schemas/journal_generated.h"

namespace murmel::wire {
namespace {

template <typename Flat>
using Tables = flatbuffers::Vector<flatbuffers::Offset<Flat>>;

bool valid_number(std::uint16_t number) {
  return number >= 1 && number <= kEpochMembersMax;
}

Result<core::EpochRole> read_role(std::uint8_t role) {
  if (role > static_cast<std::uint8_t>(core::EpochRole::kReplica)) return corrupt("an unknown role");
  return static_cast<core::EpochRole>(role);
}

Status read_tips(const Tables<flat::Tips>* flat, core::Tips& tips) {
  if (flat == nullptr) return Ok{};
  if (flat->size() > kTipsMax) return corrupt("too many databases");
  for (const flat::Tips* one : *flat) {
    core::VersionVector vector;
    TRY(read_vector(one->vector(), vector));
    const bool decided = std::all_of(vector.begin(), vector.end(),
                                     [](const auto& entry) { return is_decided_origin(entry.first); });
    if (!decided) return corrupt("tips of a node's own log");
    if (!tips.emplace(uuid_of(*one->database_id()), std::move(vector)).second) {
      return corrupt("a database twice");
    }
  }
  return Ok{};
}

Status read_members(const Tables<flat::EpochMember>* flat, std::vector<core::EpochMember>& members) {
  if (flat == nullptr) return Ok{};
  if (flat->size() > kEpochMembersMax) return corrupt("too many members");
  for (const flat::EpochMember* one : *flat) {
    core::EpochMember member{uuid_of(*one->uuid()), one->node(), one->number(), {}};
    TRY_ASSIGN(member.role, read_role(one->role()));
    if (!valid_node(member.node) || !valid_number(member.number)) return corrupt("an impossible member");
    if (!members.empty() && members.back().node >= member.node) return corrupt("members out of order");
    members.push_back(member);
  }
  return Ok{};
}

Status read_past(const Tables<flat::EpochPast>* flat, std::vector<core::EpochPast>& past) {
  if (flat == nullptr) return Ok{};
  if (flat->size() > kEpochPastMax) return corrupt("too many former members");
  for (const flat::EpochPast* one : *flat) {
    const core::EpochPast member{uuid_of(*one->uuid()), one->node(), one->number(), one->banned()};
    if (!valid_node(member.node) || !valid_number(member.number)) return corrupt("an impossible member");
    if (!past.empty() && past.back().node >= member.node) return corrupt("former members out of order");
    past.push_back(member);
  }
  return Ok{};
}

Result<core::EpochRecord> read_epoch(const flat::EpochRecord& flat) {
  core::EpochRecord record;
  record.cluster_id = uuid_of(*flat.cluster_id());
  record.number = flat.number();
  if (record.number == 0) return corrupt("an epoch before the first");
  TRY(read_members(flat.members(), record.members));
  TRY(read_past(flat.past(), record.past));
  TRY(read_tips(flat.tips(), record.tips));
  std::set<Uuid> uuids;
  std::set<std::uint16_t> numbers;
  for (const auto& member : record.members) {
    if (!uuids.insert(member.uuid).second || !numbers.insert(member.number).second) {
      return corrupt("a member twice");
    }
  }
  return record;
}

Result<core::EpochProposal> read_epoch_proposal(const flat::EpochProposal& flat) {
  core::EpochProposal proposal;
  TRY_ASSIGN(proposal.ballot, read_ballot(flat.ballot()));
  TRY_ASSIGN(proposal.record, read_epoch(*flat.record()));
  return proposal;
}

}  // namespace

Result<Body> read_body(const flat::EpochAt& flat) {
  return Body(core::EpochAt{uuid_of(*flat.cluster_id()), flat.number()});
}

Result<Body> read_body(const flat::EpochHead& flat) {
  core::EpochHead head;
  TRY_ASSIGN(head.record, read_epoch(*flat.record()));
  return Body(std::move(head));
}

Result<Body> read_body(const flat::EpochFence& flat) {
  core::EpochFence fence{uuid_of(*flat.cluster_id()), flat.number(), {}};
  TRY_ASSIGN(fence.ballot, read_ballot(flat.ballot()));
  return Body(fence);
}

Result<Body> read_body(const flat::EpochFenced& flat) {
  core::EpochFenced fenced;
  fenced.cluster_id = uuid_of(*flat.cluster_id());
  fenced.number = flat.number();
  fenced.ok = flat.ok();
  TRY_ASSIGN(fenced.ballot, read_ballot(flat.ballot()));
  TRY_ASSIGN(fenced.promised, read_ballot(flat.promised()));
  if (flat.accepted() != nullptr) {
    TRY_ASSIGN(fenced.accepted, read_epoch_proposal(*flat.accepted()));
  }
  TRY(read_tips(flat.known(), fenced.known));
  return Body(std::move(fenced));
}

Result<Body> read_body(const flat::EpochDrain& flat) {
  core::EpochDrain drain{uuid_of(*flat.cluster_id()), flat.number(), {}, {}};
  TRY_ASSIGN(drain.ballot, read_ballot(flat.ballot()));
  TRY(read_tips(flat.tips(), drain.tips));
  return Body(std::move(drain));
}

Result<Body> read_body(const flat::EpochHeld& flat) {
  core::EpochHeld held{uuid_of(*flat.cluster_id()), flat.number(), {}};
  TRY_ASSIGN(held.ballot, read_ballot(flat.ballot()));
  return Body(held);
}

Result<Body> read_body(const flat::EpochAccept& flat) {
  core::EpochAccept accept;
  TRY_ASSIGN(accept.proposal, read_epoch_proposal(*flat.proposal()));
  return Body(std::move(accept));
}

Result<Body> read_body(const flat::EpochAccepted& flat) {
  core::EpochAccepted accepted{uuid_of(*flat.cluster_id()), flat.number(), {}, flat.ok(), {}};
  TRY_ASSIGN(accepted.ballot, read_ballot(flat.ballot()));
  TRY_ASSIGN(accepted.promised, read_ballot(flat.promised()));
  return Body(accepted);
}

Result<Body> read_body(const flat::EpochAsk& flat) {
  core::EpochAsk ask;
  if (flat.kind() > static_cast<std::uint8_t>(core::EpochChangeKind::kAllow)) {
    return corrupt("an unknown change of members");
  }
  ask.change.kind = static_cast<core::EpochChangeKind>(flat.kind());
  ask.change.uuid = uuid_of(*flat.uuid());
  ask.change.node = flat.node();
  if (!valid_node(ask.change.node)) return corrupt("a change of no member");
  TRY_ASSIGN(ask.change.role, read_role(flat.role()));
  return Body(ask);
}

Result<Body> read_body(const flat::EpochAnswer& flat) {
  if (flat.text()->size() > kEpochTextBytesMax) return corrupt("too long an answer");
  return Body(core::EpochAnswer{flat.ok(), flat.text()->str()});
}

Result<core::EpochState> decode_epoch_state(ByteView bytes) {
  const Aligned aligned(bytes);
  flatbuffers::Verifier verifier(aligned.view().data(), aligned.view().size());
  if (!verifier.VerifyBuffer<flat::EpochState>(nullptr)) return corrupt("a structure that can't be read");
  const flat::EpochState& flat = *flatbuffers::GetRoot<flat::EpochState>(aligned.view().data());
  core::EpochState state;
  if (flat.head() != nullptr) {
    TRY_ASSIGN(state.head, read_epoch(*flat.head()));
  }
  TRY_ASSIGN(state.promised, read_ballot(flat.promised()));
  if (flat.accepted() != nullptr) {
    TRY_ASSIGN(state.accepted, read_epoch_proposal(*flat.accepted()));
  }
  return state;
}

}  // namespace murmel::wire
