// Bytes -> messages and journal records of transactions that several nodes decide. Everything here is written
// for bytes that somebody made to hurt.
#include <algorithm>

#include "agent/wire/commit_journal.h"
#include "agent/wire/flat_read.h"
#include "schemas/journal_generated.h"

namespace murmel::wire {
namespace {

using core::journal::Record;

template <typename Flat>
using Tables = flatbuffers::Vector<flatbuffers::Offset<Flat>>;

// Reads each table of a vector into `out` with `read`.
template <typename Flat, typename Item, typename Read>
Status read_all(const Tables<Flat>& tables, std::vector<Item>& out, const Read& read) {
  if (tables.size() == 0) return corrupt("nothing in it");
  if (tables.size() > kCommitItemsMax) return corrupt("too many transactions");
  out.reserve(tables.size());
  for (const Flat* table : tables) {
    TRY_ASSIGN(Item item, read(*table));
    out.push_back(std::move(item));
  }
  return Ok{};
}

Result<core::Vote> read_vote(const flat::Vote& flat) {
  core::Vote vote;
  TRY_ASSIGN(vote.slot, read_slot(flat.slot()));
  if (flat.reason() > static_cast<std::uint8_t>(core::VoteReason::kFenced))
    return corrupt("an unknown reason");
  vote.reason = static_cast<core::VoteReason>(flat.reason());
  if (flat.by() != nullptr) {
    TRY_ASSIGN(vote.by, read_slot(flat.by()));
  }
  return vote;
}

Result<core::Acceptance> read_acceptance(const flat::Acceptance& flat) {
  core::Acceptance acceptance;
  TRY_ASSIGN(acceptance.slot, read_slot(flat.slot()));
  TRY_ASSIGN(acceptance.ballot, read_ballot(flat.ballot()));
  TRY_ASSIGN(acceptance.promised, read_ballot(flat.promised()));
  acceptance.ok = flat.ok();
  return acceptance;
}

Result<core::Recovery> read_recovery(const flat::Recovery& flat) {
  core::Recovery recovery;
  TRY_ASSIGN(recovery.slot, read_slot(flat.slot()));
  TRY_ASSIGN(recovery.hlc, read_stamp(flat.hlc()));
  TRY_ASSIGN(recovery.ballot, read_ballot(flat.ballot()));
  return recovery;
}

Result<core::Promised> read_promised(const flat::Promised& flat) {
  core::Promised promised;
  TRY_ASSIGN(promised.slot, read_slot(flat.slot()));
  TRY_ASSIGN(promised.hlc, read_stamp(flat.hlc()));
  TRY_ASSIGN(promised.ballot, read_ballot(flat.ballot()));
  TRY_ASSIGN(promised.promised, read_ballot(flat.promised()));
  promised.ok = flat.ok();
  promised.voted = flat.voted();
  if (flat.accepted() != nullptr) {
    TRY_ASSIGN(promised.accepted, read_proposal(*flat.accepted()));
    if (promised.accepted->slot != promised.slot) return corrupt("a proposal of another slot");
  }
  if (flat.decided() < -1 || flat.decided() > 1) return corrupt("an unknown decision");
  if (flat.decided() >= 0) promised.decided = flat.decided() == 1;
  return promised;
}

Result<Record> read_record(const flat::JournalRecord& flat) {
  switch (flat.body_type()) {
    case flat::JournalBody::JournalReserve: {
      core::journal::Reserve reserve{.limit = flat.body_as_JournalReserve()->limit()};
      if (reserve.limit < 0) return corrupt("a limit below zero");
      TRY_ASSIGN(reserve.above, read_stamp(flat.body_as_JournalReserve()->above()));
      return Record(reserve);
    }
    case flat::JournalBody::Transaction: {
      TRY_ASSIGN(core::Transaction transaction, read_transaction(*flat.body_as_Transaction()));
      return Record(core::journal::Yes{std::move(transaction), flat.epoch()});
    }
    case flat::JournalBody::JournalPromise: {
      const flat::JournalPromise& promise = *flat.body_as_JournalPromise();
      core::journal::PromiseGiven given;
      TRY_ASSIGN(given.slot, read_slot(promise.slot()));
      TRY_ASSIGN(given.hlc, read_stamp(promise.hlc()));
      TRY_ASSIGN(given.ballot, read_ballot(promise.ballot()));
      return Record(given);
    }
    case flat::JournalBody::Proposal: {
      TRY_ASSIGN(core::Proposal proposal, read_proposal(*flat.body_as_Proposal()));
      return Record(core::journal::AcceptGiven{proposal});
    }
    case flat::JournalBody::Decision: {
      TRY_ASSIGN(core::Decision decision, read_decision(*flat.body_as_Decision()));
      return Record(core::journal::Known{decision});
    }
    case flat::JournalBody::JournalForget: {
      TRY_ASSIGN(const core::Position up_to, read_slot(flat.body_as_JournalForget()->up_to()));
      return Record(core::journal::Forget{up_to});
    }
    case flat::JournalBody::NONE: return corrupt("no content");
  }
  return Error{ErrorCode::kInvalid, "a journal record is of a kind that this version does not know"};
}

}  // namespace

// --- parts ------------------------------------------------------------------------------------------------

Result<core::Position> read_slot(const flat::Position* flat) {
  if (lies_askew(flat)) return corrupt("a position that lies askew");
  const core::Position slot{flat->origin(), flat->seq()};
  if (!is_decided_origin(slot.origin) || !valid_origin(slot.origin)) return corrupt("a slot of no node");
  if (slot.seq <= 0) return corrupt("a slot before the first");
  return slot;
}

Result<core::Ballot> read_ballot(const flat::Ballot* flat) {
  if (flat == nullptr) return core::Ballot{};
  if (lies_askew(flat)) return corrupt("a ballot that lies askew");
  const core::Ballot ballot{flat->round(), flat->node()};
  if (ballot.node > kNodeIdMax) return corrupt("a ballot of no node");
  return ballot;
}

Result<core::Hlc> read_stamp(std::int64_t value) {
  if (value < 0) return corrupt("a stamp below zero");
  return core::Hlc{value};
}

// The same number twice, or out of order, would break the look-up of whoever holds a claim.
Status read_claims(const flatbuffers::Vector<std::uint64_t>* flat, std::vector<core::Claim>& claims) {
  if (flat == nullptr || flat->size() == 0) return Ok{};  // where none lie is no matter
  if (flat->size() > kClaimsMax) return corrupt("too many claims");
  if (lies_askew(reinterpret_cast<const core::Claim*>(flat->Data()))) return corrupt("claims that lie askew");
  claims.assign(flat->begin(), flat->end());
  const bool ascending =
      std::adjacent_find(claims.begin(), claims.end(), std::greater_equal<>()) == claims.end();
  return ascending ? Status(Ok{}) : Status(corrupt("claims out of order"));
}

Result<core::Transaction> read_transaction(const flat::Transaction& flat) {
  core::Transaction transaction;
  TRY(read_change_set(*flat.change(), transaction.change));
  if (!is_decided_origin(transaction.change.origin)) return corrupt("a transaction of no coordinator");
  if (transaction.change.more) return corrupt("a transaction in parts");
  TRY(read_vector(flat.seen(), transaction.seen));
  TRY(read_claims(flat.claims(), transaction.claims));
  TRY(read_claims(flat.shared(), transaction.shared));
  return transaction;
}

Result<core::Proposal> read_proposal(const flat::Proposal& flat) {
  core::Proposal proposal;
  TRY_ASSIGN(proposal.slot, read_slot(flat.slot()));
  TRY_ASSIGN(proposal.hlc, read_stamp(flat.hlc()));
  TRY_ASSIGN(proposal.ballot, read_ballot(flat.ballot()));
  proposal.commit = flat.commit();
  return proposal;
}

Result<core::Decision> read_decision(const flat::Decision& flat) {
  core::Decision decision;
  TRY_ASSIGN(decision.slot, read_slot(flat.slot()));
  TRY_ASSIGN(decision.hlc, read_stamp(flat.hlc()));
  decision.commit = flat.commit();
  return decision;
}

// --- messages ---------------------------------------------------------------------------------------------

Result<Body> read_body(const flat::Prepare& flat) {
  core::Prepare prepare{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.transactions(), prepare.transactions, read_transaction));
  return Body(std::move(prepare));
}

Result<Body> read_body(const flat::Votes& flat) {
  core::Votes votes{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.votes(), votes.votes, read_vote));
  return Body(std::move(votes));
}

Result<Body> read_body(const flat::Accept& flat) {
  core::Accept accept{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.proposals(), accept.proposals, read_proposal));
  return Body(std::move(accept));
}

Result<Body> read_body(const flat::Accepted& flat) {
  core::Accepted accepted{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.acceptances(), accepted.acceptances, read_acceptance));
  return Body(std::move(accepted));
}

Result<Body> read_body(const flat::Recover& flat) {
  core::Recover recover{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.slots(), recover.slots, read_recovery));
  return Body(std::move(recover));
}

Result<Body> read_body(const flat::Promise& flat) {
  core::Promise promise{uuid_of(*flat.database_id()), flat.epoch(), {}};
  TRY(read_all(*flat.slots(), promise.slots, read_promised));
  return Body(std::move(promise));
}

Result<Body> read_body(const flat::Decided& flat) {
  core::Decided decided{uuid_of(*flat.database_id()), {}};
  TRY(read_all(*flat.decisions(), decided.decisions, read_decision));
  return Body(std::move(decided));
}

Result<core::journal::Record> decode_journal(ByteView bytes) {
  const Aligned aligned(bytes);
  flatbuffers::Verifier verifier(aligned.view().data(), aligned.view().size());
  if (!flat::VerifyJournalRecordBuffer(verifier)) return corrupt("a structure that can't be read");
  return read_record(*flat::GetJournalRecord(aligned.view().data()));
}

}  // namespace murmel::wire
