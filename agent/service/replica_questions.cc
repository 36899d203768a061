// Replica: questions to the store, and what a person has it do.
#include <algorithm>
#include <utility>

#include "agent/service/log.h"
#include "agent/service/replica.h"

namespace murmel::service {

template <typename T, typename Job>
void Replica::ask(Job job, std::function<void(Result<T>)> reply) {
  if (state_ != ReplicaState::kOpen) {
    return reply(Error{ErrorCode::kUnavailable, "database " + name() + " is " + replica_state_name(state_)});
  }
  // An answer is due whatever becomes of the replica meanwhile: no epoch here.
  worker_->post([this, job = std::move(job), reply = std::move(reply)]() mutable {
    auto answer = [result = job(jobs_), reply = std::move(reply)]() mutable { reply(std::move(result)); };
    INVARIANT(loop_.post(std::move(answer)));
  });
}

void Replica::store_status(StatusReply reply) {
  ask<store::DatabaseStatus>([](DatabaseJobs& jobs) { return jobs.status(); }, std::move(reply));
}

void Replica::conflicts(std::int64_t limit, ConflictsReply reply) {
  ask<std::vector<store::Conflict>>([limit](DatabaseJobs& jobs) { return jobs.conflicts(limit); },
                                    std::move(reply));
}

void Replica::repair(store::BucketRows theirs, std::function<void(Result<store::RepairReport>)> reply) {
  ask<store::RepairReport>([theirs = std::move(theirs)](DatabaseJobs& jobs) { return jobs.repair(theirs); },
                           [this, reply = std::move(reply)](Result<store::RepairReport> report) {
                             if (report.ok()) counters_.repaired_rows += report->rows;
                             reply(std::move(report));
                           });
}

void Replica::plan_schema(std::string sql, PlanReply reply) {
  ask<store::SchemaPlan>([sql = std::move(sql)](DatabaseJobs& jobs) { return jobs.plan_schema(sql); },
                         std::move(reply));
}

void Replica::skip(const core::Position& position, std::function<void(const Status&)> reply) {
  const std::vector<core::Quarantined> waiting = sync_->status().quarantine;
  const bool there = std::any_of(waiting.begin(), waiting.end(),
                                 [&](const core::Quarantined& one) { return one.at == position; });
  if (!there || state_ != ReplicaState::kOpen) {
    return reply(Error{ErrorCode::kNotFound, "transaction " + record_name(position.origin, position.seq) +
                                                 " is not in quarantine here"});
  }
  ask<core::sync_input::RetryNow>(
      [position](DatabaseJobs& jobs) { return jobs.skip(position); },
      [this, position, reply = std::move(reply)](const Result<core::sync_input::RetryNow>& now) {
        if (!now.ok()) return reply(now.error());
        log_warn("a transaction is skipped",
                 {{"database", name()},
                  {"transaction", record_name(position.origin, position.seq)},
                  {"advice", "murmel conflicts shows its rows; compare with murmel verify"}});
        if (state_ == ReplicaState::kOpen) step(*now);
        reply(Ok{});
      });
}

void Replica::schema_state(std::function<void(Result<store::SchemaState>)> reply) {
  ask<store::SchemaState>([](DatabaseJobs& jobs) { return jobs.schema_state(); }, std::move(reply));
}

void Replica::repair_schema(store::SchemaState theirs,
                            std::function<void(Result<store::SchemaRepairReport>)> reply) {
  ask<store::SchemaRepairReport>(
      [theirs = std::move(theirs)](DatabaseJobs& jobs) { return jobs.repair_schema(theirs); },
      std::move(reply));
}

void Replica::dump_record(NodeId origin, Seq seq, DumpReply reply) {
  ask<std::string>([origin, seq](DatabaseJobs& jobs) { return jobs.dump_record(origin, seq); },
                   std::move(reply));
}

void Replica::read_record(const core::Position& position, RecordReply reply) {
  ask<core::ChangeSet>([position](DatabaseJobs& jobs) { return jobs.read_record(position); },
                       std::move(reply));
}

void Replica::retire(std::function<void(Status)> done) {
  const auto seal = [](DatabaseJobs& jobs) -> Result<bool> {
    TRY(jobs.retire());
    return true;
  };
  auto sealed = [this, done = std::move(done)](const Result<bool>& result) {
    if (!result.ok()) return done(result.error());
    close([done] { done(Ok{}); });
  };
  // What can't be opened can't be written to by anybody who asks first.
  if (state_ != ReplicaState::kOpen) return sealed(true);
  ask<bool>(seal, std::move(sealed));
}

}  // namespace murmel::service
