// What applications say on the commit socket (schemas/commit_socket.h), as plain values and back. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/core/commit.h"
#include "agent/store/claims.h"
#include "agent/store/table_filter.h"

namespace murmel::service {

struct CommitRequest {
  std::uint8_t version = 0;  // of the request
  std::string database;      // path of the file
  core::CommitLevel level = core::CommitLevel::kQuorum;
  Duration timeout;
  core::Hlc hlc;
  std::uint32_t schema_version = 0;
  core::VersionVector seen;  // kSelfInLog: the node's own log
  store::KeyConstraints constraints;
  std::vector<std::string> payloads;
};

struct OutcomeRequest {
  std::string database;
  core::Position slot;
};

struct ReadRequest {
  std::string database;
  Duration timeout;
  Duration hold_back;  // so long new transactions are to wait
};

using LocalRequest = std::variant<CommitRequest, OutcomeRequest, ReadRequest>;

// Errors: kCorrupt (makes no sense: drop the client), kRefused (of another release, or over a limit: answer).
Result<LocalRequest> parse_request(ByteView message);

// The UNIQUE indexes and foreign keys as a request lists them. kCorrupt.
Result<store::KeyConstraints> parse_constraints(ByteView bytes);

// `positions`: answer to ReadRequest.
std::string encode_answer(const core::CommitEffects::Reply& reply, const core::VersionVector& positions = {});

std::string encode_named(const core::Position& slot);

// Positions of which kSelfInLog is the log of `self`, as other nodes have them.
core::VersionVector own_positions(const core::VersionVector& seen, NodeId self);
std::vector<core::Position> depends_on(const core::VersionVector& seen, NodeId self);

// Rows that a transaction has locked for itself, and such as others may have locked, too.
struct LockedRows {
  std::span<const core::RowKey> alone;
  std::span<const core::RowKey> shared;
};
// The transaction that `self` is to propose, with its claims; rows that are not replicated are left out.
// Errors: kInvalid, kCorrupt, kFull (too many claims).
Result<core::Transaction> transaction_of(const CommitRequest& request, NodeId self,
                                         const store::TableFilter& filter, const LockedRows& locked = {});

}  // namespace murmel::service
