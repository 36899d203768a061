// Finds commits that left no record in the log, without any object in the schema: the wal-index counts the
// commits, and the log says how many there should have been. What is counted is a writer without the
// extension, or maintenance such as VACUUM; either way somebody should know. Belongs to the database's
// thread.
#pragma once

#include <cstdint>
#include <optional>

namespace murmel::store {

class CommitAudit {
 public:
  // The agent committed by itself.
  void own_commit() { ++expected_; }
  // Commits and records don't correspond now; the next observation only sets the base.
  void lose_count() { base_.reset(); }
  // `before` and `after`: the counter around the read transaction in which the log was read; they differ if
  // somebody committed meanwhile, and then nothing can be said yet. `local_transactions`: captured ones since
  // the last call.
  void observe(std::optional<std::uint32_t> before, std::optional<std::uint32_t> after,
               std::int64_t local_transactions);

  std::int64_t uncaptured() const { return uncaptured_; }

 private:
  std::optional<std::uint32_t> base_;
  std::int64_t expected_ = 0;
  std::int64_t uncaptured_ = 0;
};

}  // namespace murmel::store
