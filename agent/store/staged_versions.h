// Versions of rows written by a transaction that is not yet committed, in front of the version index: what a
// rollback takes back must leave no version behind, or older writes would be refused for ever.
// Belongs to the applier of one database.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "agent/core/versions.h"

namespace murmel::store {

class StagedVersions {
 public:
  explicit StagedVersions(core::VersionIndex& index) : index_(index) {}

  bool empty() const { return journal_.empty() && index_.size() == 0; }
  std::optional<core::RowVersion> lookup(const core::RowKey& key) const;
  void record(const core::RowKey& key, const core::RowVersion& row);
  // Written by the transaction that is not yet committed; and all that it wrote, in order.
  bool is_staged(const core::RowKey& key) const {
    return !journal_.empty() && staged_.lookup(key).has_value();
  }
  const std::vector<std::pair<core::RowKey, core::RowVersion>>& staged() const { return journal_; }

  // Position to come back to.
  std::size_t mark() const { return journal_.size(); }
  void roll_back_to(std::size_t mark);
  void commit();

 private:
  core::VersionIndex& index_;
  core::VersionIndex staged_;
  std::vector<std::pair<core::RowKey, core::RowVersion>> journal_;
};

}  // namespace murmel::store
