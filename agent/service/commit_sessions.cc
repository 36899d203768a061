#include "agent/service/commit_sessions.h"

#include <utility>

#include "agent/base/check.h"
#include "agent/service/outcome.h"
#include "agent/service/quorum_read.h"
#include "agent/service/replica_set.h"
#include "schemas/commit_socket.h"

namespace murmel::service {
namespace {

using core::CommitOutcome;

// Hashing is about 1 GB/s, and the loop may stop for a quarter of a millisecond.
constexpr std::size_t kHashedOnLoopBytes = 256 << 10;
constexpr std::size_t kHashingMax = 1'024;  // large transactions that wait for the thread

std::size_t size_of(const CommitRequest& request) {
  std::size_t bytes = 0;
  for (const std::string& payload : request.payloads) bytes += payload.size();
  return bytes;
}

const std::string& database_of(const LocalRequest& request) {
  return std::visit([](const auto& one) -> const std::string& { return one.database; }, request);
}

}  // namespace

CommitSessions::CommitSessions(io::Loop& loop, ReplicaSet& replicas, Calls& calls)
    : loop_(loop), replicas_(replicas), calls_(calls), worker_("claims") {}

Result<std::unique_ptr<CommitSessions>> CommitSessions::make(io::Loop& loop, const std::string& socket_path,
                                                             ReplicaSet& replicas, Calls& calls) {
  std::unique_ptr<CommitSessions> sessions(new CommitSessions(loop, replicas, calls));
  io::LocalServerOptions options;
  options.path = socket_path;
  options.message_bytes_max = commit_socket::kFrameBytesMax;
  CommitSessions* raw = sessions.get();  // owns the server
  TRY_ASSIGN(sessions->server_, io::LocalServer::make(loop, std::move(options),
                                                      [raw](Client client, const std::string& message) {
                                                        raw->received(client, message);
                                                      }));
  return sessions;
}

void CommitSessions::received(Client client, const std::string& message) {
  auto request = parse_request(as_bytes(message));
  if (!request.ok()) {
    if (request.error().code == ErrorCode::kCorrupt) return server_->drop(client);
    return answer(client, CommitOutcome::kRefused, request.error().message);
  }
  Replica* replica = replicas_.find_path(database_of(*request));
  if (replica == nullptr) {
    return answer(client, CommitOutcome::kUnavailable,
                  "this agent does not replicate " + database_of(*request));
  }
  std::visit([&](auto& one) { on(client, *replica, std::move(one)); }, *request);
}

void CommitSessions::on(Client client, Replica& replica, CommitRequest request) {
  if (size_of(request) <= kHashedOnLoopBytes) {
    auto transaction = transaction_of(request, replica.node(), replica.filter());
    return propose(client, request, std::move(transaction));
  }
  build(client, replica, std::move(request));
}

void CommitSessions::build(Client client, Replica& replica, CommitRequest request) {
  if (worker_.waiting() >= kHashingMax) {
    return answer(client, CommitOutcome::kBusy, "the agent has too many large transactions to look at");
  }
  worker_.post([this, client, node = replica.node(), filter = replica.filter(),
                request = std::move(request)]() mutable {
    auto transaction = transaction_of(request, node, filter);
    request.payloads.clear();
    auto finish = [this, client, request = std::move(request),
                   transaction = std::move(transaction)]() mutable {
      propose(client, request, std::move(transaction));
    };
    INVARIANT(loop_.post(std::move(finish)));
  });
}

void CommitSessions::propose(Client client, const CommitRequest& request,
                             Result<core::Transaction> transaction) {
  if (!transaction.ok()) return answer(client, CommitOutcome::kRefused, transaction.error().message);
  Replica* replica = replicas_.find_path(request.database);
  if (replica == nullptr) {
    return answer(client, CommitOutcome::kUnavailable, request.database + " is replicated no more");
  }
  core::commit_input::Propose proposal;
  proposal.level = request.level;
  proposal.timeout = request.timeout;
  proposal.in_place = true;
  proposal.transaction = std::move(transaction).value();
  CommitHost::Named named;
  if (request.version >= commit_socket::kVersionNamed) {
    named = [this, client](const core::Position& slot) { server_->tell(client, encode_named(slot)); };
  }
  const auto reply = [this, client](const core::CommitEffects::Reply& given) { answer(client, given); };
  replica->commit().propose(std::move(proposal), reply, std::move(named));
}

void CommitSessions::on(Client client, Replica& replica, const OutcomeRequest& request) {
  tell_outcome(replica, request.slot,
               [this, client](const core::CommitEffects::Reply& reply) { answer(client, reply); });
}

void CommitSessions::on(Client client, Replica& replica, const ReadRequest& request) {
  read_at_quorum(calls_, replica.commit(), request.timeout, request.hold_back,
                 [this, client](const Result<core::VersionVector>& positions) {
                   if (!positions.ok()) {
                     const bool again = positions.error().code == ErrorCode::kBusy;
                     return answer(client, again ? CommitOutcome::kBusy : CommitOutcome::kUnavailable,
                                   positions.error().message);
                   }
                   core::CommitEffects::Reply reply;
                   reply.outcome = CommitOutcome::kCommitted;
                   server_->answer(client, encode_answer(reply, *positions));
                 });
}

void CommitSessions::answer(Client client, const core::CommitEffects::Reply& reply) {
  server_->answer(client, encode_answer(reply));
}

void CommitSessions::answer(Client client, CommitOutcome outcome, std::string text) {
  core::CommitEffects::Reply reply;
  reply.outcome = outcome;
  reply.text = std::move(text);
  answer(client, reply);
}

}  // namespace murmel::service
