// Messages and journal records of transactions that several nodes decide -> bytes.
#include <type_traits>

#include "agent/wire/commit_journal.h"
#include "agent/wire/flat_write.h"
#include "schemas/journal_generated.h"

namespace murmel::wire {
namespace {

// A vector of what `encode` makes of each item.
template <typename Flat, typename Items, typename Encode>
Offset<flatbuffers::Vector<Offset<Flat>>> vector_of(FlatBufferBuilder& builder, const Items& items,
                                                    const Encode& encode) {
  std::vector<Offset<Flat>> offsets;
  offsets.reserve(items.size());
  for (const auto& item : items) offsets.push_back(encode(item));
  return builder.CreateVector(offsets);
}

Offset<flat::Promised> encode_promised(FlatBufferBuilder& builder, const core::Promised& promised) {
  Offset<flat::Proposal> accepted;
  if (promised.accepted) accepted = encode_proposal(builder, *promised.accepted);
  const auto slot = flat_of(promised.slot);
  const auto ballot = flat_of(promised.ballot);
  const auto other = flat_of(promised.promised);
  const std::int8_t decided = promised.decided ? static_cast<std::int8_t>(*promised.decided) : -1;
  return flat::CreatePromised(builder, &slot, promised.hlc.value, &ballot, promised.ok,
                              promised.ok ? nullptr : &other, promised.voted, accepted, decided);
}

struct EncodedRecord {
  flat::JournalBody type;
  Offset<void> offset;
};

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::Reserve& reserve) {
  return {flat::JournalBody::JournalReserve,
          flat::CreateJournalReserve(builder, reserve.limit, reserve.above.value).Union()};
}

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::Yes& yes) {
  return {flat::JournalBody::Transaction, encode_transaction(builder, yes.transaction).Union()};
}

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::PromiseGiven& promise) {
  const auto slot = flat_of(promise.slot);
  const auto ballot = flat_of(promise.ballot);
  return {flat::JournalBody::JournalPromise,
          flat::CreateJournalPromise(builder, &slot, promise.hlc.value, &ballot).Union()};
}

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::AcceptGiven& accept) {
  return {flat::JournalBody::Proposal, encode_proposal(builder, accept.proposal).Union()};
}

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::Known& known) {
  return {flat::JournalBody::Decision, encode_decision(builder, known.decision).Union()};
}

EncodedRecord encode_record(FlatBufferBuilder& builder, const core::journal::Forget& forget) {
  const auto up_to = flat_of(forget.up_to);
  return {flat::JournalBody::JournalForget, flat::CreateJournalForget(builder, &up_to).Union()};
}

}  // namespace

std::size_t size_hint(const core::Transaction& transaction) {
  return size_hint(transaction.change) + transaction.seen.size() * sizeof(flat::Position) +
         (transaction.claims.size() + transaction.shared.size()) * sizeof(core::Claim) + 64;
}

Offset<flat::Transaction> encode_transaction(FlatBufferBuilder& builder,
                                             const core::Transaction& transaction) {
  const auto change = encode_change_set(builder, transaction.change);
  const auto seen = positions_of(builder, transaction.seen);
  const auto claims = builder.CreateVector(transaction.claims);
  const auto shared = transaction.shared.empty() ? 0 : builder.CreateVector(transaction.shared);
  return flat::CreateTransaction(builder, change, seen, claims, shared);
}

Offset<flat::Proposal> encode_proposal(FlatBufferBuilder& builder, const core::Proposal& proposal) {
  const auto slot = flat_of(proposal.slot);
  const auto ballot = flat_of(proposal.ballot);
  return flat::CreateProposal(builder, &slot, proposal.hlc.value, &ballot, proposal.commit);
}

Offset<flat::Decision> encode_decision(FlatBufferBuilder& builder, const core::Decision& decision) {
  const auto slot = flat_of(decision.slot);
  return flat::CreateDecision(builder, &slot, decision.hlc.value, decision.commit);
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Prepare& prepare) {
  const auto items = vector_of<flat::Transaction>(
      builder, prepare.transactions,
      [&](const core::Transaction& transaction) { return encode_transaction(builder, transaction); });
  const auto id = id_of(prepare.database_id);
  return {flat::Body::Prepare, flat::CreatePrepare(builder, &id, prepare.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Votes& votes) {
  const auto items = vector_of<flat::Vote>(builder, votes.votes, [&](const core::Vote& vote) {
    const auto slot = flat_of(vote.slot);
    const auto by = flat_of(vote.by);
    return flat::CreateVote(builder, &slot, static_cast<std::uint8_t>(vote.reason),
                            vote.by == core::Position{} ? nullptr : &by);
  });
  const auto id = id_of(votes.database_id);
  return {flat::Body::Votes, flat::CreateVotes(builder, &id, votes.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Accept& accept) {
  const auto items = vector_of<flat::Proposal>(
      builder, accept.proposals,
      [&](const core::Proposal& proposal) { return encode_proposal(builder, proposal); });
  const auto id = id_of(accept.database_id);
  return {flat::Body::Accept, flat::CreateAccept(builder, &id, accept.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Accepted& accepted) {
  const auto items =
      vector_of<flat::Acceptance>(builder, accepted.acceptances, [&](const core::Acceptance& acceptance) {
        const auto slot = flat_of(acceptance.slot);
        const auto ballot = flat_of(acceptance.ballot);
        const auto promised = flat_of(acceptance.promised);
        return flat::CreateAcceptance(builder, &slot, &ballot, acceptance.ok,
                                      acceptance.ok ? nullptr : &promised);
      });
  const auto id = id_of(accepted.database_id);
  return {flat::Body::Accepted, flat::CreateAccepted(builder, &id, accepted.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Recover& recover) {
  const auto items = vector_of<flat::Recovery>(builder, recover.slots, [&](const core::Recovery& recovery) {
    const auto slot = flat_of(recovery.slot);
    const auto ballot = flat_of(recovery.ballot);
    return flat::CreateRecovery(builder, &slot, recovery.hlc.value, &ballot);
  });
  const auto id = id_of(recover.database_id);
  return {flat::Body::Recover, flat::CreateRecover(builder, &id, recover.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Promise& promise) {
  const auto items = vector_of<flat::Promised>(builder, promise.slots, [&](const core::Promised& promised) {
    return encode_promised(builder, promised);
  });
  const auto id = id_of(promise.database_id);
  return {flat::Body::Promise, flat::CreatePromise(builder, &id, promise.epoch, items).Union()};
}

Encoded encode_body(FlatBufferBuilder& builder, const core::Decided& decided) {
  const auto items = vector_of<flat::Decision>(
      builder, decided.decisions,
      [&](const core::Decision& decision) { return encode_decision(builder, decision); });
  const auto id = id_of(decided.database_id);
  return {flat::Body::Decided, flat::CreateDecided(builder, &id, items).Union()};
}

std::string encode(const core::journal::Record& record) {
  const auto* yes = std::get_if<core::journal::Yes>(&record);
  FlatBufferBuilder builder(yes == nullptr ? 128 : size_hint(yes->transaction));
  const EncodedRecord encoded =
      std::visit([&](const auto& body) { return encode_record(builder, body); }, record);
  const std::uint64_t epoch = yes == nullptr ? 0 : yes->epoch;
  builder.Finish(flat::CreateJournalRecord(builder, encoded.type, encoded.offset, epoch));
  return finished(builder);
}

}  // namespace murmel::wire
