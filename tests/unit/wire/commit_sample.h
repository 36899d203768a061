// One commit message and one journal record of each kind, with every field in use.
#pragma once

#include <string>
#include <vector>

#include "agent/core/commit.h"

namespace murmel {

inline core::Position slot_of(NodeId node, Seq seq) {
  return {decided_origin(node), seq};
}

inline core::Transaction sample_transaction(NodeId node = 2, Seq seq = 7) {
  core::Transaction transaction;
  transaction.change.origin = decided_origin(node);
  transaction.change.seq = seq;
  transaction.change.hlc = core::Hlc::at(1'700'000'000'000, 9);
  transaction.change.schema_version = 3;
  transaction.change.depends = {{1, 5}, {decided_origin(1), 2}};
  transaction.change.rows = SharedBytes(std::string("rows"));
  transaction.seen = {{1, 5}, {2, 9}, {decided_origin(1), 2}};
  transaction.claims = {0, 17, UINT64_MAX};
  transaction.shared = {1, 18};
  return transaction;
}

inline std::vector<core::CommitMessage> commit_messages() {
  Uuid id;
  id.bytes.fill(7);
  const core::Hlc hlc = core::Hlc::at(1'700'000'000'000, 9);
  const core::Proposal proposal{slot_of(2, 7), hlc, {3, 1}, true};
  core::Promised promised{slot_of(2, 7), hlc, {3, 1}, true, {}, true, proposal, std::nullopt};
  core::Promised refused{slot_of(2, 8), {}, {3, 1}, false, {4, 3}, false, std::nullopt, false};
  core::Promised known{slot_of(2, 9), hlc, {3, 1}, true, {}, false, std::nullopt, true};
  return {
      core::Prepare{id, 5, {sample_transaction(), sample_transaction(kNodeIdMax, INT64_MAX)}},
      core::Votes{id,
                  UINT64_MAX,
                  {{slot_of(2, 7), {}, {}}, {slot_of(2, 8), core::VoteReason::kConflict, slot_of(1, 4)}}},
      core::Accept{id, 5, {proposal}},
      core::Accepted{
          id, 5, {{slot_of(2, 7), {0, 2}, true, {}}, {slot_of(2, 8), {0, 2}, false, {UINT32_MAX, 1}}}},
      core::Recover{id, 5, {{slot_of(2, 7), hlc, {1, 3}}, {slot_of(2, 8), {}, {1, 3}}}},
      core::Promise{id, 5, {promised, refused, known}},
      core::Decided{id, {{slot_of(2, 7), hlc, true}, {slot_of(2, 8), hlc, false}}},
  };
}

inline std::vector<core::journal::Record> journal_records() {
  const core::Hlc hlc = core::Hlc::at(1'700'000'000'000, 9);
  return {
      core::journal::Reserve{64, hlc},
      core::journal::Yes{sample_transaction(), 7},
      core::journal::PromiseGiven{slot_of(2, 7), hlc, {2, 3}},
      core::journal::AcceptGiven{{slot_of(2, 7), hlc, {2, 3}, true}},
      core::journal::Known{{slot_of(2, 7), hlc, true}},
      core::journal::Forget{slot_of(2, 7)},
  };
}

}  // namespace murmel
