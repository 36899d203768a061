// __murmel_conflicts: every write that lost without its author's knowing, with both images; and what a
// snapshot left no place for, and rows that were repaired. Bounded: the oldest entries go first. Belongs to
// the database's thread; writes in the applier's transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "agent/core/change_set.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"
#include "agent/store/types.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

enum class ConflictReason { kConcurrent, kUnique, kRepaired, kUnapplied };

struct ConflictEntry {
  ConflictReason reason = ConflictReason::kConcurrent;
  const wire::Table* table = nullptr;
  std::span<const wire::Value> key;  // an image that holds the key
  core::RowVersion winner;
  core::RowVersion loser;
  std::span<const wire::Value> winner_row;  // empty: deleted
  std::span<const wire::Value> loser_row;
};

class ConflictLog {
 public:
  static Result<ConflictLog> create(Connection& connection, std::int64_t rows_max,
                                    std::function<WallMs()> clock);

  Status add(const ConflictEntry& entry);
  // A change set that can't be applied here, whole, as text.
  Status add_unapplied(const core::ChangeSet& change, const std::string& error);
  Result<std::vector<Conflict>> list(std::int64_t limit);
  Result<std::int64_t> count();

 private:
  ConflictLog(Statement add, Statement bound, Statement list, Statement count, std::int64_t rows_max,
              std::function<WallMs()> clock);

  Status finish_add();

  Statement add_;
  Statement bound_;
  Statement list_;
  Statement count_;
  std::int64_t rows_max_;
  std::function<WallMs()> clock_;
  std::int64_t added_ = 0;
};

}  // namespace murmel::store
