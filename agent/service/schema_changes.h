// SchemaChanges: changes of the schema that an operator (or a session of the agent's) asks for, instead of an
// application on the database file.
//
//   apply ──► plan, on the database's thread ──► propose ──► decided ──► wait until it is applied here ──►
//   done
//               ▲                                  │
//               └──── after a pause ◄── busy, conflict
//
// The plan is made in a transaction that is rolled back, so no lock is held while the cluster decides; what
// has changed meanwhile makes the proposal fail, and it is planned anew. Loop thread only; must outlive the
// loop's last task.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/core/commit.h"
#include "agent/io/loop.h"
#include "agent/store/types.h"

namespace murmel::service {

class Replica;
class ReplicaSet;

class SchemaChanges {
 public:
  SchemaChanges(io::Loop& loop, ReplicaSet& replicas);
  ~SchemaChanges();
  SchemaChanges(const SchemaChanges&) = delete;
  SchemaChanges& operator=(const SchemaChanges&) = delete;

  // The decided transaction; seq 0: the schema is like that already. Errors: kInvalid (the SQL), kNotFound,
  // kBusy, kUnavailable (no majority), kTimeout (may still happen; the sentence has the transaction's id).
  using Reply = std::function<void(Result<core::Position>)>;
  void apply(const std::string& database, std::string sql, Duration timeout, Reply reply);

 private:
  struct Change;

  void plan(std::uint64_t id);
  void planned(std::uint64_t id, Result<store::SchemaPlan> plan);
  void decided(std::uint64_t id, const core::CommitEffects::Reply& reply);
  void wait(std::uint64_t id);
  void finish(std::uint64_t id, Result<core::Position> result);
  Replica* replica_of(std::uint64_t id);

  io::Loop& loop_;
  ReplicaSet& replicas_;
  std::map<std::uint64_t, std::unique_ptr<Change>> changes_;
  std::uint64_t last_id_ = 0;
};

}  // namespace murmel::service
