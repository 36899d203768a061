#include "agent/store/commit_audit.h"

namespace murmel::store {

void CommitAudit::observe(std::optional<std::uint32_t> before, std::optional<std::uint32_t> after,
                          std::int64_t local_transactions) {
  expected_ += local_transactions;
  if (!before || before != after) return;
  if (base_) {
    // The counter wraps; it starts anew when SQLite recovers the wal-index, which looks like a huge step
    // back.
    const std::int64_t commits = static_cast<std::int32_t>(*after - *base_);
    if (commits > expected_) uncaptured_ += commits - expected_;
  }
  base_ = after;
  expected_ = 0;
}

}  // namespace murmel::store
