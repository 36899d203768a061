#include "agent/service/schema_changes.h"

#include <utility>

#include "agent/io/timer.h"
#include "agent/service/replica_set.h"
#include "agent/service/wall_clock.h"
#include "agent/store/claims.h"
#include "agent/store/payload_filter.h"

namespace murmel::service {
namespace {

constexpr std::size_t kChangesMax = 64;  // under way at a time
constexpr Duration kPause = milliseconds(20);
constexpr Duration kLookAgain = milliseconds(5);

Result<core::Transaction> transaction_of(const store::SchemaPlan& plan, const Replica& replica) {
  core::Transaction transaction;
  transaction.change.hlc = core::Hlc::next(plan.clock, wall_clock_ms());
  transaction.change.schema_version = plan.schema_version;
  TRY_ASSIGN(transaction.change.rows, store::filter_payload(SharedBytes(plan.rows), replica.filter()));
  for (const auto& [origin, seq] : plan.seen) {
    if (seq == 0) continue;
    transaction.seen[origin] = seq;
    transaction.change.depends.push_back({origin, seq});
  }
  transaction.claims = {core::kWholeDatabase};
  return transaction;
}

std::string id_of(const core::Position& slot) {
  return origin_name(slot.origin) + ":" + std::to_string(slot.seq);
}

}  // namespace

struct SchemaChanges::Change {
  Change(io::Loop& loop, std::function<void()> on_timer) : timer(loop, std::move(on_timer)) {}

  std::string database;
  std::string sql;
  Instant deadline;
  Reply reply;
  core::Position slot;  // decided
  io::Timer timer;
};

SchemaChanges::SchemaChanges(io::Loop& loop, ReplicaSet& replicas) : loop_(loop), replicas_(replicas) {}
SchemaChanges::~SchemaChanges() = default;

void SchemaChanges::apply(const std::string& database, std::string sql, Duration timeout, Reply reply) {
  if (changes_.size() >= kChangesMax) {
    return reply(Error{ErrorCode::kBusy, "too many schema changes are under way; try again"});
  }
  const std::uint64_t id = ++last_id_;
  auto change =
      std::make_unique<Change>(loop_, [this, id] { changes_.at(id)->slot.seq == 0 ? plan(id) : wait(id); });
  change->database = database;
  change->sql = std::move(sql);
  change->deadline = loop_.now() + timeout;
  change->reply = std::move(reply);
  changes_[id] = std::move(change);
  plan(id);
}

// Looked up anew each time: databases come and go.
Replica* SchemaChanges::replica_of(std::uint64_t id) {
  const std::string& name = changes_.at(id)->database;
  Replica* replica = replicas_.find(name);
  if (replica == nullptr) finish(id, Error{ErrorCode::kNotFound, "no database is named " + name});
  return replica;
}

void SchemaChanges::plan(std::uint64_t id) {
  Replica* replica = replica_of(id);
  if (replica == nullptr) return;
  replica->plan_schema(changes_.at(id)->sql,
                       [this, id](Result<store::SchemaPlan> plan) { planned(id, std::move(plan)); });
}

void SchemaChanges::planned(std::uint64_t id, Result<store::SchemaPlan> plan) {
  Change& change = *changes_.at(id);
  if (!plan.ok()) {
    const bool again = plan.error().code == ErrorCode::kBusy && loop_.now() < change.deadline;
    return again ? change.timer.start(kPause) : finish(id, plan.error());
  }
  if (plan->rows.empty()) return finish(id, core::Position{});
  Replica* replica = replica_of(id);
  if (replica == nullptr) return;
  auto transaction = transaction_of(*plan, *replica);
  if (!transaction.ok()) return finish(id, transaction.error());
  core::commit_input::Propose proposal;
  proposal.transaction = std::move(transaction).value();
  proposal.timeout = std::max(change.deadline - loop_.now(), kPause);
  replica->commit().propose(std::move(proposal),
                            [this, id](const core::CommitEffects::Reply& reply) { decided(id, reply); });
}

void SchemaChanges::decided(std::uint64_t id, const core::CommitEffects::Reply& reply) {
  Change& change = *changes_.at(id);
  switch (reply.outcome) {
    case core::CommitOutcome::kCommitted: change.slot = reply.slot; return wait(id);
    case core::CommitOutcome::kBusy:
    case core::CommitOutcome::kConflict:
    case core::CommitOutcome::kAborted:
      if (loop_.now() < change.deadline) return change.timer.start(kPause);
      return finish(id, Error{ErrorCode::kBusy, "not changed: " + reply.text});
    case core::CommitOutcome::kUnavailable:
      return finish(id, Error{ErrorCode::kUnavailable, "not changed: " + reply.text});
    case core::CommitOutcome::kRefused:
      return finish(id, Error{ErrorCode::kRefused, "not changed: " + reply.text});
    case core::CommitOutcome::kUnknown:
      return finish(id, Error{ErrorCode::kTimeout, "transaction " + id_of(reply.slot) +
                                                       " may or may not be committed: " + reply.text});
  }
}

void SchemaChanges::wait(std::uint64_t id) {
  Replica* replica = replica_of(id);
  if (replica == nullptr) return;
  Change& change = *changes_.at(id);
  if (core::seq_of(replica->sync_status().store.have, change.slot.origin) >= change.slot.seq) {
    return finish(id, change.slot);
  }
  if (loop_.now() < change.deadline) return change.timer.start(kLookAgain);
  finish(id, Error{ErrorCode::kTimeout,
                   "transaction " + id_of(change.slot) + " is committed, but not applied here yet"});
}

void SchemaChanges::finish(std::uint64_t id, Result<core::Position> result) {
  const auto done = changes_.extract(id);
  done.mapped()->reply(std::move(result));
}

}  // namespace murmel::service
