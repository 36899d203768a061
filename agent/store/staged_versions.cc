#include "agent/store/staged_versions.h"

namespace murmel::store {

std::optional<core::RowVersion> StagedVersions::lookup(const core::RowKey& key) const {
  if (!journal_.empty()) {
    if (const auto staged = staged_.lookup(key)) return staged;
  }
  return index_.lookup(key);
}

void StagedVersions::record(const core::RowKey& key, const core::RowVersion& row) {
  staged_.record(key, row);
  journal_.emplace_back(key, row);
}

void StagedVersions::roll_back_to(std::size_t mark) {
  if (mark == journal_.size()) return;
  journal_.resize(mark);
  staged_.reset(core::Hlc{-1});
  for (const auto& [key, row] : journal_) staged_.record(key, row);
}

void StagedVersions::commit() {
  for (const auto& [key, row] : journal_) index_.record(key, row);
  journal_.clear();
  staged_.reset(core::Hlc{-1});
}

}  // namespace murmel::store
